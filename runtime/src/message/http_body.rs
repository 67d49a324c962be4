//! Bytes of any type, as HTTP carries them.

use bytes::Bytes;

/// The full name of [`HttpBody`], and of its likes from other libraries.
pub(crate) const HTTP_BODY: &str = "google.api.HttpBody";

/// Bytes with a content type: `google.api.HttpBody`.
///
/// On a declared route (`get = "/files/{id}"`) a reply of this type, or the field that is the `response_body`, is sent as it
/// is under its own content type; a request of it, or the field that is the `body`, takes the bytes of a request of any
/// content type. A stream of them is one download or one upload in pieces. Elsewhere, over gRPC and on the RPC path, it is a message
/// like any other.
#[bident::message(package = "google.api")]
pub struct HttpBody {
    /// `text/csv`; `application/octet-stream` where it is empty. Of a stream the first one counts.
    pub content_type: String,
    /// The bytes.
    pub data: Bytes,
    /// What the application puts beside them. HTTP does not carry it.
    pub extensions: Vec<prost_types::Any>,
}

impl HttpBody {
    /// Bytes of this content type.
    pub fn new(content_type: impl Into<String>, data: impl Into<Bytes>) -> Self {
        Self { content_type: content_type.into(), data: data.into(), extensions: Vec::new() }
    }
}
