//! Messages of RPC protocols in their envelopes: wherever a body is cut, compressed or not, one or many.

use bident::__fuzzing::{Envelopes, Wire, enveloped, packed, unpacked};
use bident::{Error, message};
use bident_test_wire::{Leaf, Lists};
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};

use crate::body;

/// The most bytes of one message: small, so that a compressed one soon unpacks to more.
const LIMIT: usize = 1 << 12;

const ENCODINGS: [&str; 4] = ["identity", "gzip", "deflate", "zstd"];

/// An input is a byte for the format and the compression, one for the size of the pieces, and a body.
pub fn framing(data: &[u8]) {
    let [mode, size, bytes @ ..] = data else { return };
    let size = usize::from(*size);
    let encoding = ENCODINGS[usize::from(mode >> 1) % ENCODINGS.len()];
    // zstd is there where a C compiler is.
    let Some(wire) = Wire::new(mode & 1 == 1, encoding) else { return };

    cut(bytes, size);
    read(wire, bytes, size);
    pack(encoding, bytes);
}

/// What is cut out of pieces is what is cut out of the whole, and is every byte of it.
fn cut(bytes: &[u8], size: usize) {
    let whole = cut_in_pieces(bytes, 0);
    assert_eq!(whole, cut_in_pieces(bytes, size), "in pieces of {size}");
    let (messages, ended) = whole;
    let again: Vec<u8> =
        messages.iter().flat_map(|(flags, message)| enveloped(*flags, message)).collect();
    assert!(bytes.starts_with(&again), "every envelope is what was in its place");
    assert_eq!(ended == Ok(true), again.len() == bytes.len(), "nothing is left over unsaid");
}

type Cut = (Vec<(u8, Bytes)>, Result<bool, u16>);

fn cut_in_pieces(bytes: &[u8], size: usize) -> Cut {
    let mut envelopes = Envelopes::new(LIMIT);
    let mut messages = Vec::new();
    let size = if size == 0 { bytes.len().max(1) } else { size };
    for piece in bytes.chunks(size) {
        envelopes.push(Bytes::copy_from_slice(piece));
        loop {
            match envelopes.cut() {
                Ok(Some((flags, message))) => {
                    assert!(message.len() <= LIMIT);
                    messages.push((flags, message));
                }
                Ok(None) => break,
                Err(error) => return (messages, Err(error.code())),
            }
        }
    }
    (messages, Ok(envelopes.is_empty()))
}

/// One message and a stream of them are read to the same end however the body is cut.
fn read(wire: Wire, bytes: &[u8], size: usize) {
    let one = |size| {
        let read = wire.read::<Lists>(body(bytes, size), LIMIT).now_or_never();
        read.expect("a body that is there").map_err(callers)
    };
    let (whole, pieces) = (one(0), one(size));
    assert_eq!(whole.is_ok(), pieces.is_ok(), "{whole:?} or {pieces:?}");
    if let Ok(message) = whole {
        let written = wire.write(&message).expect("what was read can be written");
        // JSON of the same message may be longer than what was read: `1` for `1.0` is, and so is every field left out.
        let again = wire.read::<Lists>(body(&written, 7), 1 << 20).now_or_never();
        let again = again.expect("a body that is there").expect("what we wrote");
        if message.doubles.iter().all(|number| !number.is_nan()) {
            assert_eq!(again, message);
        }
    }

    let many = |size| -> Vec<Result<Leaf, u16>> {
        let requests = wire.requests(body(bytes, size), LIMIT).expect("enveloped");
        let all = requests.map(|item| item.map_err(callers)).collect::<Vec<_>>().now_or_never();
        all.expect("a body that is there")
    };
    let whole = many(0);
    assert_eq!(whole, many(size), "in pieces of {size}");
    assert!(whole.iter().rev().skip(1).all(Result::is_ok), "the first error is the last item");
}

/// The code of a mistake, which is the caller's and never ours.
fn callers(error: Error) -> u16 {
    assert!(matches!(error.code(), 400 | 413 | 500), "{error:?}");
    // A peer that compresses without saying how has broken gRPC's own rules, which call that INTERNAL.
    assert!(error.code() != 500 || error.message().contains("no header says how"), "{error:?}");
    error.code()
}

/// What is packed is unpacked to what it was, and never to more than the limit.
fn pack(encoding: &str, bytes: &[u8]) {
    let unpack = |bytes: &[u8]| {
        unpacked(encoding, Bytes::copy_from_slice(bytes), LIMIT).expect("its own name")
    };
    if encoding != "identity" {
        match unpack(bytes) {
            Ok(message) => assert!(message.len() <= LIMIT),
            Err(error) => assert!(matches!(error.code(), 400 | 413), "{error:?}"),
        }
    }
    let packed = packed(encoding, bytes).expect("memory is written to");
    match unpack(&packed) {
        Ok(message) => assert_eq!(message, bytes),
        Err(error) => assert!(bytes.len() > LIMIT && error.code() == 413, "{error:?}"),
    }
    // And as messages go: a list of this one text.
    if let Ok(text) = std::str::from_utf8(bytes) {
        let lists = Lists { texts: vec![text.to_owned()], ..Lists::default() };
        let wire = Wire::new(false, encoding).expect("its own name");
        let written = wire.write(&lists).expect("a binary form");
        let mut envelopes = Envelopes::new(1 << 20);
        envelopes.push(written);
        let (flags, message) = envelopes.cut().expect("below the limit").expect("whole");
        let message = match flags {
            0 => message,
            _ => {
                unpacked(encoding, message, 1 << 20).expect("its own name").expect("what we packed")
            }
        };
        assert_eq!(message::decode::<Lists>(message).expect("what we wrote"), lists);
    }
}
