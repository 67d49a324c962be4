//! What may stand in a message: [`Value`], one protobuf value, and [`Field`], a field of any shape.
//!
//! A field's type is decided by these traits and never by how it is spelled. A [`Value`] can be the element of a `Vec`,
//! an `Option` or a map; a [`Field`] is a `Value` by itself or one of those around it.

use std::marker::PhantomData;

use serde::de::MapAccess;
use serde::ser::SerializeMap;
use serde::{Deserializer, Serializer};

use super::format::Plain;
use super::generated::key;
use super::json::{FieldSeed, JsonCx, PrintedField};
use super::wire::{Raw, WireCx, WireType};
use super::{Dialect, Fault, FieldDesc, Kind, Label, Types};

/// Writes impls once per format of bident's own types, with `$format` naming it.
///
/// One impl generic over the format would leave room for a format of another crate, and so for types that are lists and
/// single values at once.
macro_rules! native_formats {
    ($format:ident => { $($impls:item)* }) => {
        const _: () = {
            type $format = crate::message::format::Plain;
            $($impls)*
        };
        const _: () = {
            type $format = crate::message::format::Zigzag;
            $($impls)*
        };
        const _: () = {
            type $format = crate::message::format::Fixed;
            $($impls)*
        };
    };
}
pub(crate) use native_formats;

/// What lives by itself and crosses threads: every type of a message, and every parameter of a generic one.
pub trait Owned: Send + Sync + 'static {}

impl<T: Send + Sync + 'static> Owned for T {}

/// One protobuf value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a value in a message",
    label = "expected a message, an enum or a plain value",
    note = "a type of your own needs `#[message]` above its definition; a list or a map inside `Vec`, `Option` or a map goes into a struct with `#[message]`",
    note = "`usize` and `isize` differ between machines: use `u64` or `i64`; `i128` and `u128` have no wire form: use `String` or `Vec<u8>`"
)]
pub trait Value<F = Plain>: Sized + Send + Sync + 'static {
    /// How the value is laid out; all but `Len` are packed in lists.
    const WIRE: WireType;

    /// The value that a field has when nothing set it, or `None` where there is no such value.
    fn initial() -> Option<Self>;

    /// Whether a field without presence leaves this value unwritten.
    fn is_default(&self) -> bool;

    /// The encoded size, with its length in front where it has one.
    fn size(&self) -> usize;

    /// Appends the encoded value, with its length in front where it has one.
    fn write(&self, out: &mut Vec<u8>);

    /// Decodes the value.
    ///
    /// # Errors
    /// A wrong wire type or malformed bytes.
    fn read(raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<Self, Fault>;

    /// Decodes the value; `None` where the bytes are well formed and set nothing.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn read_set(raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<Option<Self>, Fault> {
        Self::read(raw, cx).map(Some)
    }

    /// Decodes a further occurrence: messages merge, anything else is replaced.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn merge(&mut self, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<(), Fault> {
        *self = Self::read(raw, cx)?;
        Ok(())
    }

    /// Writes the value as JSON.
    ///
    /// # Errors
    /// Those of the serializer; a value without a JSON form.
    fn to_json<S: Serializer>(&self, out: S, dialect: Dialect) -> Result<S::Ok, S::Error>;

    /// Reads the value from JSON of either dialect; `null` is not passed in here.
    ///
    /// # Errors
    /// Those of the deserializer.
    fn from_json<'de, D: Deserializer<'de>>(input: D, cx: &mut JsonCx) -> Result<Self, D::Error>;

    /// As [`from_json`](Self::from_json); `None` where the JSON is well formed and sets nothing.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json).
    fn from_json_set<'de, D: Deserializer<'de>>(
        input: D,
        cx: &mut JsonCx,
    ) -> Result<Option<Self>, D::Error> {
        Self::from_json(input, cx).map(Some)
    }

    /// What JSON's `null` stands for, where it is a value and not the absence of one.
    fn from_null() -> Option<Self> {
        None
    }

    /// Sets the value, or a part of it, from text. `Ok(false)` where there is nothing at `path`.
    ///
    /// # Errors
    /// Text that is no such value.
    fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault>;

    /// A new value from text, for elements of lists and maps.
    ///
    /// # Errors
    /// Text that is no such value; a type without an initial value.
    fn bind_new(path: &[&str], text: &str) -> Result<Option<Self>, Fault> {
        let Some(mut value) = Self::initial() else {
            return Err(Fault::new("cannot be set from text"));
        };
        Ok(value.bind(path, text)?.then_some(value))
    }

    /// The schema's type, entered into `types` where it is a message or an enum.
    fn kind(types: &mut Types) -> Kind;

    /// The hooks of `Vec<Self>`, so that `Vec<u8>` can be bytes.
    #[doc(hidden)]
    fn list() -> impl List<Self, F> {
        super::list::Elements
    }
}

/// How a list of `T` is written: as elements, or as bytes.
#[doc(hidden)]
#[allow(
    clippy::wrong_self_convention,
    reason = "`self` is the way a list is written, not what is converted"
)]
pub trait List<T, F> {
    fn size(self, list: &[T], number: u32) -> usize;
    fn write(self, list: &[T], number: u32, out: &mut Vec<u8>);
    fn merge(self, list: &mut Vec<T>, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<(), Fault>;
    fn to_json<S: Serializer>(
        self,
        list: &[T],
        out: S,
        dialect: Dialect,
    ) -> Result<S::Ok, S::Error>;
    fn from_json<'de, D: Deserializer<'de>>(
        self,
        input: D,
        cx: &mut JsonCx,
    ) -> Result<Vec<T>, D::Error>;
    fn bind(self, list: &mut Vec<T>, path: &[&str], text: &str) -> Result<bool, Fault>;
    fn shape(self, types: &mut Types) -> (Label, Kind);
}

/// A field of any shape: a value, or `Option`, `Vec` or a map of values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a message",
    label = "not a type that a message can hold",
    note = "a type of your own needs `#[message]` above its definition",
    note = "a list or a map inside `Vec`, `Option` or a map goes into a struct with `#[message]`",
    note = "the keys of a map are integers, `bool`, `String` or a newtype of one",
    note = "`usize` and `isize` differ between machines: use `u64` or `i64`; `i128` and `u128` have no wire form: use `String` or `Vec<u8>`",
    note = "a type made by prost needs `#[field(foreign = \"its.full.Name\")]` above the field, and `prost::Message`, `Default`, `serde::Serialize` and `serde::Deserialize`"
)]
pub trait Field<F = Plain>: Sized + Send + Sync + 'static {
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
        (desc.label, desc.kind) = Self::shape(types);
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

/// A value that is a field by itself, without presence unless it is a message.
///
/// Apart from [`Value`], so that a newtype around a list can be a field and no value.
pub trait Single<F = Plain>: Value<F> {}

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

/// A type that has a value when nothing set it: all but enums with data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default",
    label = "an enum with data has no value when nothing is set",
    note = "make the field an `Option`, or write `#[message(skip(Default))]`"
)]
pub trait Initial: Sized {
    /// That value.
    fn initial() -> Self;
}

/// A value that can be the key of a map: an integer, a `bool`, a string, or a newtype of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map",
    label = "expected an integer, `bool` or a string",
    note = "protobuf has no other keys"
)]
pub trait MapKey: Value {
    /// The key as a JSON object's.
    fn print_key<R>(&self, print: impl FnOnce(&str) -> R) -> R;

    /// The key from a JSON object's.
    ///
    /// # Errors
    /// Text that is no such key.
    fn parse_key(text: &str) -> Result<Self, Fault>;
}

/// What takes the values of `traced` fields: the key, and the value as text.
pub type TraceSink<'a> = dyn FnMut(&'static str, &dyn std::fmt::Display) + 'a;

/// A field that can be put on a span: a plain value, an enum, or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be put on a span",
    label = "`traced` is for plain values, enums and `Option`s of them"
)]
pub trait Traced {
    /// Hands the value to `sink`, if there is one.
    fn trace(&self, key: &'static str, sink: &mut TraceSink<'_>);
}
