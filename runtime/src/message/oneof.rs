//! Enums with data: a message with one `oneof`, or a `oneof` inside another message.

use serde::de::{Error as _, MapAccess};
use serde::ser::SerializeMap;
use serde::{Deserializer, Serialize, Serializer};

use super::field::TraceSink;
use super::generated::{fill, key};
use super::json::{JsonCx, NOTHING_SET, Slots, read_slots};
use super::{Dialect, Fault, MessageDesc, Raw, Types, WireCx};

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

    /// Hands the values of `traced` fields to `sink`.
    fn trace(&self, sink: &mut TraceSink<'_>) {
        let _ = sink;
    }
}

/// An enum with data as `#[field(oneof)]`: by itself, where one member must be set, or in an `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enum with data",
    label = "`#[field(oneof)]` is for an enum with data and `#[message]`, alone or in an `Option`"
)]
pub trait OneofField: Sized {
    /// The enum.
    type Oneof: Oneof;

    /// What a message has before anything is read.
    fn initial() -> Option<Self>;

    /// The member that is set.
    fn get(&self) -> Option<&Self::Oneof>;

    /// The place of the member.
    fn get_mut(&mut self) -> Option<&mut Self::Oneof>;

    /// The field with this member set.
    fn of(oneof: Self::Oneof) -> Self;

    // What generated code calls: as methods of this trait, a type without it is told once and not once per call.

    #[doc(hidden)]
    fn size(&self) -> usize {
        size(self)
    }

    #[doc(hidden)]
    fn write(&self, out: &mut Vec<u8>) {
        write(self, out);
    }

    #[doc(hidden)]
    fn write_member(&self, number: u32, out: &mut Vec<u8>) {
        write_member(self, number, out);
    }

    #[doc(hidden)]
    fn number(name: &str) -> Option<u32> {
        number::<Self>(name)
    }

    #[doc(hidden)]
    fn merge_slot(
        slot: &mut Option<Self>,
        number: u32,
        raw: Raw<'_>,
        cx: &mut WireCx<'_>,
    ) -> Result<bool, Fault> {
        merge_slot(slot, number, raw, cx)
    }

    #[doc(hidden)]
    fn merge_field(
        &mut self,
        number: u32,
        raw: Raw<'_>,
        cx: &mut WireCx<'_>,
    ) -> Result<bool, Fault> {
        merge_field(self, number, raw, cx)
    }

    #[doc(hidden)]
    fn print<M: SerializeMap>(&self, map: &mut M, dialect: Dialect) -> Result<(), M::Error> {
        print(self, map, dialect)
    }

    #[doc(hidden)]
    fn take<'de, A: MapAccess<'de>>(
        slot: &mut Option<Self>,
        index: usize,
        map: &mut A,
        cx: &mut JsonCx,
    ) -> Result<(), A::Error> {
        take(slot, index, map, cx)
    }

    #[doc(hidden)]
    fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
        bind(self, path, text)
    }

    #[doc(hidden)]
    fn describe(types: &mut Types, desc: &mut MessageDesc, name: &str) {
        describe::<Self>(types, desc, name);
    }

    #[doc(hidden)]
    fn trace(&self, sink: &mut TraceSink<'_>) {
        trace(self, sink);
    }

    #[doc(hidden)]
    fn field_to_json<S: Serializer>(
        &self,
        name: &str,
        out: S,
        dialect: Dialect,
    ) -> Result<S::Ok, S::Error> {
        field_to_json(self, name, out, dialect)
    }

    #[doc(hidden)]
    fn field_from_json<'de, D: Deserializer<'de>>(
        &mut self,
        name: &str,
        input: D,
        cx: &mut JsonCx,
    ) -> Result<(), D::Error> {
        field_from_json(self, name, input, cx)
    }
}

impl<T: Oneof> OneofField for T {
    type Oneof = T;

    fn initial() -> Option<Self> {
        None
    }

    fn get(&self) -> Option<&T> {
        Some(self)
    }

    fn get_mut(&mut self) -> Option<&mut T> {
        Some(self)
    }

    fn of(oneof: T) -> Self {
        oneof
    }
}

impl<T: Oneof> OneofField for Option<T> {
    type Oneof = T;

    fn initial() -> Option<Self> {
        Some(None)
    }

    fn get(&self) -> Option<&T> {
        self.as_ref()
    }

    fn get_mut(&mut self) -> Option<&mut T> {
        self.as_mut()
    }

    fn of(oneof: T) -> Self {
        Some(oneof)
    }
}

/// The encoded size of a `#[field(oneof)]`.
pub fn size<T: OneofField>(field: &T) -> usize {
    field.get().map_or(0, Oneof::size)
}

/// Appends a `#[field(oneof)]`.
pub fn write<T: OneofField>(field: &T, out: &mut Vec<u8>) {
    if let Some(oneof) = field.get() {
        Oneof::write(oneof, out);
    }
}

/// Appends a `#[field(oneof)]` if the member with this number is set.
pub fn write_member<T: OneofField>(field: &T, number: u32, out: &mut Vec<u8>) {
    let start = out.len();
    write(field, out);
    let mut reader = super::wire::Reader::new(&out[start..]);
    if !matches!(reader.next_field(), Ok(Some((n, _))) if n == number) {
        out.truncate(start);
    }
}

/// The number of a member by its declared name.
pub fn number<T: OneofField>(name: &str) -> Option<u32> {
    let index = T::Oneof::NAMES.iter().position(|known| *known == name)?;
    T::Oneof::NUMBERS.get(index).copied()
}

/// One member on the wire into a slot.
pub fn merge_slot<T: OneofField>(
    slot: &mut Option<T>,
    number: u32,
    raw: Raw<'_>,
    cx: &mut WireCx<'_>,
) -> Result<bool, Fault> {
    if let Some(oneof) = slot.as_mut().and_then(T::get_mut) {
        return oneof.merge_member(number, raw, cx);
    }
    let read = T::Oneof::read_member(number, raw, cx)?;
    Ok(read.is_some_and(|oneof| {
        *slot = Some(T::of(oneof));
        true
    }))
}

/// One member on the wire into a field that is there.
pub fn merge_field<T: OneofField>(
    field: &mut T,
    number: u32,
    raw: Raw<'_>,
    cx: &mut WireCx<'_>,
) -> Result<bool, Fault> {
    if let Some(oneof) = field.get_mut() {
        return oneof.merge_member(number, raw, cx);
    }
    let read = T::Oneof::read_member(number, raw, cx)?;
    Ok(read.is_some_and(|oneof| {
        *field = T::of(oneof);
        true
    }))
}

/// The entry of a `#[field(oneof)]` in the JSON object of its message.
pub fn print<T: OneofField, M: SerializeMap>(
    field: &T,
    map: &mut M,
    dialect: Dialect,
) -> Result<(), M::Error> {
    field.get().map_or(Ok(()), |oneof| Oneof::print(oneof, map, dialect))
}

/// One member from the JSON object of its message, into a slot. Two members are a mistake.
pub fn take<'de, T: OneofField, A: MapAccess<'de>>(
    slot: &mut Option<T>,
    index: usize,
    map: &mut A,
    cx: &mut JsonCx,
) -> Result<(), A::Error> {
    let Some(oneof) = <T::Oneof as Oneof>::take(index, map, cx)? else {
        return Ok(());
    };
    if slot.as_ref().is_some_and(|slot| slot.get().is_some()) {
        if let Some(name) = T::Oneof::NAMES.get(index) {
            cx.blame(*name);
        }
        return Err(A::Error::custom("another member of its oneof is set as well"));
    }
    *slot = Some(T::of(oneof));
    Ok(())
}

/// One member from text.
pub fn bind<T: OneofField>(field: &mut T, path: &[&str], text: &str) -> Result<bool, Fault> {
    if let Some(oneof) = field.get_mut()
        && let Some(known) = oneof.bind_member(path, text)?
    {
        return Ok(known);
    }
    let new = T::Oneof::bind_new(path, text)?;
    Ok(new.is_some_and(|oneof| {
        *field = T::of(oneof);
        true
    }))
}

/// Adds the oneof `name` and its members to the description of their message.
pub fn describe<T: OneofField>(types: &mut Types, desc: &mut MessageDesc, name: &str) {
    let oneof = desc.oneofs.len();
    desc.oneofs.push(name.to_owned());
    <T::Oneof as Oneof>::describe(types, desc, oneof);
}

/// Hands the traced values of a `#[field(oneof)]` to `sink`.
pub fn trace<T: OneofField>(field: &T, sink: &mut TraceSink<'_>) {
    if let Some(oneof) = field.get() {
        Oneof::trace(oneof, sink);
    }
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

/// Writes one member alone: only the one that is set has a value.
pub fn field_to_json<T: OneofField, S: Serializer>(
    field: &T,
    name: &str,
    out: S,
    dialect: Dialect,
) -> Result<S::Ok, S::Error> {
    struct Member<'a, T>(&'a T, Dialect);
    impl<T: Oneof> Serialize for Member<'_, T> {
        fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
            to_json(self.0, out, self.1)
        }
    }
    use serde::ser::Error as _;
    let Some(oneof) = field.get() else { return out.serialize_unit() };
    // Rare enough for the detour: the member as an object, of which the one value is taken.
    let object = serde_json::to_value(Member(oneof, dialect)).map_err(S::Error::custom)?;
    let serde_json::Value::Object(object) = object else { return out.serialize_unit() };
    let set = object.into_iter().find(|(set, _)| T::Oneof::key(set) == T::Oneof::key(name));
    set.map(|(_, value)| value).serialize(out)
}

/// Reads one member alone.
pub fn field_from_json<'de, T: OneofField, D: Deserializer<'de>>(
    field: &mut T,
    name: &str,
    input: D,
    cx: &mut JsonCx,
) -> Result<(), D::Error> {
    let value: serde_json::Value = serde::Deserialize::deserialize(input)?;
    let object = serde_json::Map::from_iter([(name.to_owned(), value)]);
    let read = from_json_set::<T::Oneof, _>(serde_json::Value::Object(object), cx);
    if let Some(oneof) = read.map_err(D::Error::custom)? {
        *field = T::of(oneof);
    }
    Ok(())
}
