//! Enums with data: a message with one `oneof`, or a `oneof` inside another message.

use serde::de::{Error as _, MapAccess};
use serde::ser::SerializeMap;
use serde::{Deserializer, Serialize, Serializer};

use super::generated::{fill, key};
use super::json::{JsonCx, NOTHING_SET, Slots, read_slots};
use super::oneof_field::{merge_slot, take};
use super::{Dialect, Fault, MessageDesc, Raw, Types, WireCx};
use crate::__private::Attributes;

/// What `#[message]` knows about an enum with data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enum with data",
    label = "`#[field(oneof)]` is for an enum with data and `#[message]`, alone or in an `Option`"
)]
pub trait Oneof: Sized + Send + Sync + 'static {
    /// The numbers of the variants.
    const NUMBERS: &'static [u32];

    /// The declared names of the variants, in the order of their indices.
    const NAMES: &'static [&'static str];

    /// Whether every variant has a number of its own choice, so that they can join another message's.
    const PINNED: bool;
    /// Whether there may be `traced` fields in it.
    const TRACED: bool;

    /// The index of a variant by its declared or JSON name.
    fn key(name: &str) -> Option<usize>;

    /// The encoded size of the member that is set, with its tag.
    fn size(&self) -> usize;

    /// Appends the member that is set, with its tag.
    fn write(&self, out: &mut Vec<u8>);

    /// The member with this number; `None` where there is none.
    ///
    /// # Errors
    /// Malformed bytes.
    fn read_member(number: u32, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<Option<Self>, Fault>;

    /// One more member on the wire: the one that is set merges, another replaces it. `false` where there is none with
    /// this number.
    ///
    /// # Errors
    /// Malformed bytes.
    fn merge_member(
        &mut self,
        number: u32,
        raw: Raw<'_>,
        cx: &mut WireCx<'_>,
    ) -> Result<bool, Fault>;

    /// Writes the member that is set as the entry of a JSON object.
    ///
    /// # Errors
    /// Those of the serializer.
    fn print<M: SerializeMap>(&self, map: &mut M, dialect: Dialect) -> Result<(), M::Error>;

    /// Writes the fields of a struct variant as entries of a JSON object; nothing for the other variants.
    ///
    /// # Errors
    /// Those of the serializer.
    fn print_body<M: SerializeMap>(&self, map: &mut M, dialect: Dialect) -> Result<(), M::Error>;

    /// Reads the member with this index from JSON; `None` for `null`.
    ///
    /// # Errors
    /// Those of the deserializer.
    fn take<'de, A: MapAccess<'de>>(
        index: usize,
        map: &mut A,
        cx: &mut JsonCx,
    ) -> Result<Option<Self>, A::Error>;

    /// Sets a part of the member that is set from text; `None` where `path` is not inside it.
    ///
    /// # Errors
    /// Text that is no such value.
    fn bind_member(&mut self, path: &[&str], text: &str) -> Result<Option<bool>, Fault>;

    /// A member from text; `None` where there is nothing at `path`.
    ///
    /// # Errors
    /// Text that is no such value.
    fn bind_new(path: &[&str], text: &str) -> Result<Option<Self>, Fault>;

    /// Adds the variants to the fields of `desc`, as members of its oneof number `oneof`.
    fn describe(types: &mut Types, desc: &mut MessageDesc, oneof: usize);

    /// Puts the values of `traced` fields on a span.
    fn trace_fields(&self, to: &mut Attributes);
}

/// A struct variant with nothing set, and then a part of it from text.
pub fn bind_nested<T: Oneof, S: Slots<Message = T>>(
    name: &'static str,
    path: &[&str],
    text: &str,
) -> Result<Option<T>, Fault> {
    let mut oneof = S::empty().finish().map_err(|fault| fault.within(name))?;
    let known = oneof.bind_member(path, text)?;
    Ok((known == Some(true)).then_some(oneof))
}

/// The variant's value from text.
pub fn bind_value<F, T: super::Field<F>>(
    (name, secret): (&'static str, bool),
    path: &[&str],
    text: &str,
) -> Result<Option<T>, Fault> {
    let Some(mut value) = T::initial() else {
        return Err(Fault::new("cannot be set from text").within(name));
    };
    let known = value.bind_named((name, secret), path, text)?;
    Ok(known.then_some(value))
}

/// The JSON object of a struct variant.
struct Body<'a, T>(&'a T, Dialect);

impl<T: Oneof> Serialize for Body<'_, T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        self.0.print_body(&mut map, self.1)?;
        map.end()
    }
}

/// Writes the struct variant that is set as an entry of a JSON object.
pub fn print_struct<T: Oneof, M: SerializeMap>(
    oneof: &T,
    map: &mut M,
    names: (&'static str, &'static str),
    dialect: Dialect,
) -> Result<(), M::Error> {
    map.serialize_entry(key(names, dialect), &Body(oneof, dialect))
}

/// The slots of an enum with data: nothing, or the member that was read.
pub struct OneofSlots<T>(Option<T>);

impl<T: Oneof> Slots for OneofSlots<T> {
    type Message = Option<T>;

    fn name(index: usize) -> Option<&'static str> {
        T::NAMES.get(index).copied()
    }

    fn key(name: &str) -> Option<usize> {
        T::key(name)
    }

    fn empty() -> Self {
        Self(None)
    }

    fn merge(&mut self, number: u32, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<bool, Fault> {
        merge_slot::<T>(&mut self.0, number, raw, cx)
    }

    fn take<'de, A: MapAccess<'de>>(
        &mut self,
        index: usize,
        map: &mut A,
        cx: &mut JsonCx,
    ) -> Result<(), A::Error> {
        take::<T, A>(&mut self.0, index, map, cx)
    }

    fn finish(self) -> Result<Option<T>, Fault> {
        Ok(self.0)
    }
}

/// See [`Message::read_set`](super::Message::read_set).
pub fn read_set<T: Oneof>(body: &[u8], cx: &mut WireCx<'_>) -> Result<Option<T>, Fault> {
    fill::<OneofSlots<T>>(body, cx)?.finish()
}

/// See [`Message::read`](super::Message::read).
pub fn read<T: Oneof>(body: &[u8], cx: &mut WireCx<'_>) -> Result<T, Fault> {
    read_set(body, cx)?.ok_or_else(|| Fault::new(NOTHING_SET))
}

/// See [`Message::to_json`](super::Message::to_json).
pub fn to_json<T: Oneof, S: Serializer>(
    oneof: &T,
    out: S,
    dialect: Dialect,
) -> Result<S::Ok, S::Error> {
    let mut map = out.serialize_map(Some(1))?;
    oneof.print(&mut map, dialect)?;
    map.end()
}

/// See [`Message::from_json_set`](super::Message::from_json_set).
pub fn from_json_set<'de, T: Oneof, D: Deserializer<'de>>(
    input: D,
    cx: &mut JsonCx,
) -> Result<Option<T>, D::Error> {
    Ok(read_slots::<OneofSlots<T>, D>(input, cx)?.0)
}

/// See [`Message::from_json`](super::Message::from_json).
pub fn from_json<'de, T: Oneof, D: Deserializer<'de>>(
    input: D,
    cx: &mut JsonCx,
) -> Result<T, D::Error> {
    from_json_set(input, cx)?.ok_or_else(|| D::Error::custom(NOTHING_SET))
}
