//! Messages made by prost, as fields and as whole messages, and ours inside prost's.

use std::collections::HashMap;

use bident::message;
use bident::message::{Dialect, Message as _, TypeRef, Types};
use bident_test_wire::Leaf;

/// As prost-build makes it, with serde's derives.
#[derive(Clone, PartialEq, prost::Message, serde::Serialize, serde::Deserialize)]
struct Address {
    #[prost(string, tag = "1")]
    #[serde(default)]
    street: String,
}

/// One that its crate registered.
#[derive(Clone, PartialEq, prost::Message, serde::Serialize, serde::Deserialize)]
struct Registered {
    #[prost(int32, tag = "1")]
    #[serde(default)]
    count: i32,
}

bident::foreign_message!(Registered, "acme.v1.Registered");

#[message]
struct User {
    #[field(foreign = "acme.v1.Address")]
    one: Address,
    #[field(foreign = "acme.v1.Address")]
    maybe: Option<Address>,
    #[field(foreign = "acme.v1.Address")]
    many: Vec<Address>,
    #[field(foreign = "acme.v1.Address")]
    by_name: HashMap<String, Address>,
    registered: Registered,
    list: Vec<Registered>,
    home: Home,
    place: Option<Place>,
}

/// A newtype and a variant of a foreign message.
#[message]
struct Home(#[field(foreign = "acme.v1.Address")] Address);

#[message]
enum Place {
    At(#[field(foreign = "acme.v1.Address")] Address),
    Registered(Registered),
}

fn user() -> User {
    let address = |street: &str| Address { street: street.to_owned() };
    User {
        one: address("a"),
        maybe: Some(address("")),
        many: vec![address("b"), address("c")],
        by_name: [("k".to_owned(), address("d"))].into(),
        registered: Registered { count: 5 },
        list: vec![Registered { count: 6 }],
        home: Home(address("e")),
        place: Some(Place::At(address("f"))),
    }
}

#[test]
fn foreign_messages_come_back_in_every_shape() {
    let user = user();
    let bytes = message::encode(&user);
    assert_eq!(message::decode_slice::<User>(&bytes).expect("what we wrote"), user);
    for dialect in [Dialect::Proto, Dialect::Original] {
        let text = message::to_json(&user, dialect).expect("a JSON form");
        assert_eq!(message::from_json::<User>(&text).expect("what we wrote"), user);
    }
    assert_eq!(message::decode_slice::<User>(b"").expect("nothing set"), User::default());
}

#[test]
fn foreign_messages_are_named_in_the_schema() {
    let mut types = Types::default();
    User::describe(&mut types);
    let user = types.messages().iter().find(|message| message.name == "User").expect("described");
    let named = |name| bident::message::Kind::Type(TypeRef::Named(name));
    for field in &user.fields[..4] {
        assert_eq!(field.kind, named("acme.v1.Address"), "{}", field.name);
    }
    assert_eq!(user.fields[4].kind, named("acme.v1.Registered"));
    assert_eq!(user.fields[6].kind, named("acme.v1.Address"));
}

#[test]
fn a_registered_message_is_a_whole_message() {
    let bytes = message::encode(&Registered { count: 7 });
    assert_eq!(message::decode_slice::<Registered>(&bytes).expect("a message").count, 7);
    let read: Registered = message::from_json(br#"{"count":8}"#).expect("its own serde");
    assert_eq!(read.count, 8);
}

/// Ours inside prost's inside ours.
#[derive(Clone, PartialEq, prost::Message, serde::Serialize, serde::Deserialize)]
struct Outside {
    #[prost(message, optional, tag = "1")]
    leaf: Option<Leaf>,
    #[prost(message, optional, boxed, tag = "2")]
    ring: Option<Box<Ring>>,
}

#[message]
struct Ring {
    name: String,
    #[field(foreign = "acme.v1.Outside")]
    outside: Option<Outside>,
}

#[test]
fn ours_inside_prosts_is_read_by_prost() {
    let outside = Outside { leaf: Some(Leaf { name: "n".into(), count: 1 }), ring: None };
    let ring = Ring { name: "r".into(), outside: Some(outside) };
    let bytes = prost::Message::encode_to_vec(&ring);
    assert_eq!(<Ring as prost::Message>::decode(&bytes[..]).expect("through prost"), ring);
    assert_eq!(message::decode_slice::<Ring>(&bytes).expect("by us"), ring);
}

#[test]
fn alternating_between_the_two_does_not_nest_without_end() {
    let wrap = |number: u8, body: &[u8]| {
        let mut out = vec![number << 3 | 2];
        prost::encoding::encode_varint(body.len() as u64, &mut out);
        out.extend_from_slice(body);
        out
    };
    // Ring.outside is 2, Outside.ring is 2.
    let bytes = (0..4000).fold(Vec::new(), |body, _| wrap(2, &body));
    let ours = message::decode_slice::<Ring>(&bytes).expect_err("nested too deep").to_string();
    assert!(ours.contains("nested deeper"), "{ours}");
    let prosts = <Outside as prost::Message>::decode(&bytes[..]).expect_err("nested too deep");
    assert!(!prosts.to_string().is_empty());
}
