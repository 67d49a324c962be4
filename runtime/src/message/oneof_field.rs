//! `#[field(oneof)]`: an enum with data whose variants are fields of the message around it.

use serde::de::{Error as _, MapAccess};
use serde::ser::SerializeMap;
use serde::{Deserializer, Serialize, Serializer};

use super::json::JsonCx;
use super::oneof::{Oneof, from_json_set, to_json};
use super::{Dialect, Fault, MessageDesc, Raw, Types, WireCx};
use crate::__private::Attributes;

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
    fn trace_fields(&self, to: &mut Attributes) {
        if let Some(oneof) = self.get() {
            Oneof::trace_fields(oneof, to);
        }
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
