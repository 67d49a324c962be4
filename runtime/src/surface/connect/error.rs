//! An error as Connect writes it: `{"code", "message", "details"}`, with the details of gRPC.

use base64::Engine as _;
use http::HeaderMap;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::call::metadata::BASE64;
use crate::error::{Code, details};
use crate::Error;

/// The HTTP status of a unary call that failed: Connect's table, which is by gRPC codes and differs from ours in three rows.
pub(super) const fn status(code: Code) -> u16 {
    match code {
        Code::ResourceExhausted => 429,
        Code::FailedPrecondition => 400,
        code => code.http(),
    }
}

/// An error's JSON.
pub(super) struct Json<'e>(pub(super) &'e Error);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let details = details::each(self.0);
        let message = self.0.public_message();
        let mut map = out.serialize_map(None)?;
        map.serialize_entry("code", &self.0.grpc_code().name().to_ascii_lowercase().replace("cancelled", "canceled"))?;
        if !message.is_empty() {
            map.serialize_entry("message", message)?;
        }
        if !details.is_empty() {
            map.serialize_entry("details", &Details(&details))?;
        }
        map.end()
    }
}

struct Details<'a>(&'a [prost_types::Any]);

impl Serialize for Details<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.0.iter().map(Detail))
    }
}

struct Detail<'a>(&'a prost_types::Any);

impl Serialize for Detail<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let name = self.0.type_url.rsplit('/').next().unwrap_or_default();
        let mut map = out.serialize_map(Some(2))?;
        map.serialize_entry("type", name)?;
        map.serialize_entry("value", &BASE64.encode(&self.0.value))?;
        map.end()
    }
}

/// The last message of a stream: how it ended, and the trailers.
pub(super) struct EndStream<'a> {
    pub(super) error: Option<&'a Error>,
    pub(super) trailers: &'a HeaderMap,
}

impl Serialize for EndStream<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        if let Some(error) = self.error {
            map.serialize_entry("error", &Json(error))?;
        }
        if !self.trailers.is_empty() {
            map.serialize_entry("metadata", &Metadata(self.trailers))?;
        }
        map.end()
    }
}

/// Names with all of their values.
struct Metadata<'a>(&'a HeaderMap);

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let values = |name| -> Vec<_> {
            self.0.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect()
        };
        out.collect_map(self.0.keys().map(|name| (name.as_str(), values(name))))
    }
}
