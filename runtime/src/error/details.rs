//! An error as gRPC carries it: `google.rpc.Status` with one `google.rpc.ErrorInfo` and the error's own details, written
//! and read.
//!
//! Where the bytes stand (`grpc-status-details-bin`) is the surface's and the client's business.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::HeaderMap;
use prost::Message as _;

use super::{Code, Error, ForeignStatus};
use crate::message::Any;

/// Carries the code of an [`Error`] where the gRPC status alone would lose it.
pub(crate) const CODE_KEY: &str = "bident.code";

const ERROR_INFO: &str = "type.googleapis.com/google.rpc.ErrorInfo";

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.rpc.ErrorInfo`.
#[derive(Clone, PartialEq, prost::Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
    #[prost(btree_map = "string, string", tag = "3")]
    metadata: BTreeMap<String, String>,
}

/// The detail bytes of an error as callers may see it; empty where the status itself says everything.
pub(crate) fn encode(error: &Error) -> Bytes {
    if let Some(foreign) = error.foreign()
        && error.is_exposed()
        && !foreign.details.is_empty()
    {
        return foreign.details.clone();
    }
    let code = error.grpc_code();
    let mut metadata = BTreeMap::new();
    if code.http() != error.code() {
        metadata.insert(CODE_KEY.to_owned(), error.code().to_string());
    }
    metadata.extend(error.public_metadata().map(|(key, value)| (key.to_owned(), value.to_owned())));
    let mut details = Vec::new();
    let said = !(error.reason().is_empty() && error.domain().is_empty() && metadata.is_empty());
    if said && !error.is_bare() {
        let info = ErrorInfo {
            reason: error.reason().to_owned(),
            domain: error.domain().to_owned(),
            metadata,
        };
        let value = info.encode_to_vec().into();
        details.push(Any { type_url: ERROR_INFO.to_owned(), value });
    }
    details.extend_from_slice(error.public_details());
    if details.is_empty() {
        return Bytes::new();
    }
    let status = Status {
        code: i32::from(code.number()),
        message: error.header_message().to_owned(),
        details,
    };
    status.encode_to_vec().into()
}

/// The details of an error as callers may see them, one by one.
pub(crate) fn each(error: &Error) -> Vec<Any> {
    Status::decode(encode(error)).unwrap_or_default().details
}

/// The error that a gRPC status stands for. `details` may be empty or nonsense; `trailers` are the caller's own, without
/// the status itself.
///
/// What an [`Error`] has no field for stays with it, so that it can be passed on unchanged.
pub(crate) fn decode(code: Code, message: String, details: Bytes, trailers: HeaderMap) -> Error {
    let status = Status::decode(details.clone()).unwrap_or_default();
    let mut info = None;
    let mut others = Vec::with_capacity(status.details.len());
    for detail in status.details {
        match ErrorInfo::decode(detail.value.clone()) {
            Ok(read) if info.is_none() && detail.type_url == ERROR_INFO => info = Some(read),
            _ => others.push(detail),
        }
    }
    let carried = info.as_mut().and_then(|info| info.metadata.remove(CODE_KEY));
    let http = carried
        .and_then(|text| text.parse().ok())
        .filter(|http| (400..600).contains(http))
        .unwrap_or_else(|| code.http());
    // A status of one kind only is written again from what was read; of any other the bytes are kept as they are.
    let understood = details.is_empty() || (info.is_some() && others.is_empty());

    let info = info.unwrap_or_default();
    let mut error = Error::new(http, info.reason, message).with_domain(info.domain);
    for (key, value) in info.metadata {
        error = error.with(key, value);
    }
    for detail in others {
        error = error.with_detail(detail);
    }
    if error.grpc_code() != code {
        error = error.with_grpc(code);
    }
    if !understood || !trailers.is_empty() {
        let details = if understood { Bytes::new() } else { details };
        error = error.with_foreign(ForeignStatus { details, trailers, ..ForeignStatus::default() });
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(error: &Error) -> Error {
        let message = error.public_message().to_owned();
        decode(error.grpc_code(), message, encode(error), HeaderMap::new())
    }

    #[test]
    fn every_part_that_callers_see_survives() {
        for http in 400..600 {
            let sent = Error::new(http, "WHY", "text").with_domain("d.v1").with("id", 7).expose();
            let read = round_trip(&sent);
            assert_eq!((read.code(), read.grpc_code()), (http, sent.grpc_code()));
            assert_eq!((read.reason(), read.domain(), read.message()), ("WHY", "d.v1", "text"));
            assert_eq!(read.metadata(), sent.metadata());
            assert!(read.foreign().is_none());
        }
    }

    #[test]
    fn a_code_set_by_hand_survives_beside_the_http_code() {
        let sent = Error::new(400, "WHY", "text").with_grpc(Code::OutOfRange);
        let read = round_trip(&sent);
        assert_eq!((read.code(), read.grpc_code()), (400, Code::OutOfRange));
    }

    #[test]
    fn a_server_error_keeps_its_text_and_metadata_to_itself() {
        let read = round_trip(&Error::internal("WHY", "the password is 7").with("id", 7));
        assert_eq!((read.reason(), read.message()), ("WHY", "internal error"));
        assert!(read.metadata().is_empty());
    }

    #[test]
    fn metadata_is_capped() {
        let sent = Error::not_found("WHY", "text").with("a", "x".repeat(5000)).with("b", "y");
        let read = round_trip(&sent);
        assert_eq!(read.metadata().keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn a_foreign_status_is_kept_whole() {
        let other = Any {
            type_url: "type.googleapis.com/a.B".to_owned(),
            value: Bytes::from_static(&[1, 2]),
        };
        let info = ErrorInfo { reason: "WHY".to_owned(), ..ErrorInfo::default() };
        let info = Any { type_url: ERROR_INFO.to_owned(), value: info.encode_to_vec().into() };
        let details = vec![other.clone(), info];
        let status = Status { code: 9, message: "m".to_owned(), details };
        let bytes: Bytes = status.encode_to_vec().into();

        let mut trailers = HeaderMap::new();
        trailers.insert("x-kept", http::HeaderValue::from_static("yes"));
        let error = decode(Code::FailedPrecondition, "m".to_owned(), bytes.clone(), trailers);
        assert_eq!((error.code(), error.reason()), (412, "WHY"));
        assert_eq!(encode(&error), bytes);
        assert_eq!(error.details(), std::slice::from_ref(&other));
        assert_eq!(error.foreign().unwrap().trailers["x-kept"], "yes");

        let more = error.with_detail(&prost_types::Timestamp::default());
        let read = round_trip(&more);
        assert_eq!((read.reason(), read.details()), ("WHY", more.details()));
        assert_eq!(read.details()[1].type_name(), "google.protobuf.Timestamp");
    }

    #[test]
    fn details_are_seen_by_whom_the_message_is() {
        let time = prost_types::Timestamp { seconds: 7, nanos: 0 };
        let sent = Error::not_found("", "text").with_detail(&time);
        assert_eq!(round_trip(&sent).details(), sent.details());
        assert_eq!(round_trip(&sent).detail::<prost_types::Timestamp>().unwrap().seconds, 7);
        assert_eq!(round_trip(&sent).detail::<prost_types::Duration>(), None);
        let hidden = Error::internal("WHY", "text").with_detail(&time);
        assert!(round_trip(&hidden).details().is_empty());
        assert_eq!(round_trip(&hidden.expose()).details()[0].read().unwrap(), Some(time));
    }

    #[test]
    fn nonsense_is_an_error_without_a_reason() {
        for details in [&b"\xff\xff\xff"[..], b"\x1a\xff\xff\xff\xff\x0f", b""] {
            let details = Bytes::from_static(details);
            let error = decode(Code::NotFound, "m".to_owned(), details.clone(), HeaderMap::new());
            assert_eq!((error.code(), error.reason()), (404, ""));
            assert_eq!(encode(&error), details);
        }
    }
}
