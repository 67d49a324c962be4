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

fn part(types: &mut Types) -> TypeRef {
    <crate::FormPart as crate::message::Message>::describe(types)
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

#[test]
fn the_parts_of_forms_belong_to_one_package_wherever_they_are_sent() {
    let e = service!("e.v1", "e.v1.S", part, empty);
    let f = service!("f.v1", "f.v1.S", empty, part);
    let schema = describe(&[e, f]).ok().unwrap();
    let declared = schema.declaring("bident.v1.FormPart").unwrap();
    let declares = file(&schema, &declared.name);
    let fields: Vec<_> = declares.message_type[0].field.iter().map(|it| it.name()).collect();
    assert_eq!(fields, ["name", "file_name", "content_type", "data", "more"]);
    for name in ["e/v1/e.proto", "f/v1/f.proto"] {
        let imports = file(&schema, name).dependency;
        assert!(imports.contains(&declared.name), "{name}: {imports:?}");
    }
}
