//! `bool`, `String`, and bytes as `Vec<u8>` or `Bytes`.

use std::fmt;

use bytes::Bytes;
use serde::de::Visitor;
use serde::{Deserializer, Serializer};

use super::field::Member;
use super::format::Plain;
use super::json::JsonCx;
use super::single::{self, bind_leaf};
use super::text::{base64_decode, base64_encode, parse_bool};
use super::value::{Initial, List, MapKey, Single, Value};
use super::wire::{WireType, len_size, tag_size, write_len, write_tag, write_varint};
use super::{Dialect, Fault, Kind, Label, Raw, Types, WireCx};

impl Single for bool {}

impl Initial for bool {
    fn initial() -> Self {
        false
    }
}

impl Value for bool {
    const WIRE: WireType = WireType::Varint;

    fn initial() -> Option<Self> {
        Some(false)
    }

    fn is_default(&self) -> bool {
        !*self
    }

    fn size(&self) -> usize {
        1
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_varint(u64::from(*self), out);
    }

    fn read(raw: Raw<'_>, _: &mut WireCx<'_>) -> Result<Self, Fault> {
        Ok(raw.varint()? != 0)
    }

    fn to_json<S: Serializer>(&self, out: S, _: Dialect) -> Result<S::Ok, S::Error> {
        out.serialize_bool(*self)
    }

    fn from_json<'de, D: Deserializer<'de>>(input: D, _: &mut JsonCx) -> Result<Self, D::Error> {
        serde::Deserialize::deserialize(input)
    }

    fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
        bind_leaf(self, path, || parse_bool(text))
    }

    fn kind(_: &mut Types) -> Kind {
        Kind::Bool
    }
}

impl MapKey for bool {
    fn print_key<R>(&self, print: impl FnOnce(&str) -> R) -> R {
        print(if *self { "true" } else { "false" })
    }

    fn parse_key(text: &str) -> Result<Self, Fault> {
        match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(super::text::expected("true or false", text)),
        }
    }
}

impl Single for String {}

impl Initial for String {
    fn initial() -> Self {
        Self::new()
    }
}

impl Value for String {
    const WIRE: WireType = WireType::Len;

    fn initial() -> Option<Self> {
        Some(Self::new())
    }

    #[inline]
    fn is_default(&self) -> bool {
        self.is_empty()
    }

    #[inline]
    fn size(&self) -> usize {
        len_size(self.len())
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        write_len(self.as_bytes(), out);
    }

    #[inline]
    fn read(raw: Raw<'_>, _: &mut WireCx<'_>) -> Result<Self, Fault> {
        raw.text().map(str::to_owned)
    }

    fn to_json<S: Serializer>(&self, out: S, _: Dialect) -> Result<S::Ok, S::Error> {
        out.serialize_str(self)
    }

    fn from_json<'de, D: Deserializer<'de>>(input: D, _: &mut JsonCx) -> Result<Self, D::Error> {
        serde::Deserialize::deserialize(input)
    }

    fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
        bind_leaf(self, path, || Ok(text.to_owned()))
    }

    fn kind(_: &mut Types) -> Kind {
        Kind::String
    }
}

impl MapKey for String {
    fn print_key<R>(&self, print: impl FnOnce(&str) -> R) -> R {
        print(self)
    }

    fn parse_key(text: &str) -> Result<Self, Fault> {
        Ok(text.to_owned())
    }
}

struct Base64Visitor;

impl Visitor<'_> for Base64Visitor {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("base64 text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<u8>, E> {
        base64_decode(text).map_err(E::custom)
    }
}

macro_rules! byte_values {
    ($($type:ty: |$slice:ident, $cx:ident| $share:expr;)*) => {$(
        impl Value for $type {
            const WIRE: WireType = WireType::Len;

            fn initial() -> Option<Self> {
                Some(Self::new())
            }

            fn is_default(&self) -> bool {
                self.is_empty()
            }

            fn size(&self) -> usize {
                len_size(self.len())
            }

            fn write(&self, out: &mut Vec<u8>) {
                write_len(self, out);
            }

            fn read(raw: Raw<'_>, $cx: &mut WireCx<'_>) -> Result<Self, Fault> {
                let $slice = raw.bytes()?;
                Ok($share)
            }

            fn to_json<S: Serializer>(&self, out: S, _: Dialect) -> Result<S::Ok, S::Error> {
                out.serialize_str(&base64_encode(self))
            }

            fn from_json<'de, D: Deserializer<'de>>(
                input: D,
                _: &mut JsonCx,
            ) -> Result<Self, D::Error> {
                input.deserialize_str(Base64Visitor).map(Self::from)
            }

            fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
                bind_leaf(self, path, || base64_decode(text).map(Self::from))
            }

            fn kind(_: &mut Types) -> Kind {
                Kind::Bytes
            }
        }
    )*};
}

byte_values! {
    Vec<u8>: |slice, _cx| slice.to_vec();
    Bytes: |slice, cx| cx.share(slice);
}

impl Single for Bytes {}

impl Initial for Bytes {
    fn initial() -> Self {
        Self::new()
    }
}

impl Member for Vec<u8> {
    fn member_size(&self, number: u32) -> usize {
        single::size::<Plain, Self>(self, number)
    }

    fn member_write(&self, number: u32, out: &mut Vec<u8>) {
        single::write::<Plain, Self>(self, number, out);
    }
}

/// The list that is no list: `Vec<u8>`.
pub(crate) struct Octets;

impl List<u8, Plain> for Octets {
    fn size(self, list: &[u8], number: u32) -> usize {
        if list.is_empty() { 0 } else { tag_size(number) + len_size(list.len()) }
    }

    fn write(self, list: &[u8], number: u32, out: &mut Vec<u8>) {
        if !list.is_empty() {
            write_tag(number, WireType::Len, out);
            write_len(list, out);
        }
    }

    fn merge(self, list: &mut Vec<u8>, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<(), Fault> {
        <Vec<u8> as Value>::merge(list, raw, cx)
    }

    fn to_json<S: Serializer>(self, list: &[u8], out: S, _: Dialect) -> Result<S::Ok, S::Error> {
        out.serialize_str(&base64_encode(list))
    }

    fn from_json<'de, D: Deserializer<'de>>(
        self,
        input: D,
        cx: &mut JsonCx,
    ) -> Result<Vec<u8>, D::Error> {
        <Vec<u8> as Value>::from_json(input, cx)
    }

    fn bind(self, list: &mut Vec<u8>, path: &[&str], text: &str) -> Result<bool, Fault> {
        <Vec<u8> as Value>::bind(list, path, text)
    }

    fn shape(self, _: &mut Types) -> (Label, Kind) {
        (Label::Singular, Kind::Bytes)
    }
}
