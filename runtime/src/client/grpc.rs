//! A unary call over gRPC: the request as the specification's `PROTOCOL-HTTP2` page writes it, and its answer read back.

use base64::Engine as _;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Version};
use percent_encoding::percent_decode;

use super::flow::answered;
use super::requests::{Link, Write};
use super::transport::Answer;
use super::unreadable;
use crate::call::Body;
use crate::call::metadata::BASE64;
use crate::error::{Code, details, reasons};
use crate::message::Message;
use crate::service::Given;
use crate::surface::envelope::Envelopes;
use crate::surface::{Encoding, Wire};
use crate::{Error, Result};

const STATUS: &str = "grpc-status";
const MESSAGE: &str = "grpc-message";
const DETAILS: &str = "grpc-status-details-bin";

const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const ACCEPTED: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// The request of a call, whose messages are compressed with `sent` where they are large enough.
///
/// # Errors
/// A message of 4 GiB or more.
pub(super) fn request<M: Message>(
    mut headers: HeaderMap,
    given: Given<M>,
    link: &Link,
    sent: Encoding,
) -> Result<Request<Body>> {
    let wire = Wire { sent, ..Wire::default() };
    let body = match given {
        Given::One(message) => wire.write(&message)?.into(),
        Given::Many(messages) => link.body(messages, Write::Enveloped(wire)),
    };
    if sent != Encoding::Identity {
        headers.insert(ENCODING, HeaderValue::from_static(sent.name()));
    }
    headers.insert(ACCEPTED, HeaderValue::from_static(Encoding::ACCEPTED));
    Ok(post(headers, body))
}

/// The request around a body in envelopes.
pub(super) fn post(mut headers: HeaderMap, body: Body) -> Request<Body> {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc+proto"));
    headers.insert(TE, HeaderValue::from_static("trailers"));
    headers.insert(USER_AGENT, HeaderValue::from_static(super::AGENT));
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.headers_mut() = headers;
    request
}

/// The reply's message of at most `limit` bytes, or the error that the answer stands for.
pub(super) fn message<M: Message>(
    answer: &mut Answer,
    operation: &'static str,
    limit: usize,
) -> Result<M> {
    let alone = answer.body.is_empty() && answer.trailers.is_empty();
    let Some(wire) = begun(&answer.head, alone)? else { return Err(no_message()) };
    if let Err(error) = ended(&answer.trailers) {
        return Err(error.with_headers(answered(std::mem::take(&mut answer.head.headers))));
    }
    let (flags, bytes) = single(std::mem::take(&mut answer.body), limit)?;
    read(wire, flags, bytes, operation, limit)
}

/// The one envelope of a unary reply.
fn single(body: Bytes, limit: usize) -> Result<(u8, Bytes)> {
    if body.is_empty() {
        return Err(no_message());
    }
    let mut envelopes = Envelopes::new(limit);
    envelopes.push(body);
    let Some(only) = envelopes.next().map_err(oversized)? else {
        return Err(broken("a message that is cut short"));
    };
    if envelopes.is_empty() { Ok(only) } else { Err(not_one("more than one message")) }
}

/// The message in an envelope.
pub(super) fn read<M: Message>(
    wire: Wire,
    flags: u8,
    bytes: Bytes,
    operation: &'static str,
    limit: usize,
) -> Result<M> {
    wire.open(flags, &bytes, &bytes, limit).map_err(|error| {
        let large = error.reason() == reasons::BODY_TOO_LARGE;
        if large { oversized(error) } else { unreadable(operation, &error) }
    })
}

/// How the messages are written that follow this head; `None` where none do: an answer that is a head alone has its status
/// among the headers. Where something follows, a status there means nothing.
pub(super) fn begun(head: &http::response::Parts, alone: bool) -> Result<Option<Wire>> {
    let headers = &head.headers;
    if alone && headers.contains_key(STATUS) {
        return status(headers).map_or(Ok(None), Err);
    }
    if !head.status.is_success() {
        return Err(not_grpc(head.status));
    }
    let kind = headers.get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap_or("?"));
    if !kind.starts_with("application/grpc") {
        return Err(unknown(format!("the answer is not gRPC but `{kind}`")));
    }
    let Some(name) = headers.get(ENCODING) else { return Ok(Some(Wire::default())) };
    match Encoding::named(name.as_bytes()) {
        Some(received) => Ok(Some(Wire { received, ..Wire::default() })),
        None => Err(broken(&format!("compressed with {name:?}, which was not asked for"))),
    }
}

/// Whether a call ended well, by its trailers.
pub(super) fn ended(trailers: &HeaderMap) -> Result<()> {
    if !trailers.contains_key(STATUS) {
        return Err(unknown("the answer ended without a status".to_owned()));
    }
    status(trailers).map_or(Ok(()), Err)
}

/// Whether a call ended well whose reply is read elsewhere. `body` is all of it.
#[cfg(feature = "telemetry")]
pub(crate) fn succeeded(
    head: &http::response::Parts,
    body: &[u8],
    trailers: &HeaderMap,
) -> Result<()> {
    let alone = body.is_empty() && trailers.is_empty();
    if begun(head, alone)?.is_some() { ended(trailers) } else { Ok(()) }
}

/// A message that is larger than what is read.
pub(super) fn oversized(error: Error) -> Error {
    // To this service's own callers it is no fault of theirs.
    Error::internal(reasons::BODY_TOO_LARGE, format!("of the answer, {}", error.message()))
        .with_grpc(Code::ResourceExhausted)
}

pub(super) fn broken(what: &str) -> Error {
    Error::internal(reasons::INTERNAL, format!("the answer is {what}"))
}

fn no_message() -> Error {
    not_one("a success without a message")
}

/// Another number of messages than the method has: the two sides do not mean the same method.
fn not_one(what: &str) -> Error {
    broken(what).with_grpc(Code::Unimplemented)
}

fn unknown(what: String) -> Error {
    Error::internal(reasons::INTERNAL, what).with_grpc(Code::Unknown)
}

/// The specification's table for answers without a gRPC status, `http-grpc-status-mapping`: such an answer comes from
/// something in between and says nothing of the method.
fn not_grpc(status: http::StatusCode) -> Error {
    let text = format!("the answer is not gRPC but HTTP {status}");
    let (code, reason) = match status.as_u16() {
        400 => (Code::Internal, reasons::INTERNAL),
        401 => (Code::Unauthenticated, ""),
        403 => (Code::PermissionDenied, ""),
        404 => (Code::Unimplemented, reasons::METHOD_NOT_FOUND),
        429 | 502..=504 => (Code::Unavailable, reasons::UNAVAILABLE),
        _ => return unknown(text),
    };
    Error::new(code.http(), reason, text)
}

/// The error in a status, or `None` for success.
fn status(trailers: &HeaderMap) -> Option<Error> {
    let bytes = |name| trailers.get(name).map(HeaderValue::as_bytes).unwrap_or_default();
    let code = std::str::from_utf8(bytes(STATUS))
        .ok()
        .and_then(|digits| digits.parse().ok())
        .map_or(Code::Unknown, Code::from_number);
    if code == Code::Ok {
        return None;
    }
    let message = percent_decode(bytes(MESSAGE)).decode_utf8_lossy().into_owned();
    let details = BASE64.decode(bytes(DETAILS)).unwrap_or_default();
    Some(details::decode(code, message, details.into(), answered(trailers.clone())))
}

#[cfg(test)]
#[path = "grpc_tests.rs"]
mod tests;
