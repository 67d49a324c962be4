//! Integers and floating-point numbers in every format.
//!
//! 8 and 16 bit integers travel as 32 bit ones and are range-checked when read. `usize`, `isize`, `i128` and `u128` have
//! no place here: the first two differ between machines, the last two have no wire form.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error as _, MapAccess, Unexpected, Visitor};
use serde::{Deserializer, Serializer};

use super::format::{Fixed, Plain, Zigzag};
use super::json::JsonCx;
use super::single::bind_leaf;
use super::text::{expected, parse_float, parse_integer};
use super::value::{Initial, MapKey, Single, Value};
use super::well_known::EXACT;
use super::wire::{WireType, varint_size, write_varint};
use super::{Dialect, Fault, Kind, Raw, Types, WireCx};

/// What every integer type of a message has.
pub(crate) trait Integer: FromStr + TryFrom<i128> + fmt::Display + Copy {
    /// `an int32`.
    const EXPECTED: &'static str;
}

fn parse<T: Integer>(text: &str) -> Result<T, Fault> {
    parse_integer(text).ok_or_else(|| expected(T::EXPECTED, text))
}

struct IntegerVisitor<T>(PhantomData<T>);

impl<'de, T: Integer> Visitor<'de> for IntegerVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<T, E> {
        T::try_from(i128::from(value))
            .map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<T, E> {
        T::try_from(i128::from(value))
            .map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
    }

    /// From 2^53 on, several texts are one `f64`: what was written cannot be told, so it is refused. Such an integer is
    /// written without a point and an exponent, or as a string.
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<T, E> {
        #[expect(clippy::cast_possible_truncation, reason = "it is an integer below 2^53")]
        let integer = (value.fract() == 0.0 && value.abs() < EXACT).then_some(value as i128);
        integer
            .and_then(|integer| T::try_from(integer).ok())
            .ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        parse_integer(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    /// `serde_json` delivers numbers like this where another crate switches its `arbitrary_precision` on.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let text = number_text(map, &self)?;
        self.visit_str(&text)
    }
}

/// The number inside the private map of `serde_json`'s `arbitrary_precision`.
pub(crate) fn number_text<'de, A: MapAccess<'de>>(
    mut map: A,
    wanted: &dyn serde::de::Expected,
) -> Result<String, A::Error> {
    match map.next_key::<String>()? {
        Some(key) if key == "$serde_json::private::Number" => map.next_value(),
        _ => Err(A::Error::invalid_type(Unexpected::Map, wanted)),
    }
}

/// Whether a 64 bit integer is a string in this dialect.
fn as_string(bits: u32, dialect: Dialect) -> bool {
    bits == 64 && dialect == Dialect::Proto
}

macro_rules! integers {
    ($($type:ident as $print:ident $expected:literal, $bits:literal {$(
        $format:ident $wire:ident $kind:ident
        |$value:ident| $size:expr;
        |$out:ident| $write:expr;
        |$raw:ident| $read:expr;
    )+})*) => {$(
        impl Integer for $type {
            const EXPECTED: &'static str = $expected;
        }

        impl Initial for $type {
            fn initial() -> Self {
                0
            }
        }

        impl MapKey for $type {
            fn print_key<R>(&self, print: impl FnOnce(&str) -> R) -> R {
                let mut text = itoa::Buffer::new();
                print(text.format(*self))
            }

            fn parse_key(text: &str) -> Result<Self, Fault> {
                parse(text)
            }
        }

        $(impl Single<$format> for $type {}

        impl Value<$format> for $type {
            const WIRE: WireType = WireType::$wire;

            fn initial() -> Option<Self> {
                Some(0)
            }

            #[inline]
            fn is_default(&self) -> bool {
                *self == 0
            }

            #[inline]
            fn size(&self) -> usize {
                let $value = *self;
                $size
            }

            #[inline]
            fn write(&self, $out: &mut Vec<u8>) {
                let $value = *self;
                $write;
            }

            #[inline]
            fn read($raw: Raw<'_>, _: &mut WireCx<'_>) -> Result<Self, Fault> {
                $read
            }

            fn to_json<S: Serializer>(&self, out: S, dialect: Dialect) -> Result<S::Ok, S::Error> {
                if as_string($bits, dialect) {
                    return out.serialize_str(itoa::Buffer::new().format(*self));
                }
                out.$print((*self).into())
            }

            fn from_json<'de, D: Deserializer<'de>>(
                input: D,
                _: &mut JsonCx,
            ) -> Result<Self, D::Error> {
                input.deserialize_any(IntegerVisitor(PhantomData))
            }

            fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
                bind_leaf(self, path, || parse(text))
            }

            fn kind(_: &mut Types) -> Kind {
                Kind::$kind
            }

            integers!(@list $type $format);
        })+
    )*};
    // `Vec<u8>` is bytes.
    (@list u8 Plain) => {
        fn list() -> impl super::value::List<Self, Plain> {
            super::bytes::Octets
        }
    };
    (@list $type:ident $format:ident) => {};
}

#[cold]
fn out_of_range(value: impl fmt::Display, expected: &str) -> Fault {
    Fault::new(format!("{value} is out of range: expected {expected}"))
}

const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn unzigzag32(raw: Raw<'_>) -> Result<i32, Fault> {
    let value = raw.varint()? as u32;
    Ok((value >> 1) as i32 ^ -((value & 1) as i32))
}

/// Negative numbers take ten bytes, as the format asks: `int32` and `int64` are the same on the wire.
const fn signed(value: i64) -> u64 {
    value as u64
}

fn narrow<T: TryFrom<i32> + Integer>(value: i32) -> Result<T, Fault> {
    T::try_from(value).map_err(|_| out_of_range(value, T::EXPECTED))
}

fn narrow_unsigned<T: TryFrom<u32> + Integer>(value: u32) -> Result<T, Fault> {
    T::try_from(value).map_err(|_| out_of_range(value, T::EXPECTED))
}

integers! {
    i8 as serialize_i32 "an integer from -128 to 127", 8 {
        Plain Varint Int32
            |v| varint_size(signed(v.into())); |out| write_varint(signed(v.into()), out); |raw| narrow(raw.varint()? as i32);
        Zigzag Varint Sint32
            |v| varint_size(zigzag(v.into())); |out| write_varint(zigzag(v.into()), out); |raw| narrow(unzigzag32(raw)?);
    }
    i16 as serialize_i32 "an integer from -32768 to 32767", 16 {
        Plain Varint Int32
            |v| varint_size(signed(v.into())); |out| write_varint(signed(v.into()), out); |raw| narrow(raw.varint()? as i32);
        Zigzag Varint Sint32
            |v| varint_size(zigzag(v.into())); |out| write_varint(zigzag(v.into()), out); |raw| narrow(unzigzag32(raw)?);
    }
    i32 as serialize_i32 "a 32 bit integer", 32 {
        Plain Varint Int32
            |v| varint_size(signed(v.into())); |out| write_varint(signed(v.into()), out); |raw| Ok(raw.varint()? as i32);
        Zigzag Varint Sint32
            |v| varint_size(zigzag(v.into())); |out| write_varint(zigzag(v.into()), out); |raw| unzigzag32(raw);
        Fixed Fixed32 Sfixed32
            |_v| 4; |out| out.extend_from_slice(&_v.to_le_bytes()); |raw| Ok(raw.fixed32()? as i32);
    }
    i64 as serialize_i64 "a 64 bit integer", 64 {
        Plain Varint Int64
            |v| varint_size(signed(v)); |out| write_varint(signed(v), out); |raw| Ok(raw.varint()? as i64);
        Zigzag Varint Sint64
            |v| varint_size(zigzag(v)); |out| write_varint(zigzag(v), out); |raw| Ok(unzigzag(raw.varint()?));
        Fixed Fixed64 Sfixed64
            |_v| 8; |out| out.extend_from_slice(&_v.to_le_bytes()); |raw| Ok(raw.fixed64()? as i64);
    }
    u8 as serialize_u32 "an integer from 0 to 255", 8 {
        Plain Varint Uint32
            |v| varint_size(v.into()); |out| write_varint(v.into(), out); |raw| narrow_unsigned(raw.varint()? as u32);
    }
    u16 as serialize_u32 "an integer from 0 to 65535", 16 {
        Plain Varint Uint32
            |v| varint_size(v.into()); |out| write_varint(v.into(), out); |raw| narrow_unsigned(raw.varint()? as u32);
    }
    u32 as serialize_u32 "an unsigned 32 bit integer", 32 {
        Plain Varint Uint32
            |v| varint_size(v.into()); |out| write_varint(v.into(), out); |raw| Ok(raw.varint()? as u32);
        Fixed Fixed32 Fixed32
            |_v| 4; |out| out.extend_from_slice(&_v.to_le_bytes()); |raw| raw.fixed32();
    }
    u64 as serialize_u64 "an unsigned 64 bit integer", 64 {
        Plain Varint Uint64
            |v| varint_size(v); |out| write_varint(v, out); |raw| raw.varint();
        Fixed Fixed64 Fixed64
            |_v| 8; |out| out.extend_from_slice(&_v.to_le_bytes()); |raw| raw.fixed64();
    }
}

struct FloatVisitor;

impl<'de> Visitor<'de> for FloatVisitor {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, \"NaN\", \"Infinity\" or \"-Infinity\"")
    }

    fn visit_u64<E>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_i64<E>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_f64<E>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<f64, E> {
        parse_float(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<f64, A::Error> {
        let text = number_text(map, &self)?;
        self.visit_str(&text)
    }
}

/// `f64` to `f32`, where what is finite stays finite.
fn to_f32(value: f64) -> Result<f32, Fault> {
    #[expect(clippy::cast_possible_truncation, reason = "the line below looks at what came out")]
    let single = value as f32;
    if value.is_finite() && !single.is_finite() {
        return Err(out_of_range(value, "a 32 bit floating-point number"));
    }
    Ok(single)
}

macro_rules! floats {
    ($($type:ident $wire:ident $kind:ident $raw:ident $print:ident $narrow:expr;)*) => {$(
        impl Single for $type {}

        impl Initial for $type {
            fn initial() -> Self {
                0.0
            }
        }

        impl Value for $type {
            const WIRE: WireType = WireType::$wire;

            fn initial() -> Option<Self> {
                Some(0.0)
            }

            /// Minus zero is not the default: it is written.
            fn is_default(&self) -> bool {
                self.to_bits() == 0
            }

            fn size(&self) -> usize {
                size_of::<Self>()
            }

            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn read(raw: Raw<'_>, _: &mut WireCx<'_>) -> Result<Self, Fault> {
                raw.$raw().map(Self::from_bits)
            }

            fn to_json<S: Serializer>(&self, out: S, _: Dialect) -> Result<S::Ok, S::Error> {
                if self.is_nan() {
                    return out.serialize_str("NaN");
                }
                if self.is_infinite() {
                    return out.serialize_str(if *self > 0.0 { "Infinity" } else { "-Infinity" });
                }
                out.$print(*self)
            }

            fn from_json<'de, D: Deserializer<'de>>(
                input: D,
                _: &mut JsonCx,
            ) -> Result<Self, D::Error> {
                $narrow(input.deserialize_any(FloatVisitor)?).map_err(D::Error::custom)
            }

            fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
                bind_leaf(self, path, || {
                    parse_float(text).ok_or_else(|| expected("a number", text)).and_then($narrow)
                })
            }

            fn kind(_: &mut Types) -> Kind {
                Kind::$kind
            }
        }
    )*};
}

floats! {
    f32 Fixed32 Float fixed32 serialize_f32 to_f32;
    f64 Fixed64 Double fixed64 serialize_f64 Ok::<f64, Fault>;
}
