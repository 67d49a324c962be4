//! From a reply or an error to the HTTP/2 response: one data frame and trailers, or trailers alone.

use std::fmt::Write as _;

use base64::Engine as _;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use crate::Error;
use crate::call::metadata::{BASE64, is_framing};
use crate::call::{Added, EncodedBody, Meta};
use crate::error::{Code, details};
use crate::surface::{Encoding, End, Format, Payload, Wire};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
pub(super) const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// The response to a call that ended well.
#[inline]
pub(crate) fn reply(wire: Wire, meta: Meta, body: EncodedBody) -> Response<Payload> {
    let sent = meta.encoding(wire.sent);
    let mut beside = meta.beside;
    let headers = beside.as_mut().map(|beside| std::mem::take(&mut beside.headers));
    let payload = match body {
        EncodedBody::Unary(frame) => Payload::Trailed(frame, beside),
        EncodedBody::Stream(stream) => Payload::Stream(stream, beside, End::Trailers),
        EncodedBody::Raw(status, body) => {
            return theirs(status, headers, Payload::Body(body, beside, End::Trailers));
        }
    };
    head(payload, headers, content_type(wire), sent)
}

/// Someone else's answer, which says itself how it went.
pub(crate) fn theirs(
    status: StatusCode,
    headers: Option<HeaderMap>,
    body: Payload,
) -> Response<Payload> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers.unwrap_or_default();
    response
}

/// The response around a payload, with the headers that the handler added and those of the protocol.
#[inline]
pub(crate) fn head(
    payload: Payload,
    headers: Option<HeaderMap>,
    content_type: HeaderValue,
    sent: Encoding,
) -> Response<Payload> {
    let mut response = Response::new(payload);
    if let Some(mut headers) = headers {
        unreserve(&mut headers);
        *response.headers_mut() = headers;
    }
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    if sent != Encoding::Identity {
        response.headers_mut().insert(GRPC_ENCODING, HeaderValue::from_static(sent.name()));
    }
    response
}

/// The media type of the request, which is the answer's too.
fn content_type(wire: Wire) -> HeaderValue {
    match wire.format {
        Format::Proto => GRPC,
        Format::Json => HeaderValue::from_static("application/grpc+json"),
    }
}

/// The trailers of a call that ended well.
pub(crate) fn ok_trailers(beside: Option<Box<Added>>) -> HeaderMap {
    let mut trailers = beside.map(|beside| beside.trailers).unwrap_or_default();
    unreserve(&mut trailers);
    trailers.insert(GRPC_STATUS, HeaderValue::from_static("0"));
    trailers
}

/// The response to a call that failed before anything was sent: trailers alone.
pub(crate) fn error(wire: Wire, error: &Error) -> Response<Payload> {
    let mut headers = error_trailers(error);
    if let Some(added) = error.added() {
        extend(&mut headers, &added.headers);
    }
    headers.insert(CONTENT_TYPE, content_type(wire));
    let mut response = Response::new(Payload::Empty);
    *response.headers_mut() = headers;
    response
}

/// The trailers of a call that failed.
pub(crate) fn error_trailers(error: &Error) -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(4);
    if let Some(added) = error.added() {
        extend(&mut trailers, &added.trailers);
    }
    if let Some(foreign) = error.foreign()
        && error.is_exposed()
    {
        extend(&mut trailers, &foreign.trailers);
    }
    trailers.insert(GRPC_STATUS, HeaderValue::from(u16::from(error.grpc_code().number())));
    if let Some(message) = percent_encoded(error.header_message()) {
        trailers.insert(GRPC_MESSAGE, message);
    }
    let details = details::encode(error);
    if !details.is_empty()
        && let Ok(value) = HeaderValue::try_from(BASE64.encode(details))
    {
        trailers.insert(GRPC_DETAILS, value);
    }
    trailers
}

/// Adds to the trailers of someone else's answer, which says itself how it went.
pub(crate) fn add_trailers(trailers: &mut HeaderMap, added: &Added) {
    extend(trailers, &added.trailers);
}

/// The status that headers or trailers carry, where they do.
pub(crate) fn read_status(headers: &HeaderMap) -> Option<Code> {
    let number = headers.get(GRPC_STATUS)?.to_str().ok()?.parse().ok()?;
    Some(Code::from_number(number))
}

fn extend(to: &mut HeaderMap, from: &HeaderMap) {
    for (name, value) in from {
        if !reserved(name) {
            to.append(name, value.clone());
        }
    }
}

/// What the protocol says itself is not the handler's to set.
fn unreserve(headers: &mut HeaderMap) {
    while let Some(name) = headers.keys().find(|name| reserved(name)).cloned() {
        headers.remove(name);
    }
}

fn reserved(name: &HeaderName) -> bool {
    name == CONTENT_TYPE
        || is_framing(name)
        || [GRPC_STATUS, GRPC_MESSAGE, GRPC_DETAILS, GRPC_ENCODING].contains(name)
}

/// `grpc-message`: UTF-8, with everything but printable ASCII, and the percent sign, as `%XX`.
fn percent_encoded(text: &str) -> Option<HeaderValue> {
    if text.is_empty() {
        return None;
    }
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'%';
    if text.bytes().all(plain) {
        return HeaderValue::from_bytes(text.as_bytes()).ok();
    }
    let mut encoded = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if plain(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    HeaderValue::from_maybe_shared(Bytes::from(encoded)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_percent_encoded() {
        assert_eq!(percent_encoded("user 7 not found").unwrap(), "user 7 not found");
        assert_eq!(percent_encoded("100% é\n").unwrap(), "100%25 %C3%A9%0A");
        assert_eq!(percent_encoded(""), None);
    }

    #[test]
    fn an_error_is_trailers_alone_with_its_details() {
        let error = Error::not_found("USER_NOT_FOUND", "no user 7").with("id", 7);
        let response = super::error(Wire::default(), &error);
        let headers = response.headers();
        assert!(matches!(response.body(), Payload::Empty));
        assert_eq!(headers[CONTENT_TYPE], "application/grpc");
        assert_eq!(headers[GRPC_STATUS], "5");
        assert_eq!(headers[GRPC_MESSAGE], "no user 7");
        let details = BASE64.decode(&headers[GRPC_DETAILS]).unwrap();
        let code = Code::NotFound;
        let read = details::decode(code, "no user 7".into(), details.into(), HeaderMap::new());
        assert_eq!((read.reason(), &read.metadata()["id"]), ("USER_NOT_FOUND", &"7".to_owned()));
    }

    #[test]
    fn a_handler_cannot_set_what_the_protocol_says() {
        let mut meta = Meta::default();
        let beside = meta.beside();
        beside.trailers.insert(GRPC_STATUS, HeaderValue::from_static("13"));
        beside.trailers.insert("x-kept", HeaderValue::from_static("yes"));
        beside.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        let response =
            reply(Wire::default(), meta, EncodedBody::Unary(Bytes::from_static(&[0; 5])));
        assert_eq!(response.headers()[CONTENT_TYPE], "application/grpc");
        let Payload::Trailed(_, beside) = response.into_body() else { panic!("not one frame") };
        let trailers = ok_trailers(beside);
        assert_eq!((&trailers[GRPC_STATUS], trailers.len()), (&HeaderValue::from_static("0"), 2));
        assert_eq!(trailers["x-kept"], "yes");
    }
}
