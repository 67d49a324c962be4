//! Values from text: what path variables, queries and forms bring.

use bident::message::Message as _;
use bident_test_wire::{Color, Contact, Everything, Known, Level, Shape, UserId};

fn bound(pairs: &[(&str, &str)]) -> Everything {
    let mut message = Everything::default();
    for (path, text) in pairs {
        let path: Vec<&str> = path.split('.').collect();
        assert!(message.bind(&path, text).expect("a value"), "{path:?}");
    }
    message
}

fn refused(path: &str, text: &str) -> String {
    let path: Vec<&str> = path.split('.').collect();
    Everything::default().bind(&path, text).expect_err("no such value").to_string()
}

#[test]
fn plain_values_by_either_name() {
    let message = bound(&[
        ("scalars.flag", "t"),
        ("scalars.intValue", "-5"),
        ("scalars.int_value", "7"),
        ("scalars.ulong", "18446744073709551615"),
        ("scalars.double", "1e3"),
        ("scalars.text", "a b"),
        ("scalars.bytes", "-_8"),
        ("scalars.color", "COLOR_DEEP_BLUE"),
        ("scalars.id", "u-1"),
        ("presence.color", "1"),
        ("presence.text", ""),
    ]);
    assert!(message.scalars.flag);
    assert_eq!(message.scalars.int_value, 7);
    assert_eq!(message.scalars.ulong, u64::MAX);
    assert_eq!(message.scalars.bytes, [0xfb, 0xff]);
    assert_eq!(message.scalars.color, Color::DeepBlue);
    assert_eq!(message.scalars.id, UserId("u-1".into()));
    assert_eq!(message.presence.color, Some(Color::Red));
    assert_eq!(message.presence.text.as_deref(), Some(""));
}

#[test]
fn lists_take_one_more_and_maps_are_keyed() {
    let message = bound(&[
        ("lists.texts", "a"),
        ("lists.texts", "b"),
        ("lists.levels", "3"),
        ("lists.durations", "1h2m"),
        ("maps.byText.k", "5"),
        ("maps.byText.k", "6"),
        ("maps.by_long.7.name", "seven"),
        ("maps.by_long.7.count", "8"),
        ("maps.by_flag.true", "1"),
    ]);
    assert_eq!(message.lists.texts, ["a", "b"]);
    assert_eq!(message.lists.levels, [Level(3)]);
    assert_eq!(message.lists.durations[0].as_secs(), 3720);
    assert_eq!(message.maps.by_text["k"], 6);
    assert_eq!(
        (message.maps.by_long[&7].name.as_str(), message.maps.by_long[&7].count),
        ("seven", 8)
    );
    assert_eq!(message.maps.by_flag[&true], Color::Red);
}

#[test]
fn well_known_types_have_their_text() {
    let message = bound(&[
        ("known.at", "1970-01-01T00:00:05Z"),
        ("known.took", "1.5s"),
        ("known.mask", "user_id,displayName"),
        ("known.structure", r#"{"a": [1]}"#),
        ("known.value", "text"),
        ("foreign.id", "67e55044-10b1-426f-9247-bb680e5fe0c8"),
        ("foreign.amount", "1.50"),
    ]);
    let Known { at, took, mask, structure, .. } = message.known;
    assert_eq!(at, std::time::UNIX_EPOCH + std::time::Duration::from_secs(5));
    assert_eq!(took.as_millis(), 1500);
    assert_eq!(mask.paths, ["user_id", "display_name"]);
    assert!(structure.fields.contains_key("a"));
    assert_eq!(message.foreign.map(|foreign| foreign.amount.to_string()).as_deref(), Some("1.50"));
}

#[test]
fn members_of_oneofs_are_set_by_name() {
    let message = bound(&[
        ("choices.phone.country", "49"),
        ("choices.phone.number", "1"),
        ("choices.shape.named.inner.circle", "2.5"),
        ("choices.shape.named.name", "n"),
    ]);
    assert_eq!(message.choices.contact, Some(Contact::Phone { country: 49, number: "1".into() }));
    let inner = Some(Box::new(Shape::Circle(2.5)));
    assert_eq!(message.choices.shape, Some(Shape::Named { name: "n".into(), sides: None, inner }));
    let message = bound(&[("choices.email", "a"), ("choices.phone.country", "1")]);
    assert!(matches!(message.choices.contact, Some(Contact::Phone { country: 1, .. })));
}

#[test]
fn what_does_not_exist_is_not_bound_and_what_is_wrong_is_named() {
    for path in [
        &["nobody"][..],
        &["scalars", "nobody"],
        &["scalars", "text", "more"],
        &[],
        &["maps", "by_text"],
    ] {
        assert!(!Everything::default().bind(path, "1").expect("no mistake"), "{path:?}");
    }
    assert_eq!(
        refused("scalars.flag", "yes"),
        "scalars.flag: expected true or false, found \"yes\""
    );
    assert!(refused("scalars.color", "PINK").contains("COLOR_RED (1)"));
    assert!(refused("lists.ints", "x").starts_with("lists.ints: expected a 32 bit integer"));
    assert!(refused("known.at", "now").starts_with("known.at: expected a time"));
    assert!(refused("foreign.id", "x").starts_with("foreign.id: expected a UUID"));
    assert!(refused("maps.by_long.x.name", "1").contains("expected a 64 bit integer"));
}
