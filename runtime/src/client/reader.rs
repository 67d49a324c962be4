//! How the messages of an answer follow each other, and how it says that it is over: envelopes over gRPC; over HTTP lines
//! of JSON or server-sent events.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;

use super::http::Plan;
use super::{MAX_ANSWER, grpc};
use crate::message::Message;
use crate::surface::Wire;
use crate::surface::envelope::Envelopes;
use crate::surface::lines::Unread;
use crate::{Error, Result};

/// Cuts an answer into messages as it arrives.
pub(super) enum Reader {
    Enveloped(Envelopes, Wire),
    Lines(Unread, Arc<Plan>),
    Events(Events, Arc<Plan>),
}

impl Reader {
    pub(super) fn enveloped(wire: Wire) -> Self {
        Self::Enveloped(Envelopes::new(MAX_ANSWER), wire)
    }

    pub(super) fn push(&mut self, piece: Bytes) {
        match self {
            Self::Enveloped(envelopes, _) => envelopes.push(piece),
            Self::Lines(unread, _) => unread.push(&piece),
            Self::Events(events, _) => events.unread.push(&piece),
        }
    }

    /// The next message, where it is there.
    ///
    /// # Errors
    /// One that came in place of a message; a message above the limit; one that cannot be read.
    pub(super) fn next<M: Message>(&mut self, operation: &'static str) -> Result<Option<M>> {
        match self {
            Self::Enveloped(envelopes, wire) => {
                let next = envelopes.next().map_err(grpc::oversized)?;
                next.map(|(flags, bytes)| grpc::read(*wire, flags, bytes, operation)).transpose()
            }
            Self::Lines(unread, plan) => {
                let line = unread.document(MAX_ANSWER).map_err(grpc::oversized)?;
                line.map(|line| plan.line(&line)).transpose()
            }
            Self::Events(events, plan) => {
                while let Some((kind, data)) = events.next().map_err(grpc::oversized)? {
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
        let whole = match self {
            Self::Enveloped(envelopes, _) => {
                grpc::ended(trailers)?;
                envelopes.is_empty()
            }
            Self::Lines(unread, plan) => {
                return unread.rest().map(|line| plan.line(&line)).transpose();
            }
            Self::Events(events, _) => events.is_between(),
        };
        if whole { Ok(None) } else { Err(grpc::broken("a message that is cut short")) }
    }
}

/// Server-sent events, as the HTML standard has them: fields in lines, and an empty line behind each event.
#[derive(Default)]
pub(super) struct Events {
    unread: Unread,
    kind: Bytes,
    data: Option<BytesMut>,
}

impl Events {
    /// The next event that has data: its kind, empty where it has none, and its data.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE` for a line, or the data of an event, above the limit.
    fn next(&mut self) -> Result<Option<(Bytes, Bytes)>> {
        while let Some(line) = self.unread.line(MAX_ANSWER)? {
            let line =
                line.strip_suffix(b"\r").map_or_else(|| line.clone(), |it| line.slice_ref(it));
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
                b"data" => self.append(&value)?,
                // Comments, which keep the connection, and what is for those who connect again.
                _ => {}
            }
        }
        Ok(None)
    }

    /// Data in several lines has line breaks in between.
    fn append(&mut self, value: &[u8]) -> Result<()> {
        let data = match &mut self.data {
            None => self.data.insert(BytesMut::new()),
            Some(data) => {
                data.extend_from_slice(b"\n");
                data
            }
        };
        if data.len() + value.len() > MAX_ANSWER {
            return Err(Error::body_too_large(MAX_ANSWER));
        }
        data.extend_from_slice(value);
        Ok(())
    }

    /// Whether no event has begun.
    fn is_between(&mut self) -> bool {
        self.data.is_none() && self.unread.rest().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(bytes: &[u8], at: usize) -> (Vec<(Bytes, Bytes)>, bool) {
        let mut events = Events::default();
        let mut out = Vec::new();
        for piece in [&bytes[..at], &bytes[at..]] {
            events.unread.push(piece);
            while let Some(event) = events.next().unwrap() {
                out.push(event);
            }
        }
        (out, events.is_between())
    }

    #[test]
    fn events_come_out_whole_wherever_the_pieces_were_cut() {
        let bytes = b": hello\n\nevent: message\ndata: {\ndata:}\nid: 7\n\r\ndata\n\nevent:error\r\ndata: x\r\n\r\n";
        let expected = [("message", "{\n}"), ("", ""), ("error", "x")]
            .map(|(kind, data)| (Bytes::from(kind), Bytes::from(data)));
        for at in 0..=bytes.len() {
            assert_eq!(events(bytes, at), (expected.to_vec(), true), "cut at {at}");
        }
    }

    #[test]
    fn an_event_that_is_cut_short_is_seen() {
        for bytes in [&b"data: {}"[..], b"data: {}\n", b"event: message"] {
            assert_eq!(events(bytes, 0), (Vec::new(), false));
        }
    }

    #[test]
    fn the_data_of_an_event_is_bounded_over_all_its_lines() {
        let mut events = Events::default();
        let line = [b"data: ", &vec![b'x'; MAX_ANSWER / 2][..], b"\n"].concat();
        for _ in 0..2 {
            events.unread.push(&line);
        }
        assert_eq!(events.next().unwrap_err().code(), 413);
    }
}
