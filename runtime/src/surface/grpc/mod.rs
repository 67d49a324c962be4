//! gRPC over HTTP/2, as <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md> has it.
//!
//! Translation only. There is no compression: a compressed message is answered with UNIMPLEMENTED and the encodings that
//! are read. A missing `te: trailers` is forgiven, as grpc-go forgives it.

mod frame;
mod reply;
mod timeout;

pub(crate) use frame::{Requests, append, read, write};
pub(crate) use reply::{add_trailers, error, error_trailers, ok_trailers, read_status, reply};
pub(crate) use timeout::{GRPC_TIMEOUT, connect_timeout, timeout};

use http::{HeaderName, HeaderValue, Method, Version};

use crate::Error;
use crate::call::Added;
use crate::error::{Code, reasons};

const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Whether a request is a gRPC call with protobuf messages. Any other `application/grpc…` is a media type that nothing
/// here reads, and is refused as such.
pub(crate) fn recognises(version: Version, content_type: Option<&HeaderValue>) -> bool {
    version == Version::HTTP_2 && content_type.is_some_and(|value| is_proto(value.as_bytes()))
}

fn is_proto(media: &[u8]) -> bool {
    let Some(rest) = media.strip_prefix(b"application/grpc") else { return false };
    let rest = rest.strip_prefix(b"+proto").unwrap_or(rest);
    rest.first().is_none_or(|next| matches!(next, b';' | b' '))
}

/// What is wrong with the head of a gRPC request, if anything.
pub(crate) fn refusal(method: &Method, encoding: Option<&HeaderValue>) -> Option<Error> {
    if method != Method::POST {
        return Some(Error::method_not_allowed());
    }
    let encoding = encoding?;
    (encoding != "identity")
        .then(|| unknown_encoding(&String::from_utf8_lossy(encoding.as_bytes())))
}

/// UNIMPLEMENTED, with the encodings that are read beside it.
fn unknown_encoding(name: &str) -> Error {
    let mut added = Added::default();
    added.headers.insert(GRPC_ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let text = format!("messages compressed with `{name}` are not read here");
    Error::new(415, reasons::UNSUPPORTED_MEDIA_TYPE, text)
        .with_grpc(Code::Unimplemented)
        .with_added(Box::new(added))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_protobuf_over_http2_is_grpc() {
        for (media, is) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("application/grpc;charset=utf-8", true),
            ("application/grpc+json", false),
            ("application/grpc-web", false),
            ("application/grpc-web+proto", false),
            ("application/json", false),
        ] {
            let media = HeaderValue::from_static(media);
            assert_eq!(recognises(Version::HTTP_2, Some(&media)), is, "{media:?}");
            assert!(!recognises(Version::HTTP_11, Some(&media)), "{media:?}");
        }
    }

    #[test]
    fn a_head_that_cannot_be_served_is_refused() {
        let identity = HeaderValue::from_static("identity");
        assert!(refusal(&Method::POST, Some(&identity)).is_none());
        assert!(refusal(&Method::POST, None).is_none());
        let error = refusal(&Method::POST, Some(&HeaderValue::from_static("gzip"))).unwrap();
        assert_eq!(error.grpc_code(), Code::Unimplemented);
        assert_eq!(error.added().unwrap().headers[GRPC_ACCEPT_ENCODING], "identity");
        assert_eq!(refusal(&Method::GET, Some(&identity)).unwrap().code(), 405);
    }
}
