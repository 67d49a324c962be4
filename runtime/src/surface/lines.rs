//! Text that arrives in pieces and is read line by line.

use bytes::{Buf as _, Bytes, BytesMut};

use crate::{Error, Result};

/// What has arrived and is no whole line yet.
#[derive(Default)]
pub(crate) struct Unread {
    bytes: BytesMut,
    /// How much of it is known to have no line's end.
    seen: usize,
}

impl Unread {
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
    }

    /// The next line, without its `\n`.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE` for a line of more than `limit` bytes, whether or not its end has been seen.
    pub(crate) fn line(&mut self, limit: usize) -> Result<Option<Bytes>> {
        Ok(self.until(b"\n", limit)?.map(|(line, _)| line))
    }

    /// What comes before the next byte that is one of `ends`, and that byte.
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub(crate) fn until(&mut self, ends: &[u8], limit: usize) -> Result<Option<(Bytes, u8)>> {
        let end = self.bytes[self.seen..].iter().position(|byte| ends.contains(byte));
        let length = end.map_or(self.bytes.len(), |end| self.seen + end);
        if length > limit {
            return Err(Error::body_too_large(limit));
        }
        if end.is_none() {
            self.seen = length;
            return Ok(None);
        }
        self.seen = 0;
        let line = self.bytes.split_to(length).freeze();
        Ok(Some((line, self.bytes.get_u8())))
    }

    /// The next line that is not blank.
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub(crate) fn document(&mut self, limit: usize) -> Result<Option<Bytes>> {
        while let Some(line) = self.line(limit)? {
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    /// What is behind the last line's end, where that is not blank: a last line that has none.
    pub(crate) fn rest(&mut self) -> Option<Bytes> {
        let rest = self.bytes.split().freeze();
        self.seen = 0;
        (!rest.trim_ascii().is_empty()).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(pieces: &[&[u8]]) -> Vec<Bytes> {
        let mut unread = Unread::default();
        let mut out = Vec::new();
        for piece in pieces {
            unread.push(piece);
            while let Some(line) = unread.document(8).unwrap() {
                out.push(line);
            }
        }
        out.extend(unread.rest());
        out
    }

    #[test]
    fn lines_come_out_whole_wherever_the_pieces_were_cut() {
        let bytes = b"{}\r\n\n  \n{\"a\":1}\n[]";
        for at in 0..=bytes.len() {
            let (first, second) = bytes.split_at(at);
            assert_eq!(documents(&[first, second]), ["{}\r", "{\"a\":1}", "[]"], "cut at {at}");
        }
    }

    #[test]
    fn blank_lines_are_lines_to_those_who_count_them() {
        let mut unread = Unread::default();
        unread.push(b"a\n\n\r\n ");
        let mut lines = Vec::new();
        while let Some(line) = unread.line(8).unwrap() {
            lines.push(line);
        }
        assert_eq!(lines, ["a", "", "\r"]);
        assert_eq!(unread.rest(), None);
    }

    #[test]
    fn a_line_above_the_limit_is_refused_before_it_ends() {
        for bytes in [&b"123456789"[..], b"123456789\n"] {
            let mut unread = Unread::default();
            unread.push(bytes);
            assert_eq!(unread.line(8).unwrap_err().code(), 413);
        }
    }
}
