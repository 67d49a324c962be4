//! Numbers, names and descriptions.

use bident::message;
use bident::message::{Kind, Label, Message as _, TypeRef, Types};
use bident_test_wire::{Choices, Everything, Page};

fn types() -> Types {
    let mut types = Types::default();
    Everything::describe(&mut types);
    types
}

#[test]
fn every_type_is_described_once() {
    let types = types();
    let mut names: Vec<&str> = types.messages().iter().map(|message| &*message.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for name in ["Everything", "LeafPage", "StringPage", "Shape", "Named", "Phone", "Scalars"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert_eq!(types.enums().len(), 1);
    let color = &types.enums()[0];
    let values: Vec<_> = color.values.iter().map(|value| (&*value.name, value.number)).collect();
    let expected =
        [("COLOR_UNSPECIFIED", 0), ("COLOR_RED", 1), ("COLOR_DEEP_BLUE", 5), ("COLOR_INFRA", -1)];
    assert_eq!(values, expected);
    assert_eq!(types.messages()[0].package, Some("wire.v1"));
    assert_eq!(types.messages()[0].doc, "All of it.");
}

#[test]
fn fields_have_their_numbers_labels_and_kinds() {
    let types = types();
    let message = |name: &str| types.messages().iter().find(|m| m.name == name).expect("described");
    let choices: Vec<_> =
        message("Choices").fields.iter().map(|f| (&*f.name, f.number, f.oneof)).collect();
    let expected = [
        ("shape", 1, None),
        ("shapes", 2, None),
        ("email", 10, Some(0)),
        ("phone", 11, Some(0)),
        ("post", 12, Some(0)),
        ("unreachable", 13, Some(0)),
        ("last", 3, None),
    ];
    assert_eq!(choices, expected);
    assert_eq!(message("Choices").oneofs, ["contact"]);
    assert_eq!(message("Shape").oneofs, ["kind"]);
    let formats = &message("Formats").fields;
    let numbers: Vec<u32> = formats.iter().map(|field| field.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14]);
    assert_eq!((&formats[0].kind, &formats[0].label), (&Kind::Sint32, &Label::Singular));
    assert_eq!((&formats[6].kind, &formats[6].label), (&Kind::Sint64, &Label::Repeated));
    assert_eq!((&formats[8].kind, &formats[8].label), (&Kind::Fixed64, &Label::Optional));
    assert_eq!((&formats[9].kind, &formats[9].label), (&Kind::Sint32, &Label::Map(Kind::String)));
    assert_eq!(formats[10].kind, Kind::Sint64);
    let scalars = &message("Scalars").fields;
    assert_eq!((&*scalars[3].name, &*scalars[3].json), ("int_value", "intValue"));
    assert_eq!((&scalars[12].kind, &scalars[12].label), (&Kind::Bytes, &Label::Singular));
    assert_eq!(scalars[16].name, "type");
    let at = &message("Known").fields[0];
    assert_eq!(at.kind, Kind::Type(TypeRef::Named("google.protobuf.Timestamp")));
}

#[test]
fn names_of_oneof_members_are_fields_too() {
    let expected = ["shape", "shapes", "last", "email", "phone", "post", "unreachable"];
    assert_eq!(Choices::FIELDS, expected);
    assert_eq!(Choices::field_number("phone"), Some(11));
    let mut types = Types::default();
    let page = Page::<Vec<u8>>::describe(&mut types);
    assert_eq!(types.name(&page), "BytesPage");
}

/// A catch-all keeps what this build does not know.
#[message]
#[derive(Copy)]
enum Open {
    Zero,
    #[field(other)]
    Other(i32),
}

#[message]
struct Held {
    open: Open,
    list: Vec<Open>,
}

#[test]
fn a_catch_all_keeps_unknown_numbers() {
    let held = Held { open: Open::Other(77), list: vec![Open::Zero, Open::Other(-3)] };
    let back: Held = message::decode_slice(&message::encode(&held)).expect("what we wrote");
    assert_eq!(back, held);
    let text = message::to_json(&held, bident::message::Dialect::Proto).expect("a JSON form");
    assert_eq!(String::from_utf8_lossy(&text), r#"{"open":77,"list":["OPEN_ZERO",-3]}"#);
    assert_eq!(message::from_json::<Held>(&text).expect("what we wrote"), held);
}

#[message]
enum Needed {
    A(u32),
    B(u32),
}

#[message]
struct Needs {
    kind: Needed,
    next: Option<Box<Needs>>,
}

#[test]
fn a_choice_outside_an_option_must_be_set() {
    let fault = message::decode_slice::<Needs>(b"").expect_err("nothing is set").to_string();
    assert!(fault.starts_with("kind: "), "{fault}");
    let fault = message::from_json::<Needs>(b"{\"kind\":{\"a\":1},\"next\":{}}")
        .expect_err("not set")
        .to_string();
    assert!(fault.starts_with("next: kind: "), "{fault}");
    let set = Needs { kind: Needed::B(0), next: None };
    let bytes = message::encode(&set);
    assert_eq!(bytes, [0x0a, 0x02, 0x10, 0x00]);
    assert_eq!(message::decode_slice::<Needs>(&bytes).expect("set to its default"), set);
    assert!(<Needs as bident::message::Message>::initial().is_none());
}
