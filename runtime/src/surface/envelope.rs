//! The envelope that gRPC, gRPC-Web and Connect put a message in: a byte of flags, four bytes of length, the message.
//!
//! What the flags mean differs between the protocols and is theirs to say.

use std::io;

use bytes::{Buf as _, Bytes, BytesMut};

use crate::{Error, Result};

/// The flags and the length.
pub(crate) const PREFIX: usize = 5;

/// Cuts what arrives in pieces into envelopes. A piece that holds whole ones is never copied.
pub(crate) struct Envelopes {
    /// The most bytes that one message may have.
    limit: usize,
    /// A piece as it came, for as long as nothing of an earlier one is left.
    piece: Bytes,
    /// What is left of earlier pieces, and all that came since.
    rest: BytesMut,
}

impl Envelopes {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, piece: Bytes::new(), rest: BytesMut::new() }
    }

    pub(crate) fn push(&mut self, piece: Bytes) {
        if self.is_empty() {
            self.piece = piece;
            return;
        }
        if !self.piece.is_empty() {
            self.rest.extend_from_slice(&std::mem::take(&mut self.piece));
        }
        self.rest.extend_from_slice(&piece);
    }

    /// The flags and the bytes of the next whole message, where it is there.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE` as soon as a prefix says so.
    pub(crate) fn next(&mut self) -> Result<Option<(u8, Bytes)>> {
        self.read(|flags, source, message| Ok((flags, source.slice_ref(message))))
    }

    /// What `read` makes of the flags and the bytes of the next whole message, where it is there. It gets them with the
    /// buffer that they are part of, so that it can share that; most messages have no use for it, and taking a share for
    /// each would cost more than cutting them.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE` as soon as a prefix says so; those of `read`.
    pub(crate) fn read<T>(
        &mut self,
        read: impl FnOnce(u8, &Bytes, &[u8]) -> Result<T>,
    ) -> Result<Option<T>> {
        let waiting = if self.rest.is_empty() { &self.piece[..] } else { &self.rest[..] };
        let Some((prefix, behind)) = waiting.split_first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        let (flags, length) = read_prefix(prefix, self.limit)?;
        let Some(message) = behind.get(..length) else { return Ok(None) };
        if self.rest.is_empty() {
            let read = read(flags, &self.piece, message);
            self.piece.advance(PREFIX + length);
            return read.map(Some);
        }
        self.rest.advance(PREFIX);
        let message = self.rest.split_to(length).freeze();
        read(flags, &message, &message).map(Some)
    }

    /// Whether nothing is left: a stream that ends elsewhere ends in the middle of a message.
    pub(crate) fn is_empty(&self) -> bool {
        self.piece.is_empty() && self.rest.is_empty()
    }
}

/// Writes an envelope around what `write` appends.
///
/// # Errors
/// Those of `write`; a message of 4 GiB or more.
pub(crate) fn append(
    flags: u8,
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    let start = out.len();
    out.extend_from_slice(&[flags, 0, 0, 0, 0]);
    write(out)?;
    let length = u32::try_from(out.len() - start - PREFIX)
        .map_err(|_| io::Error::other("a message of 4 GiB or more"))?;
    out[start + 1..start + PREFIX].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

/// One envelope behind another: what is large is not copied where nobody else has it.
pub(super) fn joined(first: Bytes, second: &[u8]) -> Bytes {
    let mut both = first.try_into_mut().unwrap_or_else(BytesMut::from);
    both.extend_from_slice(second);
    both.freeze()
}

/// The flags and the length that a prefix names.
///
/// # Errors
/// `BODY_TOO_LARGE` for more than `limit` bytes.
pub(crate) fn read_prefix(prefix: &[u8; PREFIX], limit: usize) -> Result<(u8, usize)> {
    let [flags, length @ ..] = *prefix;
    let length = u32::from_be_bytes(length) as usize;
    if length > limit { Err(Error::body_too_large(limit)) } else { Ok((flags, length)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::reasons;

    fn cut(pieces: &[&[u8]]) -> (Vec<(u8, Bytes)>, bool) {
        let mut envelopes = Envelopes::new(8);
        let mut out = Vec::new();
        for piece in pieces {
            envelopes.push(Bytes::copy_from_slice(piece));
            while let Some(one) = envelopes.next().unwrap() {
                out.push(one);
            }
        }
        (out, envelopes.is_empty())
    }

    #[test]
    fn messages_come_out_whole_wherever_the_pieces_were_cut() {
        let bytes = b"\0\0\0\0\x02hi\x01\0\0\0\0\x02\0\0\0\x03you";
        let expected = [(0, "hi"), (1, ""), (2, "you")].map(|(flags, it)| (flags, Bytes::from(it)));
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                let (out, empty) = cut(&pieces);
                assert_eq!(out, expected, "cut at {first} and {second}");
                assert!(empty);
            }
        }
    }

    #[test]
    fn what_is_cut_short_is_left_over() {
        for length in 1..7 {
            let (out, empty) = cut(&[&b"\0\0\0\0\x02hi"[..length]]);
            assert!(out.is_empty() && !empty);
        }
    }

    #[test]
    fn a_length_above_the_limit_is_refused_at_its_prefix() {
        let mut envelopes = Envelopes::new(8);
        envelopes.push(Bytes::from_static(b"\0\xff\xff\xff\xff"));
        assert_eq!(envelopes.next().unwrap_err().reason(), reasons::BODY_TOO_LARGE);
    }
}
