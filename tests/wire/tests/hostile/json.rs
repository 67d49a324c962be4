use bident::message::{self, Dialect, from_json};
use bident_test_wire::{Everything, Known, Leaf, Lists, Shape};

use crate::counting::peak;
use crate::mistake;
use crate::wire::small;

fn bounded(text: &[u8]) {
    let (_, held) = peak(|| drop(from_json::<Everything>(text)));
    assert!(held < (256 << 10) + text.len() * 64, "{held} bytes held for {}", text.len());
}

#[test]
fn a_text_cut_at_any_length_is_an_error() {
    let sample = &small(1)[0];
    let text = message::to_json(sample, Dialect::Proto).expect("a JSON form");
    for length in 0..text.len() {
        bounded(&text[..length]);
        assert!(from_json::<Everything>(&text[..length]).is_err(), "{length}");
    }
}

#[test]
fn every_bit_may_flip() {
    let sample = &small(2)[1];
    let mut text = message::to_json(sample, Dialect::Original).expect("a JSON form");
    for index in 0..text.len() {
        let bit = 1 << (index % 8);
        text[index] ^= bit;
        bounded(&text);
        text[index] ^= bit;
    }
}

#[test]
fn nesting_ends_at_a_hundred() {
    for levels in [101, 100_000] {
        let shape =
            format!("{}{}{}", r#"{"named":{"inner":"#.repeat(levels), "{}", "}}".repeat(levels));
        assert!(!mistake(|| from_json::<Shape>(shape.as_bytes())).is_empty());
        let ignored = format!(r#"{{"x":{}{}}}"#, "[".repeat(levels * 2), "]".repeat(levels * 2));
        // What nobody reads is skipped without descending into it.
        from_json::<Leaf>(ignored.as_bytes()).expect("an unknown key");
        let value = format!(r#"{{"value":{}{}}}"#, "[".repeat(levels * 2), "]".repeat(levels * 2));
        assert!(!mistake(|| from_json::<Known>(value.as_bytes())).is_empty());
    }
}

#[bident::message]
struct Crowd {
    members: Vec<Everything>,
}

#[test]
fn small_elements_do_not_become_large_lists() {
    let text = format!(r#"{{"members":[{}{{}}]}}"#, "{},".repeat(200_000));
    let (result, held) = peak(|| from_json::<Crowd>(text.as_bytes()));
    let fault = result.expect_err("more than memory should hold").to_string();
    assert!(fault.contains("too many elements"), "{fault}");
    assert!(held < 3 * ((16 << 20) + text.len() * 32), "{held}");
}

#[test]
fn text_that_is_no_utf_8_is_an_error() {
    assert!(!mistake(|| from_json::<Leaf>(b"{\"name\":\"\xc3\x28\"}")).is_empty());
    assert!(!mistake(|| from_json::<Leaf>(br#"{"name":"\ud800"}"#)).is_empty());
    assert!(!mistake(|| from_json::<Lists>(br#"{"blobs":["?"]}"#)).is_empty());
}

fn refused_as_too_many<T: message::Message>(text: &str) {
    let (result, held) = peak(|| from_json::<T>(text.as_bytes()));
    let fault = result.err().expect("more than memory should hold").to_string();
    assert!(fault.contains("too many elements"), "{fault}");
    assert!(held < 3 * ((16 << 20) + text.len() * 32), "{held}");
}

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

#[test]
fn boxes_maps_and_values_are_counted() {
    let held = r#"{"one":{}},"#.repeat(200_000);
    refused_as_too_many::<Boxes>(&format!(r#"{{"members":[{held}{{}}]}}"#));
    let labelled = r#"{"sorted":{"":""}},"#.repeat(400_000);
    refused_as_too_many::<Labels>(&format!(r#"{{"all":[{labelled}{{}}]}}"#));
    refused_as_too_many::<Known>(&format!(r#"{{"value":[{}{{}}]}}"#, r#"{"":0},"#.repeat(400_000)));
    let few = format!(r#"{{"value":[{}{{}}]}}"#, r#"{"":0},"#.repeat(1000));
    from_json::<Known>(few.as_bytes()).expect("a thousand objects");
}

/// Serde does not say how long its input is: whoever opened it bounds it.
#[test]
fn serde_itself_reads_what_is_large() {
    let text = format!(r#"{{"texts":[{}"a"]}}"#, r#""a","#.repeat(699_999));
    let lists: Lists = serde_json::from_str(&text).expect("a large list");
    assert_eq!(lists.texts.len(), 700_000);
}

#[bident::message]
struct Node {
    children: Vec<Node>,
}

/// As `MAX_DEPTH` says: the parser counts lists and objects.
#[test]
fn a_tree_of_lists_is_at_most_64_messages_deep() {
    let tree = |depth: usize| {
        format!("{}{{}}{}", r#"{"children":["#.repeat(depth - 1), "]}".repeat(depth - 1))
    };
    from_json::<Node>(tree(64).as_bytes()).expect("sixty-four messages");
    let fault = from_json::<Node>(tree(65).as_bytes()).expect_err("too deep").to_string();
    assert!(fault.contains("recursion limit exceeded"), "{fault}");
}
