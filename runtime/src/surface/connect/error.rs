//! An error as Connect writes it: `{"code", "message", "details"}`, the details those of gRPC.

use base64::Engine as _;
use http::HeaderMap;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::Error;
use crate::call::metadata::BASE64;
use crate::error::{Code, details, reasons};

/// The HTTP status and the code of an error. Connect's table has its own row for FAILED_PRECONDITION; what HTTP itself says
/// of a request keeps its status, with the code that a client would make of that alone.
pub(super) fn said(error: &Error) -> (u16, Code) {
    match error.reason() {
        reasons::ROUTE_NOT_FOUND => (404, Code::Unimplemented),
        _ if is_of_http(error) => (error.code(), Code::Unknown),
        _ => match error.grpc_code() {
            code @ Code::FailedPrecondition => (400, code),
            code => (code.http(), code),
        },
    }
}

/// Whether it is the request that is wrong and not the call: there is no such path, method or media type.
pub(super) fn is_of_http(error: &Error) -> bool {
    match error.reason() {
        reasons::ROUTE_NOT_FOUND | reasons::METHOD_NOT_ALLOWED => true,
        // An encoding that is not known is the call's.
        reasons::UNSUPPORTED_MEDIA_TYPE => error.grpc_code() != Code::Unimplemented,
        _ => false,
    }
}

/// The name of a code.
pub(crate) const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok | Code::Unknown => "unknown",
        Code::Cancelled => "canceled",
        Code::InvalidArgument => "invalid_argument",
        Code::DeadlineExceeded => "deadline_exceeded",
        Code::NotFound => "not_found",
        Code::AlreadyExists => "already_exists",
        Code::PermissionDenied => "permission_denied",
        Code::ResourceExhausted => "resource_exhausted",
        Code::FailedPrecondition => "failed_precondition",
        Code::Aborted => "aborted",
        Code::OutOfRange => "out_of_range",
        Code::Unimplemented => "unimplemented",
        Code::Internal => "internal",
        Code::Unavailable => "unavailable",
        Code::DataLoss => "data_loss",
        Code::Unauthenticated => "unauthenticated",
    }
}

/// An error alone.
pub(super) struct Json<'e>(pub(super) &'e Error);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let (message, details) = (self.0.public_message(), details::each(self.0));
        let mut map = out.serialize_map(None)?;
        map.serialize_entry("code", name(said(self.0).1))?;
        if !message.is_empty() {
            map.serialize_entry("message", message)?;
        }
        if !details.is_empty() {
            let details = details.iter().map(|detail| Detail {
                name: detail.type_url.rsplit('/').next().unwrap_or_default(),
                value: &detail.value,
            });
            map.serialize_entry("details", &details.collect::<Vec<_>>())?;
        }
        map.end()
    }
}

struct Detail<'a> {
    name: &'a str,
    value: &'a [u8],
}

impl Serialize for Detail<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(2))?;
        map.serialize_entry("type", self.name)?;
        map.serialize_entry("value", &BASE64.encode(self.value))?;
        map.end()
    }
}

/// The last message of a stream: how it ended, and the trailers.
pub(super) struct EndStream<'a> {
    pub(super) error: Option<&'a Error>,
    pub(super) trailers: Option<&'a HeaderMap>,
}

impl Serialize for EndStream<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        if let Some(error) = self.error {
            map.serialize_entry("error", &Json(error))?;
        }
        if let Some(trailers) = self.trailers.filter(|trailers| !trailers.is_empty()) {
            map.serialize_entry("metadata", &Metadata(trailers))?;
        }
        map.end()
    }
}

/// Names with all of their values.
struct Metadata<'a>(&'a HeaderMap);

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(self.0.keys().map(|name| {
            let values = self.0.get_all(name).iter();
            let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
            (name.as_str(), values.collect::<Vec<_>>())
        }))
    }
}
