//! Messages with every kind of field, in the binary form and in JSON.

use bident::message::{self, Dialect};
use bident_test_wire::{Everything, EverythingTwin};
use bytes::Bytes;

/// An input is a message in the binary form.
pub fn wire(data: &[u8]) {
    let read = message::decode_slice::<Everything>(data);
    let shared = message::decode::<Everything>(Bytes::copy_from_slice(data));
    assert_eq!(read.is_ok(), shared.is_ok(), "of a slice: {read:?}; of shared bytes: {shared:?}");
    let Ok(value) = read else { return };
    same(&value, &shared.expect("just seen"));

    let bytes = message::encode(&value);
    assert_eq!(bytes.len(), message::Message::size(&value), "the exact size");
    let back = message::decode_slice(&bytes).expect("what we wrote");
    same(&value, &back);

    // prost is laxer: whatever we read it reads, and what we write means the same to it as what was read.
    let twin: EverythingTwin = prost::Message::decode(data).expect("what we read");
    let ours: EverythingTwin = prost::Message::decode(&bytes[..]).expect("what we wrote");
    assert!(twin.child.is_some() == ours.child.is_some() && twin.pages.len() == ours.pages.len());

    // A time after the year 9999 has no JSON form.
    if let Ok(text) = message::to_json(&value, Dialect::Proto) {
        settled(&text, Dialect::Proto);
    }
}

/// An input is a message in JSON.
pub fn json(data: &[u8]) {
    let Ok(value) = message::from_json::<Everything>(data) else { return };
    for dialect in [Dialect::Proto, Dialect::Original] {
        settled(
            &message::to_json(&value, dialect).expect("what came from JSON goes back"),
            dialect,
        );
    }
    same(&value, &message::decode(message::encode(&value).into()).expect("what we wrote"));
}

/// What we wrote is read as a value that is written alike. The value need not be the one that was written: a dynamic value
/// with nothing in it is `null`, and that is read as a null.
fn settled(text: &[u8], dialect: Dialect) {
    let back: Everything = message::from_json(text).expect("what we wrote");
    let again = message::to_json(&back, dialect).expect("what came from JSON goes back");
    assert_eq!(text.len(), again.len(), "one text, but for the order of maps");
    same(&back, &message::from_json(&again).expect("what we wrote"));
}

/// Whether these are one value. What is no number is like nothing, not even itself: there the texts must be as long.
#[track_caller]
fn same(left: &Everything, right: &Everything) {
    if *left == left.clone() {
        assert_eq!(left, right);
    } else {
        assert_eq!(message::encode(left).len(), message::encode(right).len());
    }
}
