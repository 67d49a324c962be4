//! A unary call over gRPC: the request as the specification's `PROTOCOL-HTTP2` page writes it, and its answer read back.

use base64::Engine as _;
use bytes::{Buf as _, Bytes};
use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Version};
use percent_encoding::percent_decode;

use super::flow::answered;
use super::transport::Answer;
use crate::call::Body;
use crate::call::metadata::BASE64;
use crate::error::{Code, details, reasons};
use crate::{Error, Result};

const STATUS: &str = "grpc-status";
const MESSAGE: &str = "grpc-message";
const DETAILS: &str = "grpc-status-details-bin";

/// The prefix of a message: a flag and four bytes of length.
const PREFIX: usize = 5;

/// The request of a call; the messages of `body` have their prefixes already.
pub(super) fn request(mut headers: HeaderMap, body: impl Into<Body>) -> Request<Body> {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc+proto"));
    headers.insert(TE, HeaderValue::from_static("trailers"));
    headers.insert(USER_AGENT, HeaderValue::from_static(super::AGENT));
    let mut request = Request::new(body.into());
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.headers_mut() = headers;
    request
}

/// The reply's message, without its prefix, or the error that the answer stands for.
pub(super) fn message(answer: &mut Answer) -> Result<Bytes> {
    let alone = answer.body.is_empty() && answer.trailers.is_empty();
    if !begun(&answer.head, alone)? {
        return Err(not_one("a success without a message"));
    }
    if let Err(error) = ended(&answer.trailers) {
        return Err(error.with_headers(answered(std::mem::take(&mut answer.head.headers))));
    }
    unframe(std::mem::take(&mut answer.body))
}

/// Whether messages may follow this head: an answer that is a head alone has its status among the headers. Where something
/// follows, a status there means nothing.
pub(super) fn begun(head: &http::response::Parts, alone: bool) -> Result<bool> {
    let headers = &head.headers;
    if alone && headers.contains_key(STATUS) {
        return status(headers).map_or(Ok(false), Err);
    }
    if !head.status.is_success() {
        return Err(not_grpc(head.status));
    }
    let kind = headers.get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap_or("?"));
    if !kind.starts_with("application/grpc") {
        return Err(unknown(format!("the answer is not gRPC but `{kind}`")));
    }
    Ok(true)
}

/// Whether a call ended well, by its trailers.
pub(super) fn ended(trailers: &HeaderMap) -> Result<()> {
    if !trailers.contains_key(STATUS) {
        return Err(unknown("the answer ended without a status".to_owned()));
    }
    status(trailers).map_or(Ok(()), Err)
}

/// The one message of a unary reply.
fn unframe(mut body: Bytes) -> Result<Bytes> {
    if body.is_empty() {
        return Err(not_one("a success without a message"));
    }
    if body.len() < PREFIX {
        return Err(broken("a message that is cut short"));
    }
    let flag = body.get_u8();
    let size = body.get_u32();
    check_flags(flag)?;
    match body.len().cmp(&(size as usize)) {
        std::cmp::Ordering::Less => Err(broken("a message that is cut short")),
        std::cmp::Ordering::Greater => Err(not_one("more than one message")),
        std::cmp::Ordering::Equal => Ok(body),
    }
}

/// A message that is larger than what is read.
pub(super) fn oversized(error: Error) -> Error {
    // To this service's own callers it is no fault of theirs.
    Error::internal(reasons::BODY_TOO_LARGE, format!("of the answer, {}", error.message()))
        .with_grpc(Code::ResourceExhausted)
}

/// Nothing but plain messages is asked for.
pub(super) fn check_flags(flags: u8) -> Result<()> {
    if flags == 0 { Ok(()) } else { Err(broken("a compressed message, which was not asked for")) }
}

pub(super) fn broken(what: &str) -> Error {
    Error::internal(reasons::INTERNAL, format!("the answer is {what}"))
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
mod tests {
    use super::*;
    use http::StatusCode;

    fn answer(headers: &[(&str, &str)], body: &[u8], trailers: &[(&str, &str)]) -> Answer {
        let map = |pairs: &[(&str, &str)]| {
            let mut map = HeaderMap::new();
            for (name, value) in pairs {
                let name: http::HeaderName = name.parse().unwrap();
                map.append(name, value.parse().unwrap());
            }
            map
        };
        let (mut head, ()) = http::Response::new(()).into_parts();
        head.headers = map(headers);
        Answer { head, body: Bytes::copy_from_slice(body), trailers: map(trailers) }
    }

    const GRPC: &[(&str, &str)] = &[("content-type", "application/grpc")];
    const OK: &[(&str, &str)] = &[("grpc-status", "0")];

    #[test]
    fn one_whole_message_is_taken() {
        let taken = message(&mut answer(GRPC, b"\0\0\0\0\x02hi", OK)).unwrap();
        assert_eq!(taken, "hi");
    }

    #[test]
    fn anything_but_one_whole_message_is_an_error() {
        let (not_one, broken) = (Code::Unimplemented, Code::Internal);
        for (body, code, part) in [
            (&b""[..], not_one, "without a message"),
            (b"\0\0\0", broken, "cut short"),
            (b"\0\0\0\0\x02h", broken, "cut short"),
            (b"\0\xff\xff\xff\xffh", broken, "cut short"),
            (b"\0\0\0\0\x01h\0\0\0\0\0", not_one, "more than one"),
            (b"\x01\0\0\0\x01h", broken, "compressed"),
        ] {
            let error = message(&mut answer(GRPC, body, OK)).unwrap_err();
            assert_eq!((error.code(), error.grpc_code()), (500, code));
            assert!(error.message().contains(part), "{error}");
        }
    }

    #[test]
    fn a_status_among_the_headers_counts_where_they_are_all() {
        let headers = [GRPC[0], ("grpc-status", "9")];
        let error = message(&mut answer(&headers, b"", &[("grpc-status", "8")])).unwrap_err();
        assert_eq!(error.grpc_code(), Code::ResourceExhausted);
        let error = message(&mut answer(&headers, b"\0\0\0\0\0", &[])).unwrap_err();
        assert_eq!(error.grpc_code(), Code::Unknown);
    }

    #[test]
    fn a_status_stands_in_trailers_or_among_the_headers() {
        let trailers =
            [("grpc-status", "5"), ("grpc-message", "no%20user%20%E2%82%AC 7")].as_slice();
        let only = [("content-type", "application/grpc"), trailers[0], trailers[1]];
        for mut answer in [answer(GRPC, b"", trailers), answer(&only, b"", &[])] {
            let error = message(&mut answer).unwrap_err();
            assert_eq!((error.code(), error.grpc_code()), (404, Code::NotFound));
            assert_eq!(error.message(), "no user € 7");
            assert!(error.foreign().is_none(), "nothing but the status was there");
        }
    }

    #[test]
    fn what_came_beside_an_error_is_told() {
        let headers = [GRPC[0], ("x-first", "a"), ("x-first", "b")];
        let trailers = [("grpc-status", "5"), ("x-last", "c")];
        let error = message(&mut answer(&headers, b"", &trailers)).unwrap_err();
        assert_eq!(error.headers().get_all("x-first").iter().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((error.headers().len(), error.trailers().len()), (2, 1));
        assert_eq!(error.trailers()["x-last"], "c");
    }

    #[test]
    fn a_status_nobody_can_read_is_unknown() {
        for status in ["99", "many", ""] {
            let error = message(&mut answer(GRPC, b"", &[("grpc-status", status)])).unwrap_err();
            assert_eq!(error.grpc_code(), Code::Unknown);
        }
        let error = message(&mut answer(GRPC, b"\0\0\0\0\0", &[])).unwrap_err();
        assert_eq!(error.grpc_code(), Code::Unknown);
        assert!(error.message().contains("without a status"));
    }

    #[test]
    fn an_answer_that_is_not_grpc_is_sorted_by_its_http_status() {
        for (status, code) in [
            (400, Code::Internal),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (429, Code::Unavailable),
            (502, Code::Unavailable),
            (503, Code::Unavailable),
            (504, Code::Unavailable),
            (500, Code::Unknown),
            (302, Code::Unknown),
        ] {
            let mut answer = answer(&[("content-type", "text/html")], b"", &[]);
            answer.head.status = StatusCode::from_u16(status).unwrap();
            assert_eq!(message(&mut answer).unwrap_err().grpc_code(), code, "{status}");
        }
        let mut page = answer(&[("content-type", "text/html")], b"<html>", &[]);
        let error = message(&mut page).unwrap_err();
        assert!(error.message().contains("text/html"));
    }
}
