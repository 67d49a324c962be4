//! Messages: what `#[message]` implements, and the codecs that use it.
//!
//! Nothing in here knows of HTTP, gRPC or calls. The rest of the kit uses the functions at the end of this file
//! ([`decode`], [`encode`], [`from_json`], [`to_json`], ...) and [`Types`]; generated code implements [`Message`].

mod fault;
mod types;

pub use fault::Fault;
pub use types::{EnumDesc, EnumValueDesc, FieldDesc, Kind, Label, MessageDesc, TypeRef, Types};

use bytes::Bytes;

/// How a field is written on the wire, beyond what its type says: the `F` of [`Field`].
pub mod format {
    use std::marker::PhantomData;

    /// As the type says: `int32`, `uint64`, `string`, ...
    pub struct Plain;
    /// `sint32`, `sint64`.
    pub struct Zigzag;
    /// `fixed32`, `sfixed64`, ...
    pub struct Fixed;
    /// A type made by prost that nobody registered; `N` gives its full protobuf name.
    pub struct Foreign<N>(PhantomData<N>);
}

/// One undecoded field value, as the wire format delivers it.
#[derive(Debug, Clone, Copy)]
pub enum Raw<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2.
    Len(&'a [u8]),
    /// Wire type 5.
    Fixed32(u32),
}

/// What decoding carries along: the buffer that `Bytes` fields share, and how much deeper messages may nest.
#[derive(Debug)]
pub struct WireCx<'a> {
    pub(crate) source: Option<&'a Bytes>,
    pub(crate) depth: u32,
}

/// How deep messages may nest, on the wire and in JSON.
pub const MAX_DEPTH: u32 = 100;

/// Which JSON is written. Both are read everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Dialect {
    /// Canonical ProtoJSON: camelCase names, 64-bit integers as strings, enums by name.
    #[default]
    Proto,
    /// Original names, 64-bit integers and enums as numbers: what every Kratos version reads. Our clients send it.
    Original,
}

/// What decoding JSON carries along: the path to the value at hand and how much deeper it may nest.
#[derive(Debug)]
pub struct JsonCx {
    pub(crate) path: Vec<String>,
    pub(crate) depth: u32,
}

/// A whole message: what `#[message]` implements for a struct or an enum with data.
///
/// Not meant to be written by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "expected a type with `#[message]`",
    note = "put `#[message]` above the definition of `{Self}`"
)]
pub trait Message: Sized + Send + Sync + 'static {
    /// The names of the fields as declared: a path variable of a route must be one of them.
    const FIELDS: &'static [&'static str];

    /// The message with nothing set, or `None` where a field has no such value (an enum with data outside an `Option`).
    fn initial() -> Option<Self>;

    /// The encoded size in bytes.
    fn size(&self) -> usize;

    /// Appends the encoded message.
    fn write(&self, out: &mut Vec<u8>);

    /// Decodes a whole message.
    ///
    /// # Errors
    /// A [`Fault`] that names the field.
    fn read(body: &[u8], cx: &mut WireCx<'_>) -> Result<Self, Fault>;

    /// Merges one field by its number; `false` where the message has no such field.
    ///
    /// # Errors
    /// A [`Fault`] that names the field.
    fn merge_field(
        &mut self,
        number: u32,
        raw: Raw<'_>,
        cx: &mut WireCx<'_>,
    ) -> Result<bool, Fault>;

    /// Writes the message as a JSON object.
    ///
    /// # Errors
    /// Those of the serializer.
    fn to_json<S: serde::Serializer>(&self, out: S, dialect: Dialect) -> Result<S::Ok, S::Error>;

    /// Reads the message from a JSON object.
    ///
    /// # Errors
    /// Those of the deserializer; the path to the mistake is in `cx`.
    fn from_json<'de, D: serde::Deserializer<'de>>(
        input: D,
        cx: &mut JsonCx,
    ) -> Result<Self, D::Error>;

    /// Writes one field alone, by its declared name, as JSON: for `response_body`.
    ///
    /// # Errors
    /// Those of the serializer, and an unknown name.
    fn field_to_json<S: serde::Serializer>(
        &self,
        field: &str,
        out: S,
        dialect: Dialect,
    ) -> Result<S::Ok, S::Error>;

    /// Reads one field alone, by its declared name, from JSON: for `body = "field"`.
    ///
    /// # Errors
    /// Those of the deserializer, and an unknown name.
    fn field_from_json<'de, D: serde::Deserializer<'de>>(
        &mut self,
        field: &str,
        input: D,
        cx: &mut JsonCx,
    ) -> Result<(), D::Error>;

    /// Sets the value at `path` (declared or JSON names; a map key is a segment) from text: for path variables, queries
    /// and forms. `Ok(false)` where there is no such field.
    ///
    /// # Errors
    /// A [`Fault`] that names the field.
    fn bind(&mut self, path: &[&str], value: &str) -> Result<bool, Fault>;

    /// Enters this type, and every type it reaches, into `types`.
    fn describe(types: &mut Types) -> TypeRef;
}
