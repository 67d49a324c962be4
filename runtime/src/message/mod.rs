//! Messages: what `#[message]` implements, and the codecs that use it.
//!
//! Nothing in here knows of HTTP, gRPC or calls. The rest of the kit uses the functions of `codec`
//! ([`decode`], [`encode`], [`from_json`], [`to_json`], ...) and [`Types`]; generated code implements [`Message`].

mod any;
mod any_json;
mod bridge;
mod budget;
mod bytes;
mod case;
mod codec;
mod empty;
mod enumeration;
mod fault;
mod features;
mod field;
mod foreign;
mod form_part;
pub mod format;
mod generated;
mod http_body;
mod json;
mod list;
mod map;
mod nested;
mod number;
mod oneof;
mod oneof_field;
mod option;
mod registry;
mod shown;
mod single;
mod text;
mod time;
mod time_text;
mod traced;
mod types;
mod value;
mod well_known;
mod wire;

pub use any::Any;
pub use codec::{
    append_framed, decode, decode_part, decode_slice, encode, encode_framed, field_from_json,
    field_from_wire, field_to_json, field_to_wire, from_json, to_json, to_json_bytes,
};
pub use fault::Fault;
pub use field::{Field, Member};
pub use foreign::Prost;
pub(crate) use form_part::FORM_PART;
pub use form_part::FormPart;
pub(crate) use http_body::HTTP_BODY;
pub use http_body::HttpBody;
pub use json::JsonCx;
#[doc(hidden)]
pub use traced::{Attribute, Attributes};
pub use traced::{Traced, TracedItem};
pub use types::{EnumDesc, EnumValueDesc, FieldDesc, Kind, Label, MessageDesc, TypeRef, Types};
pub use value::{Initial, MapKey, Owned, Single, Value};
pub use wire::{MAX_DEPTH, Raw, WireCx, WireType};

pub(crate) use registry::enter as enter_known;
pub(crate) use shown::shown;

/// What generated code calls; `__private` hands it on.
#[doc(hidden)]
pub mod private {
    pub use super::bridge::{
        clear, encode_raw, merge_field as merge_prost, merge_input as merge_prost_input,
        merge_one as foreign_merge_field, read as foreign_read, size as foreign_size,
        write as foreign_write,
    };
    pub use super::enumeration::Enumeration;
    pub use super::foreign::deserialize as foreign_from_json;
    pub use super::generated::*;
    pub use super::json::Slots;
    pub use super::oneof::Oneof;
    pub use super::oneof_field::OneofField;

    /// The parts of prost that generated impls name.
    pub mod prost {
        pub use crate::message::bridge::{
            Buf, BufMut, DecodeContext, DecodeError, Message, WireType,
        };
    }

    pub mod enumeration {
        pub use crate::message::enumeration::*;
    }

    pub mod oneof {
        pub use crate::message::oneof::*;
        pub use crate::message::oneof_field::*;
    }
}

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

    /// Whether [`trace_fields`](Self::trace_fields) may have anything to put on a span.
    #[doc(hidden)]
    const TRACED: bool = false;

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

    /// Decodes a whole message; `None` for an enum with data of which nothing is set.
    ///
    /// # Errors
    /// A [`Fault`] that names the field.
    fn read_set(body: &[u8], cx: &mut WireCx<'_>) -> Result<Option<Self>, Fault> {
        Self::read(body, cx).map(Some)
    }

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

    /// Writes the message as JSON: an object, except for the well-known types.
    ///
    /// # Errors
    /// Those of the serializer.
    fn to_json<S: serde::Serializer>(&self, out: S, dialect: Dialect) -> Result<S::Ok, S::Error>;

    /// Reads the message from JSON of either dialect.
    ///
    /// # Errors
    /// Those of the deserializer; the path to the mistake is in `cx`.
    fn from_json<'de, D: serde::Deserializer<'de>>(
        input: D,
        cx: &mut JsonCx,
    ) -> Result<Self, D::Error>;

    /// As [`from_json`](Self::from_json); `None` for an enum with data of which nothing is set.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json).
    fn from_json_set<'de, D: serde::Deserializer<'de>>(
        input: D,
        cx: &mut JsonCx,
    ) -> Result<Option<Self>, D::Error> {
        Self::from_json(input, cx).map(Some)
    }

    /// What JSON's `null` stands for, where it is a value and not the absence of one.
    fn from_null() -> Option<Self> {
        None
    }

    /// The number of a field, by its declared name.
    fn field_number(field: &str) -> Option<u32>;

    /// Appends one field alone, with its tag.
    fn write_field(&self, number: u32, out: &mut Vec<u8>);

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

    /// A new message with the value at `path` set from text; `None` where there is no such field.
    ///
    /// # Errors
    /// A [`Fault`] that names the field; a message without an initial value.
    fn bind_new(path: &[&str], value: &str) -> Result<Option<Self>, Fault> {
        let Some(mut message) = Self::initial() else {
            return Err(Fault::new("cannot be set from text"));
        };
        Ok(message.bind(path, value)?.then_some(message))
    }

    /// Enters this type, and every type it reaches, into `types`.
    fn describe(types: &mut Types) -> TypeRef;

    /// Puts the values of the `traced` fields on a span, those of messages within this one too. Lists and maps are left
    /// out: an attribute has one value.
    #[doc(hidden)]
    fn trace_fields(&self, _to: &mut crate::__private::Attributes) {}
}
