//! The rules of ProtoJSON, one by one.

use bident::message;
use bident::message::{Dialect, from_json, to_json};
use bident_test_wire::{
    Choices, Color, Contact, Everything, Known, Leaf, Lists, Maps, Presence, Scalars, Shape,
};
use serde_json::{Value, json};

fn shown<T: bident::message::Message>(value: &T, dialect: Dialect) -> Value {
    serde_json::from_slice(&to_json(value, dialect).expect("a JSON form")).expect("JSON")
}

fn read<T: bident::message::Message>(text: &str) -> T {
    from_json(text.as_bytes()).unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

fn refused<T: bident::message::Message>(text: &str) -> String {
    match from_json::<T>(text.as_bytes()) {
        Ok(_) => panic!("{text} was read"),
        Err(fault) => fault.to_string(),
    }
}

#[test]
fn fields_without_presence_are_always_printed_and_none_is_left_out() {
    assert_eq!(shown(&Leaf::default(), Dialect::Proto), json!({"name": "", "count": "0"}));
    assert_eq!(shown(&Presence::default(), Dialect::Proto), json!({}));
    assert_eq!(shown(&Maps::default(), Dialect::Original)["by_text"], json!({}));
    assert_eq!(shown(&Lists::default(), Dialect::Proto)["texts"], json!([]));
}

#[test]
fn the_dialects_differ_in_names_long_integers_and_enums() {
    let scalars =
        Scalars { ulong: u64::MAX, int_value: -1, color: Color::DeepBlue, ..Scalars::default() };
    let proto = shown(&scalars, Dialect::Proto);
    assert_eq!(proto["intValue"], json!(-1));
    assert_eq!(proto["ulong"], json!("18446744073709551615"));
    assert_eq!(proto["color"], json!("COLOR_DEEP_BLUE"));
    let original = shown(&scalars, Dialect::Original);
    assert_eq!(original["int_value"], json!(-1));
    assert_eq!(original["ulong"], json!(u64::MAX));
    assert_eq!(original["color"], json!(5));
}

#[test]
fn both_names_are_read_and_unknown_keys_ignored() {
    assert_eq!(read::<Scalars>(r#"{"intValue":5}"#).int_value, 5);
    assert_eq!(read::<Scalars>(r#"{"int_value":5,"nobody":{"knows":[1,2]}}"#).int_value, 5);
    assert!(
        refused::<Scalars>(r#"{"intValue":5,"int_value":6}"#)
            .starts_with("int_value: the field is given twice")
    );
    assert!(refused::<Leaf>(r#"{"name":"a","name":"b"}"#).contains("given twice"));
}

#[test]
fn integers_are_read_in_every_form() {
    for text in ["5", "\"5\"", "5.0", "5e0", "\"5.0\"", "\"50e-1\"", "0.5e1"] {
        assert_eq!(read::<Scalars>(&format!(r#"{{"intValue":{text},"ulong":{text}}}"#)).ulong, 5);
    }
    for text in
        ["5.5", "\"x\"", "\"\"", "2147483648", "-2147483649", "true", "[]", "\" 5\"", "1e10"]
    {
        let fault = refused::<Scalars>(&format!(r#"{{"intValue":{text}}}"#));
        assert!(fault.starts_with("int_value: "), "{fault}");
        assert!(fault.contains("line 1 column"), "{fault}");
    }
    assert!(refused::<Scalars>(r#"{"utiny":256}"#).contains("from 0 to 255"));
    assert_eq!(read::<Scalars>(r#"{"ulong":18446744073709551615}"#).ulong, u64::MAX);
}

#[test]
fn an_integer_is_what_was_written_or_refused() {
    for text in ["-9223372036854775809", "9007199254740993.0", "9223372036854775807.5", "1e300"] {
        let fault = refused::<Scalars>(&format!(r#"{{"long":{text}}}"#));
        assert!(fault.starts_with("long: "), "{fault}");
    }
    for text in ["18446744073709551616", "9223372036854775807.5", "-1", "9007199254740992.0"] {
        let fault = refused::<Scalars>(&format!(r#"{{"ulong":{text}}}"#));
        assert!(fault.starts_with("ulong: "), "{fault}");
    }
    assert_eq!(read::<Scalars>(r#"{"long":-9223372036854775808}"#).long, i64::MIN);
    assert_eq!(read::<Scalars>(r#"{"long":9007199254740991.0}"#).long, (1 << 53) - 1);
    assert_eq!(read::<Scalars>(r#"{"long":-1e15}"#).long, -1_000_000_000_000_000);
    assert_eq!(read::<Scalars>(r#"{"long":"1e18"}"#).long, 1_000_000_000_000_000_000);
}

#[test]
fn floats_have_names_for_what_json_has_no_number_for() {
    assert_eq!(
        read::<Scalars>(r#"{"double":"Infinity","single":"-Infinity"}"#).double,
        f64::INFINITY
    );
    assert!(read::<Scalars>(r#"{"double":"NaN"}"#).double.is_nan());
    assert_eq!(read::<Scalars>(r#"{"double":"1.5","single":2}"#).single, 2.0);
    assert!(refused::<Scalars>(r#"{"single":1e39}"#).contains("out of range"));
    let scalars = Scalars { double: f64::NEG_INFINITY, ..Scalars::default() };
    assert_eq!(shown(&scalars, Dialect::Original)["double"], json!("-Infinity"));
}

#[test]
fn null_is_unset_except_in_lists_and_where_it_is_a_value() {
    let scalars = read::<Scalars>(r#"{"text":null,"intValue":null,"bytes":null,"color":null}"#);
    assert_eq!(scalars, Scalars::default());
    assert_eq!(read::<Presence>(r#"{"flag":null,"leaf":null}"#), Presence::default());
    assert_eq!(read::<Lists>(r#"{"texts":null,"blobs":null}"#), Lists::default());
    assert_eq!(read::<Maps>(r#"{"byText":null}"#), Maps::default());
    assert!(refused::<Lists>(r#"{"texts":["a",null]}"#).starts_with("texts[1]: null"));
    assert!(refused::<Maps>(r#"{"byText":{"k":null}}"#).starts_with("by_text[\"k\"]: null"));
    let known = read::<Known>(r#"{"value":null,"list":[null]}"#);
    assert!(matches!(known.value.kind, Some(prost_types::value::Kind::NullValue(_))));
    assert_eq!(known.list.values.len(), 1);
    assert_eq!(
        read::<Choices>(r#"{"email":null,"phone":{"country":1}}"#).contact,
        Some(Contact::Phone { country: 1, number: String::new() })
    );
}

#[test]
fn a_oneof_has_one_member() {
    let fault = refused::<Choices>(r#"{"email":"a","phone":{}}"#);
    assert!(fault.starts_with("phone: another member of its oneof"), "{fault}");
    let fault = refused::<Choices>(r#"{"shape":{"circle":1,"nothing":{}}}"#);
    assert!(fault.starts_with("shape.nothing: another member"), "{fault}");
    assert_eq!(read::<Choices>(r#"{"shape":{}}"#).shape, None);
    assert!(refused::<Choices>(r#"{"shapes":[{}]}"#).starts_with("shapes[0]: none of its members"));
    assert!(refused::<Shape>("{}").contains("none of its members"));
    assert_eq!(read::<Choices>(r#"{"unreachable":{}}"#).contact, Some(Contact::Unreachable));
}

#[test]
fn enums_are_read_by_name_and_number() {
    for text in ["\"COLOR_DEEP_BLUE\"", "5", "5.0"] {
        assert_eq!(read::<Scalars>(&format!(r#"{{"color":{text}}}"#)).color, Color::DeepBlue);
    }
    for text in ["\"DEEP_BLUE\"", "4", "4294967301", "true"] {
        let fault = refused::<Scalars>(&format!(r#"{{"color":{text}}}"#));
        assert!(fault.starts_with("color: ") && fault.contains("COLOR_RED (1)"), "{fault}");
    }
}

#[test]
fn bytes_are_base64_of_either_alphabet() {
    for text in ["+/8=", "+/8", "-_8=", "-_8"] {
        assert_eq!(read::<Scalars>(&format!(r#"{{"bytes":"{text}"}}"#)).bytes, [0xfb, 0xff]);
    }
    assert!(refused::<Scalars>(r#"{"bytes":"*"}"#).starts_with("bytes: invalid base64"));
    assert!(refused::<Scalars>(r#"{"bytes":[1]}"#).starts_with("bytes: "));
}

#[test]
fn times_are_text_and_gos_objects_are_read_too() {
    let known = read::<Known>(r#"{"at":"1970-01-01T00:00:01.500Z","took":"1.5s"}"#);
    let go = read::<Known>(
        r#"{"at":{"seconds":1,"nanos":500000000},"took":{"seconds":"1","nanos":500000000}}"#,
    );
    assert_eq!(known, go);
    let shown = shown(&known, Dialect::Original);
    assert_eq!(
        (&shown["at"], &shown["took"]),
        (&json!("1970-01-01T00:00:01.500Z"), &json!("1.500s"))
    );
    assert!(refused::<Known>(r#"{"at":"yesterday"}"#).starts_with("at: expected a time"));
    assert!(refused::<Known>(r#"{"took":"-1s"}"#).starts_with("took: a negative duration"));
    let late = Known {
        at: std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1 << 40),
        ..Known::default()
    };
    assert!(to_json(&late, Dialect::Proto).is_err());
}

#[test]
fn the_path_and_the_place_of_a_mistake_are_told() {
    let text = "{\n  \"lists\": {\"leaves\": [{}, {\"count\": \"many\"}]}}";
    let fault = refused::<Everything>(text);
    assert!(fault.starts_with("lists.leaves[1].count: "), "{fault}");
    assert!(fault.ends_with("line 2 column 43"), "{fault}");
    assert!(refused::<Leaf>("{} x").contains("trailing characters"));
    assert!(refused::<Leaf>("[]").contains("expected an object"));
    let error =
        serde_json::from_str::<Everything>(text).expect_err("serde tells it as well").to_string();
    assert!(error.starts_with("lists.leaves[1].count: "), "{error}");
}

/// Whoever reads this field's mistakes must not read its value.
#[message]
struct Login {
    #[field(secret)]
    pin: u32,
}

#[test]
fn a_secret_is_not_in_the_mistake_about_it() {
    let fault = refused::<Login>(r#"{"pin":"hunter2"}"#);
    assert!(fault.starts_with("pin: ") && !fault.contains("hunter2"), "{fault}");
    let fault = bident::message::Message::bind(&mut Login::default(), &["pin"], "hunter2");
    assert_eq!(fault.expect_err("no number").to_string(), "pin: not a value of this field's type");
    assert_eq!(format!("{:?}", Login { pin: 1234 }), "Login { pin: *** }");
}

/// The JSON form of this one is the user's own.
#[message(json = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Own {
    #[serde(rename = "THE-NAME", default)]
    name: String,
}

#[message]
struct Around {
    own: Own,
    maybe: Option<Own>,
    list: Vec<Own>,
}

#[test]
fn a_users_own_serde_is_respected() {
    let around: Around = read(r#"{"own":{"THE-NAME":"a"},"maybe":{"THE-NAME":"b"},"list":[{}]}"#);
    assert_eq!((around.own.name.as_str(), around.list.len()), ("a", 1));
    assert_eq!(
        shown(&around, Dialect::Proto),
        json!({"own": {"THE-NAME": "a"}, "maybe": {"THE-NAME": "b"}, "list": [{"THE-NAME": ""}]})
    );
    let back: Around = message::decode_slice(&message::encode(&around)).expect("what we wrote");
    assert_eq!(back, around);
}

#[test]
fn one_field_alone_is_read_and_written() {
    let mut everything = Everything::default();
    message::field_from_json(&mut everything, "pages", br#"[{"items":["a"]}]"#).expect("a list");
    assert_eq!(everything.pages[0].items, ["a"]);
    let text = message::field_to_json(&everything, "pages", Dialect::Proto).expect("JSON");
    assert_eq!(serde_json::from_slice::<Value>(&text).expect("JSON")[0]["items"], json!(["a"]));
    let child = message::field_to_json(&everything, "child", Dialect::Proto).expect("JSON");
    assert_eq!(child, b"null");
    assert!(message::field_to_json(&everything, "nobody", Dialect::Proto).is_err());
    let leaf = message::encode(&Leaf { name: "n".into(), count: 3 });
    let mut presence = Presence::default();
    message::field_from_wire(&mut presence, "leaf", &leaf).expect("a message");
    assert_eq!(presence.leaf.as_ref().map(|leaf| leaf.count), Some(3));
    assert_eq!(message::field_to_wire(&presence, "leaf").expect("a message"), leaf);
    let mut choices = Choices::default();
    message::field_from_json(&mut choices, "phone", br#"{"country":49}"#).expect("a member");
    let text = message::field_to_json(&choices, "phone", Dialect::Proto).expect("JSON");
    assert_eq!(serde_json::from_slice::<Value>(&text).expect("JSON")["country"], json!(49));
}
