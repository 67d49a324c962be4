//! Connect, as <https://connectrpc.com/docs/protocol> has it: unary calls as plain HTTP with its statuses, by POST or, for
//! idempotent methods, by GET; streams in envelopes, the last of which says how it ended.
//!
//! Translation only. What HTTP itself says of a request (404, 405, 415) is said with that status whatever the call's shape,
//! so that a client that knows nothing of Connect does not take it for a success.

mod error;
mod query;

use std::mem;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri};

#[cfg(feature = "telemetry")]
pub(crate) use self::error::name as code_name;
use self::error::{EndStream, Json, said};
use super::compression::WORTH;
use super::rest::add_trailers;
use crate::call::{self, Added, Body, EncodedBody, Meta, metadata};
use crate::message::Message;
use crate::service::Shape;
use crate::surface::{Codec, Encoding, End, Format, Payload, Wire, after, envelope, grpc};
use crate::{Error, Result};

/// Tells a unary call from JSON on the RPC path.
pub(crate) const VERSION: HeaderName = HeaderName::from_static("connect-protocol-version");

const STREAM_ENCODING: HeaderName = HeaderName::from_static("connect-content-encoding");
const STREAM_ACCEPTS: HeaderName = HeaderName::from_static("connect-accept-encoding");

/// What the envelope of a stream's end begins with.
const ENDED: u8 = 2;

/// How a call over Connect is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    kind: Kind,
    wire: Wire,
    /// A HEAD request: headers only.
    head: bool,
    /// All of the request is in its URL, so that its answer may be cached.
    cacheable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unary,
    Stream,
    /// A media type that is not read.
    Unknown,
}

impl Answer {
    /// How a request is answered, where it is a call over Connect: by its media type, or because it says so (`named`).
    pub(crate) fn recognise(content_type: Option<&HeaderValue>, named: bool) -> Option<Self> {
        let media = content_type.map_or(&[][..], HeaderValue::as_bytes);
        let (kind, format) = if let Some(rest) = after(media, b"application/connect+") {
            (Kind::Stream, format(rest))
        } else if named {
            (Kind::Unary, after(media, b"application/").and_then(format))
        } else {
            return None;
        };
        let kind = if format.is_some() { kind } else { Kind::Unknown };
        let wire = Wire { format: format.unwrap_or_default(), ..Wire::default() };
        Some(Self { kind, wire, head: false, cacheable: false })
    }

    /// How a call of a method by its RPC path is read.
    pub(crate) fn codec(self, shape: Shape) -> Codec {
        let streams = shape != Shape::Unary;
        match self.kind {
            Kind::Stream if streams => Codec::Enveloped(self.wire),
            Kind::Unary if !streams => Codec::Connect(Unary { answer: self, given: None }),
            Kind::Unknown => Codec::Refused(Error::unsupported_media_type(
                "Connect's messages are read as proto or json",
            )),
            Kind::Unary => Codec::Refused(Error::unsupported_media_type(
                "this method streams: send application/connect+proto or application/connect+json",
            )),
            Kind::Stream => Codec::Refused(Error::unsupported_media_type(
                "this method does not stream: send application/proto or application/json",
            )),
        }
    }

    /// Finds out what the messages are compressed with.
    ///
    /// # Errors
    /// What is wrong with the head of the request.
    pub(crate) fn agree(&mut self, codec: &mut Codec, headers: &HeaderMap) -> Result<()> {
        if headers.get(VERSION).is_some_and(|version| version != "1") {
            return Err(Error::codec("connect-protocol-version: only version 1 is spoken here"));
        }
        let wire = match codec {
            Codec::Enveloped(wire) => wire,
            Codec::Connect(unary) if unary.given.is_none() => &mut unary.answer.wire,
            Codec::Connect(unary) => {
                let wire = &mut unary.answer.wire;
                wire.sent = accepted(wire.received, headers, ACCEPT_ENCODING);
                self.wire = *wire;
                return Ok(());
            }
            _ => return Ok(()),
        };
        let (encoding, accepts) = match self.kind {
            Kind::Stream => (STREAM_ENCODING, STREAM_ACCEPTS),
            Kind::Unary | Kind::Unknown => (CONTENT_ENCODING, ACCEPT_ENCODING),
        };
        if let Some(named) = headers.get(encoding) {
            wire.received = known(named.as_bytes(), accepts.clone())?;
        }
        wire.sent = accepted(wire.received, headers, accepts);
        self.wire = *wire;
        Ok(())
    }

    /// The response to a call that ended well, or whose stream has begun.
    pub(crate) fn reply(self, meta: Meta, body: EncodedBody) -> Response<Payload> {
        let sent = meta.encoding(self.wire.sent);
        let wanted = meta.compression;
        let mut beside = meta.beside;
        let payload = match (self.kind, body) {
            // Someone else's answer says itself how it went.
            (_, EncodedBody::Raw(status, body)) => {
                let headers = beside.as_mut().map(|beside| mem::take(&mut beside.headers));
                return grpc::theirs(status, headers, Payload::Body(body, None, End::Abrupt));
            }
            (Kind::Stream, EncodedBody::Unary(message)) => {
                let headers = beside.as_mut().map(|beside| mem::take(&mut beside.headers));
                let whole = envelope::joined(message, &ended(None, beside.as_deref()));
                return self.streamed(headers, sent, Payload::Full(whole));
            }
            (_, EncodedBody::Stream(frames)) => {
                let headers = beside.as_mut().map(|beside| mem::take(&mut beside.headers));
                return self.streamed(headers, sent, Payload::Stream(frames, beside, End::Connect));
            }
            (Kind::Unary | Kind::Unknown, EncodedBody::Unary(message)) => message,
        };
        let mut response = plain(beside.as_deref(), content_type(self.wire.format, false));
        if self.cacheable {
            response.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
        }
        let mut body = payload;
        let (sent, least) = wanted.map_or((sent, WORTH), |said| (said.message(self.wire.sent), 1));
        if sent != Encoding::Identity && body.len() >= least {
            let mut packed = Vec::new();
            if sent.compress(&body, &mut packed).is_ok() {
                body = packed.into();
                let name = HeaderValue::from_static(sent.name());
                response.headers_mut().insert(CONTENT_ENCODING, name);
            }
        }
        self.fill(&mut response, body);
        response
    }

    /// The response to a call that failed before anything was sent.
    pub(crate) fn error(self, error: &Error) -> Response<Payload> {
        let (status, _) = said(error);
        if self.kind == Kind::Stream && !error::is_of_http(error) {
            let headers = error.added().map(|added| added.headers.clone());
            return self.streamed(headers, self.wire.sent, Payload::Full(failed(error)));
        }
        let mut response = plain(error.added(), content_type(Format::Json, false));
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // Text always has a JSON form.
        let body = serde_json::to_vec(&Json(error)).unwrap_or_default();
        self.fill(&mut response, body.into());
        response
    }

    fn streamed(
        self,
        headers: Option<HeaderMap>,
        sent: Encoding,
        payload: Payload,
    ) -> Response<Payload> {
        let mut response = Response::new(payload);
        let out = response.headers_mut();
        *out = headers.unwrap_or_default();
        metadata::unframe(out);
        out.insert(CONTENT_TYPE, content_type(self.wire.format, true));
        if sent != Encoding::Identity {
            out.insert(STREAM_ENCODING, HeaderValue::from_static(sent.name()));
        }
        response
    }

    /// Puts the body of a unary answer in, or for HEAD its length alone.
    fn fill(self, response: &mut Response<Payload>, body: Bytes) {
        if self.head {
            response.headers_mut().insert(CONTENT_LENGTH, body.len().into());
        } else {
            *response.body_mut() = Payload::full(body);
        }
    }
}

/// A unary call.
pub(crate) struct Unary {
    answer: Answer,
    /// The message of a GET, as it was found in the query.
    given: Option<Result<Bytes>>,
}

impl Unary {
    /// A call by GET, with all of it in the query.
    pub(crate) fn get(method: &Method, uri: &Uri) -> Self {
        let (wire, given) = match query::read(uri.query().unwrap_or_default()) {
            Ok((wire, message)) => (wire, Ok(message)),
            Err(error) => (Wire::default(), Err(error)),
        };
        let head = method == Method::HEAD;
        let answer = Answer { kind: Kind::Unary, wire, head, cacheable: true };
        Self { answer, given: Some(given) }
    }

    pub(crate) fn answer(&self) -> Answer {
        self.answer
    }

    /// The request message, from a body of at most `limit` bytes or from the query.
    pub(crate) async fn read<M: Message>(&self, body: &mut Body, limit: usize) -> Result<M> {
        let bytes = match &self.given {
            Some(Ok(message)) => message.clone(),
            Some(Err(error)) => return Err(error.repeated()),
            None => body.read(limit).await?,
        };
        let Wire { format, received, .. } = self.answer.wire;
        // What is empty was not compressed, whatever the headers say.
        if received == Encoding::Identity || bytes.is_empty() {
            return format.read(&bytes, &bytes);
        }
        call::heard(true);
        let bytes = received.decompress(bytes, limit)?;
        format.read(&bytes, &bytes)
    }

    /// A reply. It is compressed when it is sent, where its headers can say so.
    pub(crate) fn write<M: Message>(&self, message: &M) -> Result<Bytes> {
        self.answer.wire.format.write(message).map(Bytes::from)
    }
}

/// The last of a stream that ended well.
pub(crate) fn ok(beside: Option<Box<Added>>) -> Bytes {
    ended(None, beside.as_deref()).into()
}

/// The last of a stream that failed.
pub(crate) fn failed(error: &Error) -> Bytes {
    ended(Some(error), error.added()).into()
}

fn ended(error: Option<&Error>, beside: Option<&Added>) -> Vec<u8> {
    let mut out = Vec::new();
    let trailers = beside.map(|beside| &beside.trailers);
    // Text always has a JSON form, and memory is written to.
    let _ = envelope::append(ENDED, &mut out, |out| {
        Ok(serde_json::to_writer(out, &EndStream { error, trailers })?)
    });
    out
}

/// A response that is no stream, with what goes beside it, all of it in headers.
fn plain(beside: Option<&Added>, content_type: HeaderValue) -> Response<Payload> {
    let mut response = Response::new(Payload::Empty);
    let headers = response.headers_mut();
    if let Some(beside) = beside {
        *headers = beside.headers.clone();
        metadata::unframe(headers);
        headers.remove(CONTENT_ENCODING);
        add_trailers(headers, &beside.trailers);
    }
    headers.insert(CONTENT_TYPE, content_type);
    response
}

fn content_type(format: Format, stream: bool) -> HeaderValue {
    HeaderValue::from_static(match (format, stream) {
        (Format::Proto, false) => "application/proto",
        (Format::Json, false) => "application/json",
        (Format::Proto, true) => "application/connect+proto",
        (Format::Json, true) => "application/connect+json",
    })
}

/// The format that the end of a media type names.
fn format(rest: &[u8]) -> Option<Format> {
    let name = rest.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    [(&b"proto"[..], Format::Proto), (b"json", Format::Json)]
        .into_iter()
        .find_map(|(known, format)| name.eq_ignore_ascii_case(known).then_some(format))
}

/// The headers that say what a request is compressed with, and what may be sent back.
pub(crate) fn encodings(headers: &HeaderMap) -> [HeaderName; 2] {
    match Answer::recognise(headers.get(CONTENT_TYPE), true) {
        Some(Answer { kind: Kind::Stream, .. }) => [STREAM_ENCODING, STREAM_ACCEPTS],
        _ => [CONTENT_ENCODING, ACCEPT_ENCODING],
    }
}

/// The encoding of this name.
///
/// # Errors
/// UNIMPLEMENTED for one that is not read, with those that are in the header `accepts`.
fn known(name: &[u8], accepts: HeaderName) -> Result<Encoding> {
    Encoding::named(name).ok_or_else(|| grpc::unknown_encoding(name, accepts))
}

/// What replies are compressed with: as the request is, where the caller reads that; else the first that it names and
/// that is known here.
fn accepted(received: Encoding, headers: &HeaderMap, accepts: HeaderName) -> Encoding {
    if !headers.contains_key(&accepts) {
        return received;
    }
    let mut named = Encoding::listed(headers, accepts);
    let Some(first) = named.next() else { return Encoding::Identity };
    if first == received || named.any(|one| one == received && one != Encoding::Identity) {
        received
    } else {
        first
    }
}
