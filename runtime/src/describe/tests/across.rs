//! What is wrong only where services meet: types in several packages, names that are taken.

use super::*;

struct Shared;
struct Here;
struct There;

fn shared(types: &mut Types) -> TypeRef {
    types.message::<Shared>(|| head("Shared", "tests::Shared"), |_, _| {})
}

fn clashing(types: &mut Types) -> TypeRef {
    types.message::<Here>(|| head("Shared", "tests::Here"), |_, _| {})
}

/// Says that it belongs to another package and uses a type that does not.
fn outer(types: &mut Types) -> TypeRef {
    types.message::<There>(
        || MessageDesc { package: Some("other.v1"), ..head("There", "tests::There") },
        |types, desc| {
            let inner = shared(types);
            desc.fields.push(field("inner", 1, Label::Optional, Kind::Type(inner)));
        },
    )
}

macro_rules! service {
    ($package:literal, $full:literal, $input:ident, $output:ident) => {{
        static SPEC: ServiceSpec = ServiceSpec {
            package: $package,
            name: "S",
            full_name: $full,
            doc: "",
            deprecated: false,
            methods: &[MethodSpec { input: $input, output: $output, ..BASE }],
        };
        &SPEC
    }};
}

#[test]
fn what_is_wrong_across_services() {
    let a = service!("a.v1", "a.v1.S", shared, empty);
    let b = service!("b.v1", "b.v1.S", shared, clashing);
    let mistakes = describe(&[a, b]).err().unwrap();
    assert_eq!(
        mistakes,
        [
            "the type `tests::Shared` is reached from the packages `a.v1` (a.v1.S) and `b.v1` (b.v1.S): say which one it belongs to with `#[message(package = \"...\")]`",
        ]
    );
    let c = service!("c.v1", "c.v1.S", shared, clashing);
    assert_eq!(
        describe(&[c]).err().unwrap(),
        ["the message `tests::Shared` and the message `tests::Here` are both called `c.v1.Shared`"]
    );
    let d = service!("d.v1", "d.v1.S", outer, shared);
    let mistakes = describe(&[d]).err().unwrap();
    assert!(
        mistakes[0].starts_with("the types of the packages `d.v1`, `other.v1` use each other"),
        "{mistakes:?}"
    );
}
