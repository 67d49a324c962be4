//! Enums without data: a proto enum.
//!
//! Generated code says which numbers and names there are; the rules for both stand here.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, Unexpected, Visitor};
use serde::{Deserializer, Serializer};

use super::single::bind_leaf;
use super::text::expected;
use super::wire::{varint_size, write_varint};
use super::{Attribute, Dialect, EnumDesc, Fault, Kind, Raw, Types};

/// What `#[message]` knows about an enum without data.
pub trait Enumeration: Sized + Send + Sync + 'static {
    /// Every name and its number; the first has number 0.
    const VALUES: &'static [(&'static str, i32)];

    /// The number of this value.
    fn number(&self) -> i32;

    /// The value with this number; `None` where the enum has neither it nor a catch-all.
    fn from_number(number: i32) -> Option<Self>;

    /// The description.
    fn describe() -> EnumDesc;
}

/// A negative number takes ten bytes, as the format asks.
fn wire(number: i32) -> u64 {
    i64::from(number) as u64
}

/// See [`Value::size`](super::Value::size).
pub fn size<E: Enumeration>(value: &E) -> usize {
    varint_size(wire(value.number()))
}

/// See [`Value::write`](super::Value::write).
pub fn write<E: Enumeration>(value: &E, out: &mut Vec<u8>) {
    write_varint(wire(value.number()), out);
}

/// See [`Value::read`](super::Value::read).
pub fn read<E: Enumeration>(raw: Raw<'_>) -> Result<E, Fault> {
    let number = raw.varint()? as i32;
    E::from_number(number).ok_or_else(|| unknown::<E>(number))
}

#[cold]
fn unknown<E: Enumeration>(number: i32) -> Fault {
    Fault::new(format!("{number} is not a value of this enum; it has {}", Known::<E>(PhantomData)))
}

/// The names, for messages about a wrong one.
struct Known<E>(PhantomData<E>);

impl<E: Enumeration> fmt::Display for Known<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More than this many help nobody.
        const SHOWN: usize = 8;
        for (index, (name, number)) in E::VALUES.iter().take(SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{name} ({number})")?;
        }
        if E::VALUES.len() > SHOWN { f.write_str(", ...") } else { Ok(()) }
    }
}

/// The name of a number.
pub fn name<E: Enumeration>(number: i32) -> Option<&'static str> {
    E::VALUES.iter().find(|(_, n)| *n == number).map(|(name, _)| *name)
}

fn from_name<E: Enumeration>(name: &str) -> Option<E> {
    E::VALUES.iter().find(|(n, _)| *n == name).and_then(|(_, number)| E::from_number(*number))
}

/// See [`Value::to_json`](super::Value::to_json).
pub fn to_json<E: Enumeration, S: Serializer>(
    value: &E,
    out: S,
    dialect: Dialect,
) -> Result<S::Ok, S::Error> {
    let number = value.number();
    match name::<E>(number) {
        Some(name) if dialect == Dialect::Proto => out.serialize_str(name),
        _ => out.serialize_i32(number),
    }
}

/// See [`Value::from_json`](super::Value::from_json).
pub fn from_json<'de, E: Enumeration, D: Deserializer<'de>>(input: D) -> Result<E, D::Error> {
    input.deserialize_any(EnumVisitor(PhantomData))
}

struct EnumVisitor<E>(PhantomData<E>);

impl<'de, E: Enumeration> Visitor<'de> for EnumVisitor<E> {
    type Value = E;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Known::<E>(PhantomData))
    }

    fn visit_u64<X: serde::de::Error>(self, number: u64) -> Result<E, X> {
        i32::try_from(number)
            .ok()
            .and_then(E::from_number)
            .ok_or_else(|| X::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<X: serde::de::Error>(self, number: i64) -> Result<E, X> {
        i32::try_from(number)
            .ok()
            .and_then(E::from_number)
            .ok_or_else(|| X::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_f64<X: serde::de::Error>(self, number: f64) -> Result<E, X> {
        // The cast saturates, outside every enum's numbers or onto one that the line below compares.
        let integer = number as i32;
        (f64::from(integer) == number)
            .then(|| E::from_number(integer))
            .flatten()
            .ok_or_else(|| X::invalid_value(Unexpected::Float(number), &self))
    }

    fn visit_str<X: serde::de::Error>(self, text: &str) -> Result<E, X> {
        from_name(text).ok_or_else(|| X::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<E, A::Error> {
        let text = super::number::number_text(map, &self)?;
        let number = super::text::parse_integer(&text).and_then(E::from_number);
        number.ok_or_else(|| A::Error::invalid_value(Unexpected::Str(&text), &self))
    }
}

/// See [`Value::bind`](super::Value::bind).
pub fn bind<E: Enumeration>(value: &mut E, path: &[&str], text: &str) -> Result<bool, Fault> {
    bind_leaf(value, path, || {
        let named = from_name(text);
        let numbered = || super::text::parse_integer(text).and_then(E::from_number);
        named.or_else(numbered).ok_or_else(|| expected(Known::<E>(PhantomData), text))
    })
}

/// See [`Traced`](super::Traced).
pub fn attribute<E: Enumeration>(value: &E) -> Attribute {
    match name::<E>(value.number()) {
        Some(name) => Attribute::text(name),
        None => Attribute::text(value.number()),
    }
}

/// See [`Value::kind`](super::Value::kind).
pub fn kind<E: Enumeration>(types: &mut Types) -> Kind {
    Kind::Type(types.enumeration::<E>(E::describe))
}
