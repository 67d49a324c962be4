//! What the code of `#[message]` calls, so that an expansion holds names and numbers and no logic.

use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error as _, MapAccess};
use serde::{Deserializer, Serializer};

use super::field::Field;
use super::json::{JsonCx, Slots, for_serde, nullable, read_slots};
use super::wire::{Reader, WireType, len_size, tag_size, write_tag, write_varint};
use super::{
    Dialect, EnumDesc, EnumValueDesc, Fault, FieldDesc, Kind, Label, Message, MessageDesc, Raw,
    TypeRef, Types, WireCx,
};

/// Decodes a whole message through its slots.
pub fn read<T: Slots>(body: &[u8], cx: &mut WireCx<'_>) -> Result<T::Message, Fault> {
    fill::<T>(body, cx)?.finish()
}

pub(crate) fn fill<T: Slots>(body: &[u8], cx: &mut WireCx<'_>) -> Result<T, Fault> {
    let mut slots = T::empty();
    let mut reader = Reader::new(body);
    while let Some((number, raw)) = reader.next_field()? {
        slots.merge(number, raw, cx)?;
    }
    Ok(slots)
}

/// Reads a JSON object through its slots.
pub fn from_json<'de, T: Slots, D: Deserializer<'de>>(
    input: D,
    cx: &mut JsonCx,
) -> Result<T::Message, D::Error> {
    read_slots::<T, D>(input, cx)?.finish().map_err(D::Error::custom)
}

/// What a slot holds in the end.
#[inline]
pub fn required<T>(slot: Option<T>, name: &'static str) -> Result<T, Fault> {
    match slot {
        Some(value) => Ok(value),
        None => Err(missing(name)),
    }
}

#[cold]
fn missing(name: &'static str) -> Fault {
    Fault::new("is required and none of its members is set").within(name)
}

/// The declared name, or the one of canonical JSON.
pub(crate) fn key(
    (declared, json): (&'static str, &'static str),
    dialect: Dialect,
) -> &'static str {
    match dialect {
        Dialect::Proto => json,
        Dialect::Original => declared,
    }
}

/// The mistake of a field that the message does not have.
#[cold]
pub fn no_such_field<E: serde::de::Error>(field: &str) -> E {
    E::custom(format_args!("no such field: {field:?}"))
}

/// The same for writing.
#[cold]
pub fn no_field_to_print<E: serde::ser::Error>(field: &str) -> E {
    E::custom(format_args!("no such field: {field:?}"))
}

/// The length of a message inside another, given its body's.
pub fn nested_size(number: u32, body: usize) -> usize {
    tag_size(number) + len_size(body)
}

/// The head of a message inside another, given its body's length.
pub fn write_nested(number: u32, body: usize, out: &mut Vec<u8>) {
    write_tag(number, WireType::Len, out);
    write_varint(body as u64, out);
}

/// Reads a struct variant from the wire.
pub fn read_nested<T: Slots>(
    name: &'static str,
    raw: Raw<'_>,
    cx: &mut WireCx<'_>,
) -> Result<T::Message, Fault> {
    let read = |cx: &mut WireCx<'_>| read::<T>(raw.bytes()?, cx);
    cx.nested(read).map_err(|fault| fault.within(name))
}

/// Merges a further occurrence of a struct variant, field by field.
pub fn merge_nested(
    name: &'static str,
    raw: Raw<'_>,
    cx: &mut WireCx<'_>,
    mut field: impl FnMut(u32, Raw<'_>, &mut WireCx<'_>) -> Result<bool, Fault>,
) -> Result<bool, Fault> {
    let merge = |cx: &mut WireCx<'_>| {
        let mut reader = Reader::new(raw.bytes()?);
        while let Some((number, raw)) = reader.next_field()? {
            field(number, raw, cx)?;
        }
        Ok(true)
    };
    cx.nested(merge).map_err(|fault: Fault| fault.within(name))
}

/// Reads a struct variant from JSON; `None` for `null`.
pub fn take_nested<'de, T: Slots, A: MapAccess<'de>>(
    name: &'static str,
    map: &mut A,
    cx: &mut JsonCx,
) -> Result<Option<T::Message>, A::Error> {
    let result = map.next_value_seed(NestedSeed::<T> { cx, slots: PhantomData });
    result.inspect_err(|_| cx.blame(name))
}

struct NestedSeed<'a, T> {
    cx: &'a mut JsonCx,
    slots: PhantomData<T>,
}

impl<'de, T: Slots> DeserializeSeed<'de> for NestedSeed<'_, T> {
    type Value = Option<T::Message>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        nullable(input, ObjectSeed::<T> { cx: self.cx, slots: PhantomData })
    }
}

struct ObjectSeed<'a, T> {
    cx: &'a mut JsonCx,
    slots: PhantomData<T>,
}

impl<'de, T: Slots> DeserializeSeed<'de> for ObjectSeed<'_, T> {
    type Value = T::Message;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<T::Message, D::Error> {
        from_json::<T, D>(input, self.cx)
    }
}

/// `serde::Serialize` of a message: canonical ProtoJSON.
pub fn serialize<T: Message, S: Serializer>(message: &T, out: S) -> Result<S::Ok, S::Error> {
    message.to_json(out, Dialect::Proto)
}

/// `serde::Deserialize` of a message.
pub fn deserialize<'de, T: Message, D: Deserializer<'de>>(input: D) -> Result<T, D::Error> {
    for_serde(|cx| T::from_json(input, cx))
}

/// `serde::Serialize` of an enum or a newtype.
pub fn serialize_field<F, T: Field<F>, S: Serializer>(
    field: &T,
    out: S,
) -> Result<S::Ok, S::Error> {
    field.to_json(out, Dialect::Proto)
}

/// `serde::Deserialize` of an enum or a newtype; `null` is its initial value.
pub fn deserialize_field<'de, F, T: Field<F>, D: Deserializer<'de>>(
    input: D,
) -> Result<T, D::Error> {
    let value = for_serde(|cx| T::from_json(input, cx))?;
    value.or_else(T::initial).ok_or_else(|| D::Error::custom("null is not a value"))
}

/// Whether no number stands in both lists. Evaluated while the program is compiled.
pub const fn disjoint(left: &[u32], right: &[u32]) -> bool {
    let mut l = 0;
    while l < left.len() {
        let mut r = 0;
        while r < right.len() {
            if left[l] == right[r] {
                return false;
            }
            r += 1;
        }
        l += 1;
    }
    true
}

/// Whether no name stands in both lists. Evaluated while the program is compiled.
pub const fn disjoint_names(left: &[&str], right: &[&str]) -> bool {
    let mut l = 0;
    while l < left.len() {
        let mut r = 0;
        while r < right.len() {
            if same(left[l].as_bytes(), right[r].as_bytes()) {
                return false;
            }
            r += 1;
        }
        l += 1;
    }
    true
}

const fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// The name of a generic message: those of its arguments in front of its own, `BookPage` for `Page<Book>`.
pub fn generic_name(types: &Types, arguments: &[Kind], own: &str) -> String {
    let mut name = String::new();
    for argument in arguments {
        name.push_str(types.kind_name(argument));
    }
    name.push_str(own);
    name
}

/// Where encoded bytes go; generated code does not name the prelude.
pub type Buffer = Vec<u8>;

/// The full protobuf name of a foreign type.
pub trait ForeignName: 'static {
    /// `acme.v1.Type`
    const NAME: &'static str;
}

/// Compiles where `T` is a field: reports at the type that was written.
pub fn is_field<F, T: Field<F>>() {}

/// `prost::Message::encoded_len`.
pub fn encoded_len<M: Message>(message: &M) -> usize {
    message.size()
}

/// A user's own `Deserialize` as a field's, where `null` is nothing.
pub fn nullable_serde<'de, T: serde::Deserialize<'de>, D: Deserializer<'de>>(
    input: D,
) -> Result<Option<T>, D::Error> {
    serde::Deserialize::deserialize(input)
}

/// A unit variant: a message without fields.
pub fn read_empty(name: &'static str, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<(), Fault> {
    read_nested::<super::empty::NoSlots>(name, raw, cx)
}

/// A part of a struct variant from text: `field` gets the path, its first segment and the rest.
pub fn bind_nested(
    name: &'static str,
    path: &[&str],
    text: &str,
    field: impl FnOnce(&[&str], &&str, &[&str], &str) -> Result<bool, Fault>,
) -> Result<bool, Fault> {
    let Some((first, rest)) = path.split_first() else { return Ok(false) };
    field(path, first, rest, text).map_err(|fault| fault.within(name))
}

/// Puts a member in place of another; whether there was one.
pub fn replace<T>(place: &mut T, value: Option<T>) -> bool {
    value.is_some_and(|value| {
        *place = value;
        true
    })
}

/// The index of a name that is in the list, or was under another `cfg`.
pub fn position(names: &[&str], name: &str) -> Option<usize> {
    names.iter().position(|known| *known == name)
}

/// How many names stand in all the lists.
pub const fn total(parts: &[&[&str]]) -> usize {
    let mut sum = 0;
    let mut part = 0;
    while part < parts.len() {
        sum += parts[part].len();
        part += 1;
    }
    sum
}

/// All the lists in one; `N` is their [`total`].
pub const fn concat<const N: usize>(parts: &[&[&'static str]]) -> [&'static str; N] {
    let mut all = [""; N];
    let (mut next, mut part) = (0, 0);
    while part < parts.len() {
        let mut index = 0;
        while index < parts[part].len() {
            all[next] = parts[part][index];
            next += 1;
            index += 1;
        }
        part += 1;
    }
    all
}

/// A name as text of its own.
pub fn text(name: &str) -> String {
    name.to_owned()
}

/// A message without its fields.
pub fn message_desc(
    name: String,
    package: Option<&'static str>,
    rust: &'static str,
    doc: &'static str,
    deprecated: bool,
) -> MessageDesc {
    let (fields, oneofs, nested) = (Vec::new(), Vec::new(), Vec::new());
    MessageDesc { name, package, rust, doc, fields, oneofs, nested, deprecated }
}

/// A field, but for what its type decides.
pub fn field_desc(
    name: &str,
    json: &str,
    number: u32,
    doc: &'static str,
    deprecated: bool,
    secret: bool,
    traced: Option<&'static str>,
) -> FieldDesc {
    FieldDesc {
        name: name.to_owned(),
        json: json.to_owned(),
        number,
        label: Label::Singular,
        kind: Kind::String,
        oneof: None,
        doc,
        deprecated,
        secret,
        traced,
    }
}

/// The field of a struct variant.
pub fn nested_field(mut field: FieldDesc, nested: TypeRef) -> FieldDesc {
    field.kind = Kind::Type(nested);
    field
}

/// Adds a member of the oneof with this index.
pub fn push_member(desc: &mut MessageDesc, mut field: FieldDesc, oneof: usize) {
    field.label = Label::Singular;
    field.oneof = Some(oneof);
    desc.fields.push(field);
}

/// An enum.
pub fn enum_desc(
    name: &str,
    package: Option<&'static str>,
    rust: &'static str,
    doc: &'static str,
    deprecated: bool,
    values: Vec<EnumValueDesc>,
) -> EnumDesc {
    EnumDesc { name: name.to_owned(), package, rust, doc, values, deprecated }
}

/// A value of an enum.
pub fn enum_value(name: &str, number: i32, doc: &'static str, deprecated: bool) -> EnumValueDesc {
    EnumValueDesc { name: name.to_owned(), number, doc, deprecated }
}

/// Whether any of these holds, asked in constants.
pub const fn any(all: &[bool]) -> bool {
    let mut at = 0;
    while at < all.len() {
        if all[at] {
            return true;
        }
        at += 1;
    }
    false
}
