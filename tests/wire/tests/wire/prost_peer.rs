//! prost's own derive reads what we write, and we read what it writes.

use bident::message;
use bident_test_wire::{Everything, EverythingTwin, everything, samples};
use proptest::prelude::*;
use prost::Message as _;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn prost_reads_ours_and_back(value in everything()) {
        let bytes = message::encode(&value);
        let twin = EverythingTwin::decode(&bytes[..]).expect("prost reads it");
        let back: Everything = message::decode_slice(&twin.encode_to_vec()).expect("we read prost's");
        prop_assert_eq!(&back, &value);
        let again = EverythingTwin::decode(&message::encode(&back)[..]).expect("prost reads it");
        prop_assert_eq!(again, twin);
    }

    #[test]
    fn our_types_are_prost_messages(value in everything()) {
        let bytes = value.encode_to_vec();
        prop_assert_eq!(&bytes, &message::encode(&value));
        prop_assert_eq!(value.encoded_len(), bytes.len());
        let back = Everything::decode(&bytes[..]).expect("through prost's trait");
        prop_assert_eq!(&back, &value);
        let mut cleared = back;
        cleared.clear();
        prop_assert_eq!(cleared, Everything::default());
    }
}

#[test]
fn there_are_samples_of_every_shape() {
    let samples = samples();
    assert!(samples.len() > 100);
    assert!(samples.iter().any(|sample| sample.child.is_some()));
    assert!(samples.iter().any(|sample| sample.choices.contact.is_some()));
    assert!(samples.iter().any(|sample| sample.foreign.is_some()));
    assert!(samples.iter().any(|sample| sample.known.any.is_some()));
}
