use super::*;

fn fields(body: &[u8]) -> Result<Vec<u32>, String> {
    let mut reader = Reader::new(body);
    let mut numbers = Vec::new();
    while let Some((number, _)) = reader.next_field().map_err(|fault| fault.to_string())? {
        numbers.push(number);
    }
    Ok(numbers)
}

#[test]
fn varints_have_their_exact_size() {
    for shift in 0..64 {
        for value in [1u64 << shift, (1u64 << shift) - 1, u64::MAX >> shift] {
            let mut out = Vec::new();
            write_varint(value, &mut out);
            assert_eq!(out.len(), varint_size(value), "{value}");
            assert_eq!(Reader::new(&out).varint().expect("a varint"), value);
        }
    }
}

#[test]
fn groups_are_skipped_whole() {
    // Group 1 with a varint, bytes and group 2 inside; then field 3.
    let body = [0x0b, 0x08, 0x96, 0x01, 0x12, 0x01, b'x', 0x13, 0x14, 0x0c, 0x18, 0x05];
    assert_eq!(fields(&body), Ok(vec![3]));
    for length in 1..10 {
        assert!(fields(&body[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn groups_that_do_not_match_are_errors() {
    assert!(fields(&[0x0b, 0x14]).unwrap_err().contains("never began"));
    assert!(fields(&[0x0c]).unwrap_err().contains("never began"));
    assert!(fields(&[0x0b; 200]).unwrap_err().contains("deeper"));
}

#[test]
fn a_length_is_checked_before_it_is_believed() {
    let huge = [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert!(fields(&huge).unwrap_err().contains("truncated"));
    assert!(fields(&[0x0a, 0x05, 1, 2]).unwrap_err().contains("truncated"));
}

#[test]
fn malformed_tags_are_errors() {
    assert!(fields(&[0x00]).unwrap_err().contains("not a field number"));
    assert!(fields(&[0x0e]).unwrap_err().contains("not a wire type"));
    assert!(fields(&[0xff; 11]).unwrap_err().contains("more than 64 bits"));
    assert!(fields(&[0xff; 9]).unwrap_err().contains("truncated"));
}
