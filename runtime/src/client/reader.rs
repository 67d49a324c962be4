//! How the messages of an answer follow each other, and how it says that it is over: envelopes over gRPC; over HTTP lines
//! of JSON or server-sent events.

use std::sync::Arc;

use bytes::{Buf as _, Bytes, BytesMut};
use http::HeaderMap;

use super::grpc;
use super::http::Plan;
use crate::message::Message;
use crate::surface::Wire;
use crate::surface::envelope::Envelopes;
use crate::surface::lines::Unread;
use crate::{Error, Result};

/// Cuts an answer into messages as it arrives.
pub(super) struct Reader {
    form: Form,
    /// The most bytes that one message may have.
    limit: usize,
}

/// What stands between the messages.
pub(super) enum Form {
    Enveloped(Envelopes, Wire),
    Lines(Unread, Arc<Plan>),
    Events(Events, Arc<Plan>),
}

impl Reader {
    pub(super) fn new(form: Form, limit: usize) -> Self {
        Self { form, limit }
    }

    pub(super) fn enveloped(wire: Wire, limit: usize) -> Self {
        Self::new(Form::Enveloped(Envelopes::new(limit), wire), limit)
    }

    pub(super) fn push(&mut self, piece: Bytes) {
        match &mut self.form {
            Form::Enveloped(envelopes, _) => envelopes.push(piece),
            Form::Lines(unread, _) => unread.push(&piece),
            Form::Events(events, _) => events.unread.push(&piece),
        }
    }

    /// The next message, where it is there.
    ///
    /// # Errors
    /// One that came in place of a message; a message above the limit; one that cannot be read.
    pub(super) fn next<M: Message>(&mut self, operation: &'static str) -> Result<Option<M>> {
        match &mut self.form {
            Form::Enveloped(envelopes, wire) => {
                let next = envelopes.next().map_err(grpc::oversized)?;
                next.map(|(flags, bytes)| grpc::read(*wire, flags, bytes, operation, self.limit))
                    .transpose()
            }
            Form::Lines(unread, plan) => {
                let line = unread.document(self.limit).map_err(grpc::oversized)?;
                line.map(|line| plan.line(&line)).transpose()
            }
            Form::Events(events, plan) => {
                while let Some((kind, data)) = events.next(self.limit).map_err(grpc::oversized)? {
                    match &kind[..] {
                        b"" | b"message" => return plan.item(&data).map(Some),
                        b"error" => return Err(plan.error_event(&data)),
                        // Whatever else the peer tells is not part of the method.
                        _ => {}
                    }
                }
                Ok(None)
            }
        }
    }

    /// What the end of the answer says: a last message, an error, or that all is well.
    pub(super) fn end<M: Message>(&mut self, trailers: &HeaderMap) -> Result<Option<M>> {
        match &mut self.form {
            Form::Enveloped(envelopes, _) => {
                grpc::ended(trailers)?;
                if envelopes.is_empty() {
                    Ok(None)
                } else {
                    Err(grpc::broken("a message that is cut short"))
                }
            }
            Form::Lines(unread, plan) => unread.rest().map(|line| plan.line(&line)).transpose(),
            // An event without the empty line behind it is none, as the standard has it. A connection that breaks off is
            // told of by HTTP itself.
            Form::Events(..) => Ok(None),
        }
    }
}

/// What the text of events may begin with.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Server-sent events, as the HTML standard has them: fields in lines, and an empty line behind each event.
#[derive(Default)]
pub(super) struct Events {
    unread: Unread,
    /// Whether the first line has been taken.
    begun: bool,
    /// Whether the last line ended with `\r`, of which a `\n` may be the second half.
    returned: bool,
    kind: Bytes,
    data: Option<BytesMut>,
}

impl Events {
    /// The next event that has data: its kind, empty where it has none, and its data.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE` for a line, or the data of an event, above the limit.
    fn next(&mut self, limit: usize) -> Result<Option<(Bytes, Bytes)>> {
        while let Some(line) = self.line(limit)? {
            if line.is_empty() {
                let kind = std::mem::take(&mut self.kind);
                if let Some(data) = self.data.take() {
                    return Ok(Some((kind, data.freeze())));
                }
                continue;
            }
            let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
            let value = &line[(colon + 1).min(line.len())..];
            let value = line.slice_ref(value.strip_prefix(b" ").unwrap_or(value));
            match &line[..colon] {
                b"event" => self.kind = value,
                b"data" => self.append(&value, limit)?,
                // Comments, which keep the connection, and what is for those who connect again.
                _ => {}
            }
        }
        Ok(None)
    }

    /// The next line, which ends with `\n`, `\r` or both. A `\r` ends it at once: what comes next may take long.
    fn line(&mut self, limit: usize) -> Result<Option<Bytes>> {
        // Data has the name of its field before it.
        let most = limit.saturating_add(b"data: ".len());
        while let Some((mut line, end)) =
            self.unread.until(b"\r\n", most).map_err(|_| Error::body_too_large(limit))?
        {
            let returned = std::mem::replace(&mut self.returned, end == b'\r');
            if returned && end == b'\n' && line.is_empty() {
                continue;
            }
            if !std::mem::replace(&mut self.begun, true) && line.starts_with(BYTE_ORDER_MARK) {
                line.advance(BYTE_ORDER_MARK.len());
            }
            return Ok(Some(line));
        }
        Ok(None)
    }

    /// Data in several lines has line breaks in between.
    fn append(&mut self, value: &[u8], limit: usize) -> Result<()> {
        let data = match &mut self.data {
            None => self.data.insert(BytesMut::new()),
            Some(data) => {
                data.extend_from_slice(b"\n");
                data
            }
        };
        if data.len() + value.len() > limit {
            return Err(Error::body_too_large(limit));
        }
        data.extend_from_slice(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1000;

    /// The events that are there once each of these pieces has come.
    fn events<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Vec<(Bytes, Bytes)> {
        let mut events = Events::default();
        let mut out = Vec::new();
        for piece in pieces {
            events.unread.push(piece);
            while let Some(event) = events.next(LIMIT).unwrap() {
                out.push(event);
            }
        }
        out
    }

    fn expected(events: &[(&'static str, &'static str)]) -> Vec<(Bytes, Bytes)> {
        events.iter().map(|(kind, data)| (Bytes::from(*kind), Bytes::from(*data))).collect()
    }

    /// Cuts `bytes` at every two places, and into single bytes.
    fn check(bytes: &[u8], expected: &[(Bytes, Bytes)]) {
        for second in 0..=bytes.len() {
            for first in 0..=second {
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(events(pieces), expected, "cut at {first} and {second}");
            }
        }
        assert_eq!(events(bytes.chunks(1)), expected);
    }

    #[test]
    fn events_come_out_whole_wherever_the_pieces_were_cut() {
        let bytes = b": hello\n\nevent: message\ndata: {\ndata:}\nid: 7\n\r\ndata\n\nevent:error\r\ndata: x\r\n\r\n";
        check(bytes, &expected(&[("message", "{\n}"), ("", ""), ("error", "x")]));
    }

    #[test]
    fn a_line_ends_with_either_character_or_with_both() {
        let lines = ["event: a", "data: 1", "data: 2", "", "data: 3", "", "event: b", "data", ""];
        for ends in [["\r", "\r"], ["\n", "\n"], ["\r\n", "\r\n"], ["\r\n", "\r"], ["\r", "\r\n"]] {
            let ended = lines.iter().zip(ends.iter().cycle());
            let text: String = ended.map(|(line, end)| format!("{line}{end}")).collect();
            let expected = expected(&[("a", "1\n2"), ("", "3"), ("b", "")]);
            check(text.as_bytes(), &expected);
        }
    }

    #[test]
    fn an_event_is_there_with_the_first_half_of_its_last_line_end() {
        let mut reader = Events::default();
        reader.unread.push(b"data: 1\r\n\r");
        assert_eq!(reader.next(LIMIT).unwrap(), Some((Bytes::new(), Bytes::from("1"))));
        reader.unread.push(b"\ndata: 2\r\r\r\n");
        assert_eq!(reader.next(LIMIT).unwrap(), Some((Bytes::new(), Bytes::from("2"))));
        assert_eq!(reader.next(LIMIT).unwrap(), None);
    }

    #[test]
    fn one_byte_order_mark_is_passed_over_at_the_start() {
        check("\u{feff}data: 1\n\n".as_bytes(), &expected(&[("", "1")]));
        check("\u{feff}\rdata: 1\r\r".as_bytes(), &expected(&[("", "1")]));
        // Anywhere else it is part of a field's name, which nobody knows.
        let marked = "data: 1\n\n\u{feff}data: 2\ndata: 3\n\n".as_bytes();
        check(marked, &expected(&[("", "1"), ("", "3")]));
        check("\u{feff}\u{feff}data: 1\n\n".as_bytes(), &[]);
    }

    #[test]
    fn an_event_without_an_empty_line_behind_it_is_none() {
        for bytes in [&b"data: {}"[..], b"data: {}\n", b"data: {}\r", b"data: {}\r\n", b"event: a"]
        {
            check(bytes, &[]);
        }
    }

    #[test]
    fn the_data_of_an_event_is_bounded_over_all_its_lines() {
        let mut events = Events::default();
        let line = [b"data: ", &vec![b'x'; LIMIT / 2][..], b"\n"].concat();
        for _ in 0..2 {
            events.unread.push(&line);
        }
        assert_eq!(events.next(LIMIT).unwrap_err().code(), 413);
    }
}
