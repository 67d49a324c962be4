//! One protobuf value: what can be the element of a `Vec`, an `Option` or a map, and the field of a message by itself.
//!
//! A value's type is decided by [`Value`] and never by how it is spelled. What fields add to values is said by
//! [`Field`](super::Field).

use serde::{Deserializer, Serializer};

use super::format::Plain;
use super::json::JsonCx;
use super::wire::{Raw, WireCx, WireType};
use super::{Dialect, Fault, Kind, Label, Types};

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

    /// Whether there may be `traced` fields within.
    #[doc(hidden)]
    const TRACED: bool = false;

    /// Puts the `traced` fields within on a span.
    #[doc(hidden)]
    fn trace_within(&self, _to: &mut crate::__private::Attributes) {}

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
    #[inline]
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

/// A value that is a field by itself, without presence unless it is a message.
///
/// Apart from [`Value`], so that a newtype around a list can be a field and no value.
pub trait Single<F = Plain>: Value<F> {}

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
