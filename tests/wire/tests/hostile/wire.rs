use bident::message::{self, decode_slice};
use bident_test_wire::{Everything, Leaf, Lists, Scalars, Shape, everything, samples};
use proptest::prelude::*;

use crate::counting::peak;
use crate::mistake;

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).expect("seven bits") | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).expect("seven bits"));
    out
}

fn tag(number: u64, wire: u64) -> Vec<u8> {
    varint(number << 3 | wire)
}

fn field(number: u64, body: &[u8]) -> Vec<u8> {
    [tag(number, 2), varint(body.len() as u64), body.to_vec()].concat()
}

/// The samples with the shortest wire forms.
pub(crate) fn small(count: usize) -> Vec<Everything> {
    let mut all = samples().to_vec();
    all.sort_by_cached_key(|sample| message::encode(sample).len());
    all.truncate(count);
    all
}

/// Decoding costs at most so much, whatever it ends with.
fn bounded(bytes: &[u8]) {
    let (_, held) = peak(|| drop(decode_slice::<Everything>(bytes)));
    assert!(held < (256 << 10) + bytes.len() * 64, "{held} bytes held for {}", bytes.len());
}

#[test]
fn a_message_cut_at_any_length_is_read_or_refused() {
    for sample in small(6) {
        let bytes = message::encode(&sample);
        for length in 0..bytes.len() {
            bounded(&bytes[..length]);
        }
    }
}

#[test]
fn a_value_that_is_cut_off_is_an_error() {
    let whole = message::encode(&Leaf { name: "name".into(), count: u64::MAX });
    for length in (1..6).chain(7..whole.len()) {
        let text = mistake(|| decode_slice::<Leaf>(&whole[..length]));
        assert!(text.contains("truncated"), "{length}: {text}");
    }
}

#[test]
fn huge_lengths_are_refused_before_anything_is_allocated() {
    for length in [6, 1 << 20, u64::from(u32::MAX), i64::MAX as u64, u64::MAX] {
        let bytes = [tag(1, 2), varint(length), vec![0; 5]].concat();
        assert!(mistake(|| decode_slice::<Leaf>(&bytes)).contains("truncated"));
        let packed = [tag(2, 2), varint(length), vec![0; 5]].concat();
        assert!(mistake(|| decode_slice::<Lists>(&packed)).contains("truncated"));
        let unknown = [tag(1000, 2), varint(length), vec![0; 5]].concat();
        assert!(mistake(|| decode_slice::<Lists>(&unknown)).contains("truncated"));
    }
}

#[test]
fn nesting_ends_at_a_hundred() {
    // `Shape.named` is 3, `Named.inner` is 3 as well: two levels a round.
    let nested = |levels: usize| (0..levels).fold(Vec::new(), |body, _| field(3, &body));
    decode_slice::<Shape>(&nested(99)).expect("ninety-nine levels");
    let shapes = nested(10_000);
    let text = mistake(|| decode_slice::<Shape>(&shapes));
    assert!(text.ends_with("nested deeper than 100 levels"), "{text}");
    let children = (0..5000).fold(Vec::new(), |body, _| field(9, &body));
    assert!(mistake(|| decode_slice::<Everything>(&children)).contains("nested deeper"));
    let groups = tag(900, 3).repeat(5000);
    assert!(mistake(|| decode_slice::<Everything>(&groups)).contains("nested deeper"));
    // A list of lists of lists: prost's own types behind ours.
    let lists = (0..5000).fold(Vec::new(), |body, _| field(6, &field(1, &body)));
    let lists = field(7, &field(7, &lists));
    assert!(!mistake(|| decode_slice::<Everything>(&lists)).is_empty());
}

#[test]
fn every_wrong_wire_type_is_an_error_that_names_the_field() {
    let names = [
        "flag",
        "tiny",
        "small",
        "int_value",
        "long",
        "utiny",
        "usmall",
        "uint",
        "ulong",
        "single",
        "double",
        "text",
        "bytes",
        "shared",
        "color",
        "id",
        "type",
    ];
    let right = [0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 2, 2, 2, 0, 2, 2];
    for ((number, name), right) in (1..).zip(names).zip(right) {
        for wire in [0, 1, 2, 5].into_iter().filter(|wire| *wire != right) {
            let value = match wire {
                0 => vec![1],
                1 => vec![0; 8],
                2 => vec![0],
                _ => vec![0; 4],
            };
            let bytes = [tag(number, wire), value].concat();
            let text = mistake(|| decode_slice::<Scalars>(&bytes));
            assert!(text.starts_with(&format!("{name}: wrong wire type")), "{text}");
        }
    }
    for wire in [6, 7] {
        let text = mistake(|| decode_slice::<Scalars>(&tag(1, wire)));
        assert!(text.contains("not a wire type"), "{text}");
    }
}

#[test]
fn text_that_is_no_utf_8_is_an_error_that_names_the_field() {
    let leaf = field(1, &[0xc3, 0x28]);
    assert_eq!(mistake(|| decode_slice::<Leaf>(&leaf)), "name: invalid UTF-8");
    let lists = [field(8, b""), field(8, &leaf)].concat();
    assert_eq!(mistake(|| decode_slice::<Lists>(&lists)), "leaves[1].name: invalid UTF-8");
    let maps = field(5, &field(1, &[field(1, &[0xff]), tag(2, 0), vec![1]].concat()));
    assert_eq!(mistake(|| decode_slice::<Everything>(&maps)), "maps.by_text.key: invalid UTF-8");
}

#[test]
fn numbers_that_do_not_fit_are_errors() {
    let bytes = [tag(2, 0), varint(128)].concat();
    let text = mistake(|| decode_slice::<Scalars>(&bytes));
    assert_eq!(text, "tiny: 128 is out of range: expected an integer from -128 to 127");
    let bytes = [tag(7, 0), varint(65_536)].concat();
    assert!(
        mistake(|| decode_slice::<Scalars>(&bytes)).starts_with("usmall: 65536 is out of range")
    );
    let bytes = [tag(15, 0), varint(4)].concat();
    let text = mistake(|| decode_slice::<Scalars>(&bytes));
    assert!(text.starts_with("color: 4 is not a value of this enum"), "{text}");
}

/// Elements of two bytes that are more than a kilobyte in memory.
#[bident::message]
struct Crowd {
    members: Vec<Everything>,
}

#[test]
fn small_elements_do_not_become_large_lists() {
    let crowd = field(1, b"").repeat(200_000);
    assert!(size_of::<Everything>() > 1000);
    let (result, held) = peak(|| decode_slice::<Crowd>(&crowd));
    let text = result.expect_err("more than memory should hold").to_string();
    assert!(text.contains("too many elements"), "{text}");
    // A list grows by doubling, and the old one is held while it is copied.
    assert!(held < 3 * ((16 << 20) + crowd.len() * 32), "{held}");
    let few = field(1, b"").repeat(1000);
    assert_eq!(decode_slice::<Crowd>(&few).expect("a thousand").members.len(), 1000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn flipped_bits_are_read_or_refused(value in everything(), flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..8)) {
        let mut bytes = message::encode(&value);
        for (index, bit) in flips {
            let index = index.index(bytes.len());
            bytes[index] ^= 1 << bit;
            bounded(&bytes);
        }
    }

    #[test]
    fn noise_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        bounded(&bytes);
    }
}

#[test]
fn every_single_bit_may_flip() {
    let mut bytes = message::encode(&small(1)[0]);
    for index in 0..bytes.len() {
        for bit in 0..8 {
            bytes[index] ^= 1 << bit;
            bounded(&bytes);
            bytes[index] ^= 1 << bit;
        }
    }
}

/// A pointer's worth in memory, and a kilobyte behind it.
#[bident::message]
struct Holder {
    one: Option<Box<Everything>>,
}

#[bident::message]
struct Boxes {
    members: Vec<Holder>,
}

#[bident::message]
struct Labelled {
    sorted: std::collections::BTreeMap<String, String>,
}

#[bident::message]
struct Labels {
    all: Vec<Labelled>,
}

fn refused_as_too_many<T: message::Message>(bytes: &[u8]) {
    let (result, held) = peak(|| decode_slice::<T>(bytes));
    let text = result.err().expect("more than memory should hold").to_string();
    assert!(text.contains("too many elements"), "{text}");
    assert!(held < 3 * ((16 << 20) + bytes.len() * 32), "{held}");
}

#[test]
fn what_is_behind_a_box_is_counted() {
    refused_as_too_many::<Boxes>(&field(1, &field(1, b"")).repeat(200_000));
    let few = field(1, &field(1, b"")).repeat(1000);
    assert_eq!(decode_slice::<Boxes>(&few).expect("a thousand").members.len(), 1000);
}

/// A map makes room for eleven entries when it gets its first one.
#[test]
fn the_room_of_a_small_map_is_counted() {
    refused_as_too_many::<Labels>(&field(1, &field(1, b"")).repeat(400_000));
    let few = field(1, &field(1, b"")).repeat(1000);
    assert_eq!(decode_slice::<Labels>(&few).expect("a thousand").all.len(), 1000);
}

/// Through prost, which hands over one field at a time.
#[test]
fn the_fields_of_a_message_share_one_budget_under_prost() {
    let crowd = field(1, b"").repeat(200_000);
    let (result, held) = peak(|| <Crowd as prost::Message>::decode(crowd.as_slice()));
    let text = result.expect_err("more than memory should hold").to_string();
    assert!(text.contains("too many elements"), "{text}");
    assert!(held < 3 * ((16 << 20) + crowd.len() * 32), "{held}");
    let few = field(1, b"").repeat(1000);
    assert_eq!(<Crowd as prost::Message>::decode(few.as_slice()).expect("few").members.len(), 1000);
}

/// A prost message between two of ours takes from the budget around it.
#[bident::message]
struct Around {
    #[field(foreign = "test.Crowds")]
    crowds: Vec<Crowds>,
}

#[derive(Clone, PartialEq, prost::Message, serde::Serialize, serde::Deserialize)]
struct Crowds {
    #[prost(message, repeated, tag = "1")]
    #[serde(default)]
    all: Vec<Crowd>,
}

#[test]
fn a_message_of_prost_does_not_start_a_new_budget() {
    let crowd = field(1, &field(1, b"").repeat(2000));
    refused_as_too_many::<Around>(&field(1, &crowd).repeat(100));
    let text = format!(r#"{{"members":[{}{{}}]}}"#, "{},".repeat(2000));
    let text = format!(
        r#"{{"crowds":[{}{{"all":[{text}]}}]}}"#,
        format!(r#"{{"all":[{text}]}},"#).repeat(100)
    );
    let (result, held) = peak(|| message::from_json::<Around>(text.as_bytes()));
    let fault = result.expect_err("more than memory should hold").to_string();
    assert!(fault.contains("too many elements"), "{fault}");
    assert!(held < 3 * ((16 << 20) + text.len() * 32), "{held}");
}

/// Every field of a body may be another part of one value: what was read before must not be looked at again.
#[test]
fn a_json_value_in_many_parts_is_read_once() {
    let part = field(6, &field(1, b""));
    let inside = part.repeat(300_000);
    let value = message::decode_slice::<Any>(&field(1, &inside)).expect("one body");
    assert_eq!(value.json.as_array().map(Vec::len), Some(300_000));
    let again = field(1, &part).repeat(300_000);
    let value = message::decode_slice::<Any>(&again).expect("many bodies");
    assert_eq!(value.json.as_array().map(Vec::len), Some(300_000));
    let replaced = [field(1, &part), field(1, &[tag(4, 0), vec![1]].concat()), field(1, &part)];
    let value = message::decode_slice::<Any>(&replaced.concat()).expect("three bodies");
    assert_eq!(value.json, serde_json::json!([null]));
}

#[bident::message]
struct Any {
    json: serde_json::Value,
}
