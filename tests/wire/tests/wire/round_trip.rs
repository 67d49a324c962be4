//! What is written is read again, on the wire and in both JSON dialects.

use bident::message::{self, Dialect, Message};
use bident_test_wire::{Everything, everything};
use proptest::prelude::*;

fn json_of(value: &Everything, dialect: Dialect) -> Vec<u8> {
    message::to_json(value, dialect).expect("every generated value has a JSON form")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_wire_form_has_its_exact_size_and_comes_back(value in everything()) {
        let bytes = message::encode(&value);
        prop_assert_eq!(bytes.len(), Message::size(&value));
        prop_assert_eq!(bytes.capacity(), bytes.len());
        let back: Everything = message::decode_slice(&bytes).expect("what we wrote");
        prop_assert_eq!(&back, &value);
        let back: Everything = message::decode(bytes.into()).expect("what we wrote");
        prop_assert_eq!(&back, &value);
    }

    #[test]
    fn a_frame_is_the_length_and_the_message(value in everything()) {
        let frame = message::encode_framed(&value).expect("less than 4 GiB");
        let bytes = message::encode(&value);
        prop_assert_eq!(frame[0], 0);
        prop_assert_eq!(frame[1..5].to_vec(), u32::try_from(bytes.len()).unwrap().to_be_bytes());
        prop_assert_eq!(frame.len(), 5 + bytes.len());
        // The order of a hash map's entries is the same while the map does not change.
        prop_assert_eq!(&frame[5..], &bytes[..]);
    }

    #[test]
    fn both_json_dialects_come_back(value in everything()) {
        for dialect in [Dialect::Proto, Dialect::Original] {
            let text = json_of(&value, dialect);
            let back: Everything = message::from_json(&text).expect("what we wrote");
            prop_assert_eq!(&back, &value);
        }
    }

    #[test]
    fn serde_is_canonical_proto_json(value in everything()) {
        let text = serde_json::to_vec(&value).expect("serializable");
        prop_assert_eq!(&text, &json_of(&value, Dialect::Proto));
        let back: Everything = serde_json::from_slice(&text).expect("deserializable");
        prop_assert_eq!(&back, &value);
    }

    #[test]
    fn a_message_given_in_two_parts_merges(left in everything(), right in everything()) {
        let mut bytes = message::encode(&left);
        bytes.extend(message::encode(&right));
        let ours: Everything = message::decode_slice(&bytes).expect("two messages in a row are one");
        let twin: bident_test_wire::EverythingTwin =
            prost::Message::decode(&bytes[..]).expect("prost reads it too");
        let again: bident_test_wire::EverythingTwin =
            prost::Message::decode(&message::encode(&ours)[..]).expect("what we wrote");
        prop_assert_eq!(again, twin);
    }
}
