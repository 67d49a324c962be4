//! A field of any shape: a value by itself, or `Option`, `Vec` or a map of values.
//!
//! A field's type is decided by [`Field`] and never by how it is spelled.

use std::marker::PhantomData;

use serde::de::MapAccess;
use serde::ser::SerializeMap;
use serde::{Deserializer, Serializer};

use super::format::Plain;
use super::generated::key;
use super::json::{FieldSeed, JsonCx, PrintedField};
use super::wire::{Raw, WireCx};
use super::{Dialect, Fault, FieldDesc, Kind, Label, Types};

/// A field of any shape: a value, or `Option`, `Vec` or a map of values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a message",
    label = "not a type that a message can hold; a `Streaming` is the only argument of its method, beside the `&Context`",
    note = "a type of your own needs `#[message]` above its definition",
    note = "a list or a map inside `Vec`, `Option` or a map goes into a struct with `#[message]`",
    note = "the keys of a map are integers, `bool`, `String` or a newtype of one",
    note = "`usize` and `isize` differ between machines: use `u64` or `i64`; `i128` and `u128` have no wire form: use `String` or `Vec<u8>`",
    note = "a type made by prost needs `#[field(foreign = \"its.full.Name\")]` above the field, and `prost::Message`, `Default`, `serde::Serialize` and `serde::Deserialize`"
)]
pub trait Field<F = Plain>: Sized + Send + Sync + 'static {
    /// Whether there may be `traced` fields within.
    #[doc(hidden)]
    const TRACED: bool = false;

    /// Puts the `traced` fields within on a span.
    #[doc(hidden)]
    fn trace_within(&self, _to: &mut crate::__private::Attributes) {}

    /// The value of a field that nothing set, or `None` where it must be set.
    fn initial() -> Option<Self>;

    /// The encoded size with its tags; 0 where nothing is written.
    fn size(&self, number: u32) -> usize;

    /// Appends the field with its tags.
    fn write(&self, number: u32, out: &mut Vec<u8>);

    /// Decodes the first occurrence of a field that has no initial value.
    ///
    /// # Errors
    /// A wrong wire type or malformed bytes.
    fn read(raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<Self, Fault>;

    /// Decodes one more occurrence.
    ///
    /// # Errors
    /// A wrong wire type or malformed bytes.
    fn merge(&mut self, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<(), Fault>;

    /// Whether the field appears in JSON.
    fn is_printed(&self) -> bool {
        true
    }

    /// Writes the field as JSON.
    ///
    /// # Errors
    /// Those of the serializer; a value without a JSON form.
    fn to_json<S: Serializer>(&self, out: S, dialect: Dialect) -> Result<S::Ok, S::Error>;

    /// Reads the field from JSON of either dialect; `None` for `null`.
    ///
    /// # Errors
    /// Those of the deserializer.
    fn from_json<'de, D: Deserializer<'de>>(
        input: D,
        cx: &mut JsonCx,
    ) -> Result<Option<Self>, D::Error>;

    /// Sets the field, or a part of it, from text; a list takes one more element.
    ///
    /// # Errors
    /// Text that is no such value.
    fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault>;

    /// The label and the type in the schema.
    fn shape(types: &mut Types) -> (Label, Kind);

    /// One occurrence on the wire, into a slot of generated code.
    #[doc(hidden)]
    #[inline]
    fn merge_slot(
        slot: &mut Option<Self>,
        name: &'static str,
        raw: Raw<'_>,
        cx: &mut WireCx<'_>,
    ) -> Result<bool, Fault> {
        let result = match slot {
            Some(value) => value.merge(raw, cx),
            None => Self::read(raw, cx).map(|value| *slot = Some(value)),
        };
        named(result.map(|()| true), name)
    }

    /// The first occurrence on the wire, where there is no slot.
    #[doc(hidden)]
    fn read_named(name: &'static str, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<Self, Fault> {
        named(Self::read(raw, cx), name)
    }

    /// One occurrence on the wire, into a message that is there.
    #[doc(hidden)]
    #[inline]
    fn merge_named(
        &mut self,
        name: &'static str,
        raw: Raw<'_>,
        cx: &mut WireCx<'_>,
    ) -> Result<bool, Fault> {
        named(self.merge(raw, cx).map(|()| true), name)
    }

    /// One entry of a JSON object, into a slot of generated code.
    #[doc(hidden)]
    fn take<'de, A: MapAccess<'de>>(
        slot: &mut Option<Self>,
        (name, secret): (&'static str, bool),
        map: &mut A,
        cx: &mut JsonCx,
    ) -> Result<(), A::Error> {
        match map.next_value_seed(FieldSeed::<F, Self> { cx, field: PhantomData }) {
            Ok(Some(value)) => *slot = Some(value),
            Ok(None) => {}
            Err(error) => {
                cx.blame(name);
                return Err(if secret { serde::de::Error::custom(HIDDEN) } else { error });
            }
        }
        Ok(())
    }

    /// The field alone from JSON; `null` leaves it as it is.
    #[doc(hidden)]
    fn set_from_json<'de, D: Deserializer<'de>>(
        &mut self,
        (name, secret): (&'static str, bool),
        input: D,
        cx: &mut JsonCx,
    ) -> Result<(), D::Error> {
        match Self::from_json(input, cx) {
            Ok(Some(value)) => *self = value,
            Ok(None) => {}
            Err(error) => {
                cx.blame(name);
                return Err(if secret { serde::de::Error::custom(HIDDEN) } else { error });
            }
        }
        Ok(())
    }

    /// One entry of a JSON object, under the name that the dialect has for it.
    #[doc(hidden)]
    fn print<M: SerializeMap>(
        &self,
        map: &mut M,
        names: (&'static str, &'static str),
        dialect: Dialect,
    ) -> Result<(), M::Error> {
        if !self.is_printed() {
            return Ok(());
        }
        let field = PrintedField::<F, Self> { field: self, dialect, format: PhantomData };
        map.serialize_entry(key(names, dialect), &field)
    }

    /// A part of the field from text.
    #[doc(hidden)]
    fn bind_named(
        &mut self,
        (name, secret): (&'static str, bool),
        path: &[&str],
        text: &str,
    ) -> Result<bool, Fault> {
        self.bind(path, text).map_err(|fault| {
            let fault = if secret { Fault::new(HIDDEN) } else { fault };
            fault.within(name)
        })
    }

    /// The description with the label and kind of this type.
    #[doc(hidden)]
    fn describe(types: &mut Types, mut desc: FieldDesc) -> FieldDesc {
        let around = types.hold_secret(false);
        (desc.label, desc.kind) = Self::shape(types);
        desc.secret |= types.hold_secret(around);
        desc
    }
}

/// What is said of a secret's bad value: the usual text would show it.
const HIDDEN: &str = "not a value of this field's type";

/// A mistake inside a field gets the field's name.
#[inline]
fn named<R>(result: Result<R, Fault>, name: &'static str) -> Result<R, Fault> {
    match result {
        Ok(value) => Ok(value),
        Err(fault) => Err(fault.within(name)),
    }
}

/// A field that may be the member of a oneof: one value, which is written even where it is the default.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a variant of an enum with data",
    label = "a oneof holds one value: no `Option`, list or map",
    note = "put the list or the map into a struct with `#[message]`"
)]
pub trait Member<F = Plain>: Field<F> {
    /// The encoded size with its tag.
    fn member_size(&self, number: u32) -> usize;

    /// Appends the value with its tag.
    fn member_write(&self, number: u32, out: &mut Vec<u8>);
}
