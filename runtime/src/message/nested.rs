//! Messages as fields of messages, and `Box` around them for recursion.

use serde::de::Error as _;
use serde::{Deserializer, Serializer};

use super::json::JsonCx;
use super::value::{Initial, Single, Value};
use super::wire::{Reader, WireType, len_size, write_varint};
use super::{Dialect, Fault, Kind, Message, Raw, TypeRef, Types, WireCx};

impl<M: Message> Single for M {}

/// A message that is not in an `Option` is always written, and merges when it occurs twice.
impl<M: Message> Value for M {
    const WIRE: WireType = WireType::Len;
    const TRACED: bool = <M as Message>::TRACED;

    fn trace_within(&self, to: &mut crate::__private::Attributes) {
        Message::trace_fields(self, to);
    }

    fn initial() -> Option<Self> {
        <M as Message>::initial()
    }

    fn is_default(&self) -> bool {
        false
    }

    fn size(&self) -> usize {
        len_size(Message::size(self))
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_varint(Message::size(self) as u64, out);
        Message::write(self, out);
    }

    fn read(raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<Self, Fault> {
        let body = raw.bytes()?;
        cx.nested(|cx| <M as Message>::read(body, cx))
    }

    fn read_set(raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<Option<Self>, Fault> {
        let body = raw.bytes()?;
        cx.nested(|cx| <M as Message>::read_set(body, cx))
    }

    fn merge(&mut self, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<(), Fault> {
        let body = raw.bytes()?;
        cx.nested(|cx| merge_body(self, body, cx))
    }

    fn to_json<S: Serializer>(&self, out: S, dialect: Dialect) -> Result<S::Ok, S::Error> {
        Message::to_json(self, out, dialect)
    }

    fn from_json<'de, D: Deserializer<'de>>(input: D, cx: &mut JsonCx) -> Result<Self, D::Error> {
        <M as Message>::from_json(input, cx)
    }

    fn from_json_set<'de, D: Deserializer<'de>>(
        input: D,
        cx: &mut JsonCx,
    ) -> Result<Option<Self>, D::Error> {
        <M as Message>::from_json_set(input, cx)
    }

    fn from_null() -> Option<Self> {
        <M as Message>::from_null()
    }

    fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
        Message::bind(self, path, text)
    }

    fn bind_new(path: &[&str], text: &str) -> Result<Option<Self>, Fault> {
        <M as Message>::bind_new(path, text)
    }

    fn kind(types: &mut Types) -> Kind {
        Kind::Type(types.enter::<M>())
    }
}

/// Merges an encoded message into one that is there.
pub(crate) fn merge_body<M: Message>(
    message: &mut M,
    body: &[u8],
    cx: &mut WireCx<'_>,
) -> Result<(), Fault> {
    let mut reader = Reader::new(body);
    while let Some((number, raw)) = reader.next_field()? {
        message.merge_field(number, raw, cx)?;
    }
    Ok(())
}

impl<M: Initial> Initial for Box<M> {
    fn initial() -> Self {
        Self::new(M::initial())
    }
}

/// A boxed message is the message: this is what makes recursive types possible.
///
/// Whoever holds the box has paid for a pointer only: what it points to is taken from the budget here.
impl<M: Message> Message for Box<M> {
    const FIELDS: &'static [&'static str] = M::FIELDS;
    /// Not that of what is inside, which may hold this very box.
    const TRACED: bool = true;

    fn initial() -> Option<Self> {
        <M as Message>::initial().map(Self::new)
    }

    fn size(&self) -> usize {
        Message::size(&**self)
    }

    fn write(&self, out: &mut Vec<u8>) {
        Message::write(&**self, out);
    }

    fn read(body: &[u8], cx: &mut WireCx<'_>) -> Result<Self, Fault> {
        cx.budget.take::<M>()?;
        <M as Message>::read(body, cx).map(Self::new)
    }

    fn read_set(body: &[u8], cx: &mut WireCx<'_>) -> Result<Option<Self>, Fault> {
        cx.budget.take::<M>()?;
        Ok(<M as Message>::read_set(body, cx)?.map(Self::new))
    }

    fn merge_field(
        &mut self,
        number: u32,
        raw: Raw<'_>,
        cx: &mut WireCx<'_>,
    ) -> Result<bool, Fault> {
        Message::merge_field(&mut **self, number, raw, cx)
    }

    fn to_json<S: Serializer>(&self, out: S, dialect: Dialect) -> Result<S::Ok, S::Error> {
        Message::to_json(&**self, out, dialect)
    }

    fn from_json<'de, D: Deserializer<'de>>(input: D, cx: &mut JsonCx) -> Result<Self, D::Error> {
        cx.budget.take::<M>().map_err(D::Error::custom)?;
        <M as Message>::from_json(input, cx).map(Self::new)
    }

    fn from_json_set<'de, D: Deserializer<'de>>(
        input: D,
        cx: &mut JsonCx,
    ) -> Result<Option<Self>, D::Error> {
        cx.budget.take::<M>().map_err(D::Error::custom)?;
        Ok(<M as Message>::from_json_set(input, cx)?.map(Self::new))
    }

    fn from_null() -> Option<Self> {
        <M as Message>::from_null().map(Self::new)
    }

    fn field_number(field: &str) -> Option<u32> {
        M::field_number(field)
    }

    fn write_field(&self, number: u32, out: &mut Vec<u8>) {
        Message::write_field(&**self, number, out);
    }

    fn field_to_json<S: Serializer>(
        &self,
        field: &str,
        out: S,
        dialect: Dialect,
    ) -> Result<S::Ok, S::Error> {
        Message::field_to_json(&**self, field, out, dialect)
    }

    fn field_from_json<'de, D: Deserializer<'de>>(
        &mut self,
        field: &str,
        input: D,
        cx: &mut JsonCx,
    ) -> Result<(), D::Error> {
        Message::field_from_json(&mut **self, field, input, cx)
    }

    fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
        Message::bind(&mut **self, path, text)
    }

    fn bind_new(path: &[&str], text: &str) -> Result<Option<Self>, Fault> {
        Ok(<M as Message>::bind_new(path, text)?.map(Self::new))
    }

    fn describe(types: &mut Types) -> TypeRef {
        M::describe(types)
    }

    fn trace_fields(&self, to: &mut crate::__private::Attributes) {
        Message::trace_fields(&**self, to);
    }
}
