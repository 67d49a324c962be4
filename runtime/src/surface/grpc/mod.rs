//! gRPC over HTTP/2, as <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md> has it.
//!
//! Translation only. A reply is compressed as its request was, unless its handler says otherwise, so that who never asks for it never pays for it. A missing `te: trailers` is forgiven, as grpc-go forgives it.

mod reply;
mod timeout;

pub(crate) use reply::{
    add_trailers, error, error_trailers, head, ok_trailers, read_status, reply, theirs,
};
pub(crate) use timeout::{GRPC_TIMEOUT, connect_timeout, timeout};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};

use crate::call::Added;
use crate::error::{Code, reasons};
use crate::surface::{Encoding, Format, Wire, after};
use crate::{Error, Result};

const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// What a request is compressed with, and what may be sent back.
pub(crate) const ENCODINGS: [HeaderName; 2] = [reply::GRPC_ENCODING, GRPC_ACCEPT_ENCODING];

/// How the messages of a request are written, where it is a gRPC call. Any other `application/grpc…` is a media type that
/// nothing here reads, and is refused as such.
pub(crate) fn recognise(version: Version, content_type: Option<&HeaderValue>) -> Option<Wire> {
    if version != Version::HTTP_2 {
        return None;
    }
    let rest = content_type?.as_bytes().strip_prefix(b"application/grpc")?;
    match format(rest) {
        Some(format) => Some(Wire { format, ..Wire::default() }),
        None => rest.starts_with(b"+").then(|| Wire { alien: true, ..Wire::default() }),
    }
}

/// Whether a body is of gRPC's messages, in a format that is known.
pub(crate) fn is_media(media: &[u8]) -> bool {
    after(media, b"application/grpc").is_some_and(|rest| format(rest).is_some())
}

/// What to do for who calls with gRPC and has no HTTP/2.
pub(crate) fn needs_http2() -> Error {
    Error::unsupported_media_type(
        "gRPC needs HTTP/2, and this request came over HTTP/1.1: gRPC-Web (application/grpc-web+proto) and Connect \
         (application/proto for one message, application/connect+proto for a stream) are read over either",
    )
}

/// UNIMPLEMENTED, where the messages are in a format that is not known here.
pub(crate) fn unknown_format() -> Error {
    Error::unsupported_media_type("messages are read as application/grpc+proto and +json")
        .with_grpc(Code::Unimplemented)
}

/// What stands behind the name of a protocol in its media type.
pub(crate) fn format(rest: &[u8]) -> Option<Format> {
    let (format, rest) = match rest.strip_prefix(b"+json") {
        Some(rest) => (Format::Json, rest),
        None => (Format::Proto, rest.strip_prefix(b"+proto").unwrap_or(rest)),
    };
    rest.first().is_none_or(|next| matches!(next, b';' | b' ')).then_some(format)
}

/// What is wrong with the head of a gRPC request, if anything.
pub(crate) fn refusal(method: &Method) -> Option<Error> {
    // The code that others give here: it is no mistake in the message.
    (method != Method::POST).then(|| Error::method_not_allowed().with_grpc(Code::Unimplemented))
}

/// What the messages of both directions are compressed with: replies as the requests are, if the caller reads that.
///
/// # Errors
/// UNIMPLEMENTED for an encoding that is not known here, with those that are.
pub(crate) fn encodings(encoding: &HeaderValue, headers: &HeaderMap) -> Result<[Encoding; 2]> {
    let Some(received) = Encoding::named(encoding.as_bytes()) else {
        return Err(unknown_encoding(encoding.as_bytes(), GRPC_ACCEPT_ENCODING));
    };
    let mut accepted = headers.get_all(GRPC_ACCEPT_ENCODING).iter();
    let mirrored = accepted.any(|list| received.is_in(list.as_bytes()));
    Ok([received, if mirrored { received } else { Encoding::Identity }])
}

/// UNIMPLEMENTED, with the encodings that are read in the header `accepts`.
pub(crate) fn unknown_encoding(name: &[u8], accepts: HeaderName) -> Error {
    let mut added = Added::default();
    added.headers.insert(accepts, HeaderValue::from_static(Encoding::ACCEPTED));
    let text = format!(
        "messages compressed with `{}` are not read here, but with {}",
        String::from_utf8_lossy(name),
        Encoding::ACCEPTED
    );
    Error::new(415, reasons::UNSUPPORTED_MEDIA_TYPE, text)
        .with_grpc(Code::Unimplemented)
        .with_added(Box::new(added))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protobuf_and_json_over_http2_are_grpc() {
        for (media, is) in [
            ("application/grpc", Some(Format::Proto)),
            ("application/grpc+proto", Some(Format::Proto)),
            ("application/grpc;charset=utf-8", Some(Format::Proto)),
            ("application/grpc+json", Some(Format::Json)),
            ("application/grpc-web", None),
            ("application/grpc-web+proto", None),
            ("application/json", None),
        ] {
            let media = HeaderValue::from_static(media);
            let wire = recognise(Version::HTTP_2, Some(&media));
            assert_eq!(wire.map(|wire| wire.format), is, "{media:?}");
            assert!(wire.is_none_or(|wire| !wire.alien));
            assert_eq!(recognise(Version::HTTP_11, Some(&media)), None, "{media:?}");
        }
    }

    #[test]
    fn another_format_is_refused_in_grpcs_own_words() {
        for media in ["application/grpc+jsonp", "application/grpc+thrift"] {
            let media = HeaderValue::from_static(media);
            assert!(recognise(Version::HTTP_2, Some(&media)).unwrap().alien);
        }
        assert_eq!(unknown_format().grpc_code(), Code::Unimplemented);
    }

    #[test]
    fn replies_are_compressed_as_requests_are() {
        let gzip = HeaderValue::from_static("gzip");
        let mut headers = HeaderMap::new();
        let plain = encodings(&gzip, &headers).unwrap();
        assert_eq!(plain, [Encoding::Gzip, Encoding::Identity]);
        headers.insert(GRPC_ACCEPT_ENCODING, HeaderValue::from_static("identity,gzip"));
        assert_eq!(encodings(&gzip, &headers).unwrap(), [Encoding::Gzip, Encoding::Gzip]);
        let error = encodings(&HeaderValue::from_static("snappy"), &headers).unwrap_err();
        assert_eq!(error.grpc_code(), Code::Unimplemented);
        assert_eq!(error.added().unwrap().headers[GRPC_ACCEPT_ENCODING], Encoding::ACCEPTED);
    }

    #[test]
    fn anything_but_a_post_is_refused() {
        assert!(refusal(&Method::POST).is_none());
        assert_eq!(refusal(&Method::GET).unwrap().code(), 405);
    }
}
