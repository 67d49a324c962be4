//! Many messages in one answer: server-sent events, or one JSON document a line.
//!
//! Which of the two a caller gets is its `accept`'s choice; without one it gets events, as from Kratos v3. Neither has a
//! place for trailers.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use super::answer::{error_json, vary};
use super::awake::Awake;
#[cfg(feature = "ws")]
use super::media::Input;
use super::media::{Answer, Format, quality, subtype};
use super::{Plan, encode, http_body};
use crate::call::{Frames, Meta, metadata};
use crate::message::{self, Dialect, Message};
#[cfg(feature = "ws")]
use crate::surface::envelope;
use crate::surface::{End, Payload};
use crate::{Error, Result};

const NO_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// How the messages of an answer follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// There is one.
    One,
    /// `text/event-stream`.
    Events,
    /// A JSON document a line, under the name that the caller has for it.
    Lines(Lines),
    /// Bytes that are pieces of one answer.
    Pieces,
    /// Each in an envelope that a WebSocket's session opens.
    #[cfg(feature = "ws")]
    Socket,
}

/// The names of JSON in lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    Ndjson,
    Jsonl,
}

impl Lines {
    pub(super) fn named(subtype: &str) -> Option<Self> {
        let is = |name: &str| subtype.eq_ignore_ascii_case(name);
        if is("x-ndjson") || is("ndjson") {
            Some(Self::Ndjson)
        } else if is("jsonl") || is("x-jsonl") {
            Some(Self::Jsonl)
        } else {
            None
        }
    }
}

impl Flow {
    /// What the `accept` headers ask for. Callers that name JSON get it in lines; a name beats a wildcard of the same quality.
    pub(super) fn wanted(headers: &HeaderMap) -> Self {
        let (mut events, mut lines, mut wild) = (None, None, [0, 0]);
        let mut said = false;
        for value in headers.get_all(ACCEPT) {
            said = true;
            for range in value.to_str().unwrap_or_default().split(',') {
                let media = range.split_once(';').map_or(range, |(media, _)| media).trim();
                let quality = quality(range);
                let subtype = subtype(media);
                if media == "*/*" {
                    wild = wild.map(|known: u16| known.max(quality));
                } else if media.eq_ignore_ascii_case("text/*") {
                    wild[0] = wild[0].max(quality);
                } else if media.eq_ignore_ascii_case("application/*") {
                    wild[1] = wild[1].max(quality);
                } else if subtype.eq_ignore_ascii_case("event-stream") {
                    events = events.max(Some(quality));
                } else if let Some(name) = Lines::named(subtype).or_else(|| json(subtype))
                    && lines.is_none_or(|(best, _)| quality > best)
                {
                    lines = Some((quality, name));
                }
            }
        }
        if !said {
            return Self::Events;
        }
        let (line, name) = lines.unwrap_or((wild[1], Lines::Ndjson));
        let event = events.unwrap_or(wild[0]);
        let named = events.is_none() && lines.is_some();
        if line > event || (line > 0 && line == event && named) {
            Self::Lines(name)
        } else {
            Self::Events
        }
    }

    /// Whether the `accept` headers name a form for many messages.
    fn named(headers: &HeaderMap) -> bool {
        let ranges = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
        ranges.flat_map(|value| value.split(',')).any(|range| {
            let subtype = subtype(range.split_once(';').map_or(range, |(media, _)| media));
            subtype.eq_ignore_ascii_case("event-stream") || Lines::named(subtype).is_some()
        })
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Events => "text/event-stream",
            Self::Lines(Lines::Jsonl) => "application/jsonl",
            _ => "application/x-ndjson",
        })
    }

    fn end(self) -> End {
        match self {
            Self::Events => End::Events,
            Self::Pieces => End::Abrupt,
            Self::One | Self::Lines(_) => End::Lines,
            #[cfg(feature = "ws")]
            Self::Socket => End::Socket,
        }
    }
}

/// JSON by its own names has no way to hold many messages but lines.
fn json(subtype: &str) -> Option<Lines> {
    let json = ["json", "protojson"].iter().any(|name| subtype.eq_ignore_ascii_case(name));
    json.then_some(Lines::Ndjson)
}

fn append_event(event: &str, id: Option<&str>, data: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(event.as_bytes());
    if let Some(id) = id {
        out.extend_from_slice(b"\nid: ");
        out.extend_from_slice(id.as_bytes());
    }
    for line in data.split(|&byte| byte == b'\n') {
        out.extend_from_slice(b"\ndata: ");
        out.extend_from_slice(line);
    }
    out.extend_from_slice(b"\n\n");
}

/// The value of a message's field as the id of its event. What cannot be one is left out, so that the client keeps the one
/// before: a NUL or a line's end would break the stream, and an empty id would make the client forget.
fn event_id<M: Message>(message: &M, field: &str) -> Option<String> {
    let json = message::field_to_json(message, field, Dialect::Proto).ok()?;
    let text = match json.first()? {
        b'"' => serde_json::from_slice(&json).ok()?,
        // `null`: the field is not set.
        b'n' => return None,
        _ => String::from_utf8(json).ok()?,
    };
    (!text.is_empty() && !text.contains(['\0', '\r', '\n'])).then_some(text)
}

fn append_line(message: &[u8], out: &mut Vec<u8>) {
    // In JSON a line break is never part of a value.
    out.extend(message.iter().map(|&byte| if byte == b'\n' { b' ' } else { byte }));
    out.push(b'\n');
}

/// The last event of a stream that failed.
pub(crate) fn error_event(error: &Error) -> Bytes {
    let mut out = Vec::new();
    append_event("error", None, &error_json(error), &mut out);
    out.into()
}

/// The last line of a stream that failed.
pub(crate) fn error_line(error: &Error) -> Bytes {
    [b"{\"error\":", &error_json(error)[..], b"}\n"].concat().into()
}

/// What is in an envelope for a WebSocket: a message that is text, one that is not, the error that ends the call.
#[cfg(feature = "ws")]
pub(crate) const TEXT: u8 = 0;
#[cfg(feature = "ws")]
const BINARY: u8 = 1;
#[cfg(feature = "ws")]
pub(crate) const FAILED: u8 = 2;

/// A message of 4 GiB or more is cut off at its envelope: no peer takes one.
#[cfg(feature = "ws")]
fn append_socket(kind: u8, message: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let written = envelope::append(kind, out, |out| {
        out.extend_from_slice(message);
        Ok(())
    });
    if written.is_err() {
        out.truncate(start);
    }
}

/// The last envelope of a stream that failed.
#[cfg(feature = "ws")]
pub(crate) fn error_envelope(error: &Error) -> Bytes {
    let mut out = Vec::new();
    append_socket(FAILED, &error_json(error), &mut out);
    out.into()
}

/// Writes the messages of an answer.
pub(crate) struct Writer {
    pub(super) plan: Arc<Plan>,
    pub(super) answer: Answer,
}

impl Writer {
    /// # Errors
    /// A value that has no form in JSON, which is the handler's mistake: `INTERNAL`.
    pub(crate) fn append<M: Message>(&self, message: &M, out: &mut Vec<u8>) -> Result<()> {
        let written = encode(&self.plan, self.answer, message)?;
        match self.answer.flow {
            Flow::Events => {
                let id = self.plan.event_id.and_then(|field| event_id(message, field));
                append_event("message", id.as_deref(), &written, out);
            }
            Flow::One | Flow::Lines(_) => append_line(&written, out),
            Flow::Pieces => out.extend_from_slice(&written),
            #[cfg(feature = "ws")]
            Flow::Socket => {
                let binary = self.answer.format == Format::Proto || self.plan.raw_response;
                append_socket(if binary { BINARY } else { TEXT }, &written, out);
            }
        }
        Ok(())
    }

    pub(crate) fn sends_events(&self) -> bool {
        self.answer.flow == Flow::Events
    }

    /// Whether the head of the answer says something that its first message knows.
    pub(crate) fn needs_first(&self) -> bool {
        self.answer.flow == Flow::Pieces
    }

    /// Takes the content type from a message that has one.
    pub(crate) fn describe<M: Message>(&self, message: &M, meta: &mut Meta) -> Result<()> {
        if matches!(self.answer.flow, Flow::One | Flow::Pieces) {
            let media = http_body(&self.plan, message)?.content_type;
            let media = HeaderValue::try_from(media).ok().filter(|media| !media.is_empty());
            let media = media.unwrap_or(HeaderValue::from_static("application/octet-stream"));
            meta.beside().headers.entry(CONTENT_TYPE).or_insert(media);
        }
        Ok(())
    }
}

impl Answer {
    /// The same for a method that may answer with many messages, which are text.
    #[inline(never)]
    pub(crate) fn flowing(mut self, headers: &HeaderMap, plan: &Plan) -> Self {
        self.flow = if plan.raw_response && !Flow::named(headers) {
            Flow::Pieces
        } else {
            Flow::wanted(headers)
        };
        if self.format == Format::Proto {
            self.format = Format::Json;
        }
        self
    }

    /// The same for a method that is called over a WebSocket. Each side's format is named by its own header, else by the other
    /// one.
    #[cfg(feature = "ws")]
    pub(crate) fn socket(mut self, headers: &HeaderMap) -> Self {
        self.flow = Flow::Socket;
        match self.input {
            Input::Message(format) if !headers.contains_key(ACCEPT) => self.format = format,
            Input::Message(_) => {}
            _ => self.input = Input::Message(self.format),
        }
        self
    }

    /// The response whose messages come from a stream.
    pub(super) fn many(self, meta: Meta, frames: Frames) -> Response<Payload> {
        let frames = if self.flow == Flow::Events { Box::pin(Awake::new(frames)) } else { frames };
        self.begun(meta, Payload::Stream(frames, None, self.flow.end()))
    }

    /// The response whose messages are in `payload`.
    pub(super) fn begun(self, meta: Meta, payload: Payload) -> Response<Payload> {
        let status = meta.status.unwrap_or_default();
        let bare = status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED;
        let payload = if self.head || bare { Payload::Empty } else { payload };
        let mut response = Response::new(payload);
        *response.status_mut() = status;
        if let Some(beside) = meta.beside {
            *response.headers_mut() = beside.headers;
            metadata::unframe(response.headers_mut());
        }
        let headers = response.headers_mut();
        if self.flow == Flow::Pieces {
            return response;
        }
        if !bare {
            headers.insert(CONTENT_TYPE, self.flow.content_type());
        }
        vary(headers);
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
        headers.entry(NO_BUFFERING).or_insert(HeaderValue::from_static("no"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(accept: &str) -> Flow {
        Flow::wanted(&HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]))
    }

    #[test]
    fn the_caller_says_how_messages_follow_each_other() {
        assert_eq!(Flow::wanted(&HeaderMap::new()), Flow::Events);
        for events in [
            "text/event-stream",
            "Text/Event-Stream; charset=utf-8",
            "*/*",
            "text/*, application/*;q=0.9",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/json, text/event-stream",
            "application/json;q=0.1, */*",
            "image/png",
            "application/json;q=0",
        ] {
            assert_eq!(wanted(events), Flow::Events, "{events}");
        }
        for lines in [
            "application/x-ndjson",
            "application/json",
            "application/protojson",
            "application/json, text/plain, */*",
            "application/*",
            "text/event-stream;q=0.5, application/json",
            "text/event-stream;q=0, */*",
        ] {
            assert_eq!(wanted(lines), Flow::Lines(Lines::Ndjson), "{lines}");
        }
        assert_eq!(wanted("application/jsonl, */*;q=0.1"), Flow::Lines(Lines::Jsonl));
    }

    #[test]
    fn a_message_of_several_lines_is_one_event_and_one_line() {
        let mut out = Vec::new();
        append_event("message", None, b"{\n}", &mut out);
        assert_eq!(out, b"event: message\ndata: {\ndata: }\n\n");
        out.clear();
        append_line(b"{\n}", &mut out);
        assert_eq!(out, b"{ }\n");
    }
}
