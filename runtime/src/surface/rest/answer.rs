//! From a reply or an error to the HTTP response.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, UPGRADE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::flow::Flow;
use super::media::{Answer, Format, Input};
use crate::Error;
use crate::call::{Added, Body, EncodedBody, Meta, metadata};
use crate::surface::{End, Payload};

impl Answer {
    /// The response to a call that ended well.
    #[inline(always)]
    pub(crate) fn reply(self, meta: Meta, body: EncodedBody) -> Response<Payload> {
        match body {
            EncodedBody::Unary(bytes) if self.flow == Flow::One => self.whole(meta, bytes),
            EncodedBody::Unary(bytes) => self.begun(meta, Payload::full(bytes)),
            EncodedBody::Raw(status, body) => self.raw(status, meta, body),
            EncodedBody::Stream(frames) => self.many(meta, frames),
        }
    }

    /// Someone's own response.
    fn raw(self, status: StatusCode, meta: Meta, body: Box<Body>) -> Response<Payload> {
        let mut payload = Payload::Body(body, None, End::Abrupt);
        let mut headers = beside(meta.beside);
        if self.head {
            // The body of an answer to HEAD is never asked for: its length is all there is to send.
            let length = payload.length().filter(|length| *length > 0);
            payload = Payload::Empty;
            if let Some(length) = length {
                headers.entry(CONTENT_LENGTH).or_insert(length.into());
            }
        }
        let mut response = Response::new(payload);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    /// One message. `meta` is moved, never copied.
    ///
    /// The trailers of a unary reply are sent as headers whose names start with `trailer-`, as Connect does it: many HTTP
    /// clients cannot read trailers.
    #[inline]
    pub(super) fn whole(self, meta: Meta, body: Bytes) -> Response<Payload> {
        let status = meta.status.unwrap_or(StatusCode::OK);
        let bare = status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED;
        let length = body.len();
        let silent = bare || self.head;
        let mut response = Response::new(if silent { Payload::Empty } else { Payload::full(body) });
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if let Some(beside) = meta.beside {
            *headers = beside.headers;
            metadata::unframe(headers);
            add_trailers(headers, &beside.trailers);
        }
        if bare {
            return response;
        }
        if headers.is_empty() {
            headers.insert(CONTENT_TYPE, self.format.content_type());
        } else {
            headers.entry(CONTENT_TYPE).or_insert(self.format.content_type());
        }
        if self.format != Format::Json {
            vary(headers);
        }
        if self.head {
            headers.insert(CONTENT_LENGTH, length.into());
        }
        response
    }

    /// The response to a call that failed. Errors are JSON whatever format the caller prefers for messages: there is no
    /// schema of an error that a caller of `application/proto` could be counted on to have.
    pub(crate) fn error(self, error: &Error) -> Response<Bytes> {
        let (body, content_type) = if self.problem {
            (
                serde_json::to_vec(&Problem(error)).unwrap_or_default(),
                HeaderValue::from_static("application/problem+json"),
            )
        } else {
            let format = if self.format == Format::Proto { Format::Json } else { self.format };
            let content_type = match self.input {
                // Who sends what is not read here may speak another protocol, and take plain JSON for an error of that one:
                // Connect's clients do. A parameter tells the two apart, and means nothing to anybody else.
                Input::Grpc | Input::Unknown => {
                    HeaderValue::from_static("application/json; charset=utf-8")
                }
                _ => format.content_type(),
            };
            (error_json(error), content_type)
        };
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status(error);
        if let Some(added) = error.added() {
            let headers = response.headers_mut();
            *headers = added.headers.clone();
            let upgrade = headers.remove(UPGRADE).filter(|_| error.code() == 426);
            metadata::unframe(headers);
            // A 426 has to name what it asks for.
            if let Some(upgrade) = upgrade {
                headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
                headers.insert(UPGRADE, upgrade);
            }
            add_trailers(headers, &added.trailers);
        }
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        if self.problem {
            vary(response.headers_mut());
        }
        if self.head {
            trim(&mut response);
        }
        response
    }
}

/// An error as it stands in a stream of messages, where nobody can ask for another form.
pub(crate) fn error_json(error: &Error) -> Vec<u8> {
    // Text and numbers always have a JSON form.
    serde_json::to_vec(&Plain(error)).unwrap_or_default()
}

/// Keeps a cache from giving a form that its caller asked for to one that did not. The usual form has no need of it: every
/// caller is given that where nothing better is there.
#[cold]
pub(super) fn vary(headers: &mut HeaderMap) {
    headers.append(VARY, HeaderValue::from_static("accept"));
}

/// What goes beside a response of the user's own, all of it in headers.
fn beside(added: Option<Box<Added>>) -> HeaderMap {
    let Some(Added { mut headers, trailers }) = added.map(|added| *added) else {
        return HeaderMap::new();
    };
    add_trailers(&mut headers, &trailers);
    headers
}

/// Trailers as headers, under names of their own.
pub(crate) fn add_trailers(headers: &mut HeaderMap, trailers: &HeaderMap) {
    for (name, value) in trailers {
        if let Ok(name) = HeaderName::try_from(format!("trailer-{name}")) {
            headers.append(name, value.clone());
        }
    }
}

/// Takes the body off the answer to a HEAD request and leaves its length.
fn trim(response: &mut Response<Bytes>) {
    let length = std::mem::take(response.body_mut()).len();
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
}

fn status(error: &Error) -> StatusCode {
    StatusCode::from_u16(error.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// `{"code","reason","message","metadata"}`, always all four.
struct Plain<'e>(&'e Error);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(4))?;
        map.serialize_entry("code", &self.0.code())?;
        map.serialize_entry("reason", self.0.reason())?;
        map.serialize_entry("message", self.0.public_message())?;
        map.serialize_entry("metadata", &Metadata(self.0))?;
        map.end()
    }
}

/// RFC 9457 problem details: no type of its own, so the title is the status's.
struct Problem<'e>(&'e Error);

impl Serialize for Problem<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let title = status(self.0).canonical_reason().unwrap_or("Client Closed Request");
        let mut map = out.serialize_map(Some(6))?;
        map.serialize_entry("type", "about:blank")?;
        map.serialize_entry("title", title)?;
        map.serialize_entry("status", &self.0.code())?;
        map.serialize_entry("detail", self.0.public_message())?;
        map.serialize_entry("reason", self.0.reason())?;
        map.serialize_entry("metadata", &Metadata(self.0))?;
        map.end()
    }
}

struct Metadata<'e>(&'e Error);

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(self.0.public_metadata())
    }
}
