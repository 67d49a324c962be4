//! `()` is `google.protobuf.Empty`.

use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserializer, Serializer};

use super::json::{JsonCx, Slots, read_slots};
use super::value::Initial;
use super::{Dialect, Fault, Message, Raw, TypeRef, Types, WireCx, generated};

impl Initial for () {
    fn initial() -> Self {}
}

/// The fields of a message that has none.
pub(crate) struct NoSlots;

impl Slots for NoSlots {
    type Message = ();

    fn name(_: usize) -> Option<&'static str> {
        None
    }

    fn key(_: &str) -> Option<usize> {
        None
    }

    fn empty() -> Self {
        Self
    }

    fn merge(&mut self, _: u32, _: Raw<'_>, _: &mut WireCx<'_>) -> Result<bool, Fault> {
        Ok(false)
    }

    fn take<'de, A: serde::de::MapAccess<'de>>(
        &mut self,
        _: usize,
        map: &mut A,
        _: &mut JsonCx,
    ) -> Result<(), A::Error> {
        map.next_value::<serde::de::IgnoredAny>().map(drop)
    }

    fn finish(self) -> Result<(), Fault> {
        Ok(())
    }
}

impl Message for () {
    const FIELDS: &'static [&'static str] = &[];

    fn initial() -> Option<Self> {
        Some(())
    }

    fn size(&self) -> usize {
        0
    }

    fn write(&self, _: &mut Vec<u8>) {}

    fn read(body: &[u8], cx: &mut WireCx<'_>) -> Result<Self, Fault> {
        generated::read::<NoSlots>(body, cx)
    }

    fn merge_field(&mut self, _: u32, _: Raw<'_>, _: &mut WireCx<'_>) -> Result<bool, Fault> {
        Ok(false)
    }

    fn to_json<S: Serializer>(&self, out: S, _: Dialect) -> Result<S::Ok, S::Error> {
        out.serialize_map(Some(0))?.end()
    }

    fn from_json<'de, D: Deserializer<'de>>(input: D, cx: &mut JsonCx) -> Result<Self, D::Error> {
        read_slots::<NoSlots, D>(input, cx)?.finish().map_err(D::Error::custom)
    }

    fn field_number(_: &str) -> Option<u32> {
        None
    }

    fn write_field(&self, _: u32, _: &mut Vec<u8>) {}

    fn field_to_json<S: Serializer>(
        &self,
        field: &str,
        _: S,
        _: Dialect,
    ) -> Result<S::Ok, S::Error> {
        Err(generated::no_field_to_print(field))
    }

    fn field_from_json<'de, D: Deserializer<'de>>(
        &mut self,
        field: &str,
        _: D,
        _: &mut JsonCx,
    ) -> Result<(), D::Error> {
        Err(generated::no_such_field(field))
    }

    fn bind(&mut self, _: &[&str], _: &str) -> Result<bool, Fault> {
        Ok(false)
    }

    fn describe(_: &mut Types) -> TypeRef {
        TypeRef::Named("google.protobuf.Empty")
    }
}
