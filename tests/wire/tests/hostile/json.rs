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
