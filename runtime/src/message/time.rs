//! `google.protobuf.Timestamp` and `google.protobuf.Duration`, for every Rust type that stands for one of them.
//!
//! Beside the ProtoJSON text, the object with `seconds` and `nanos` is read: Go's plain encoder writes it.

use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::Error as _;
use serde::{Deserializer, Serializer};

use super::field::Field;
use super::format::Plain;
use super::json::JsonCx;
use super::time_text::{
    Stamp, parse_any_duration, parse_duration, parse_timestamp, print_duration, print_timestamp,
};
use super::value::{Single, Value};
use super::wire::{Reader, WireType, len_size, write_varint};
use super::{Dialect, Fault, Kind, Raw, TypeRef, Types, WireCx};

/// Which of the two a type is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Timestamp,
    Duration,
}

impl Which {
    pub(crate) const fn type_ref(self) -> TypeRef {
        TypeRef::Named(match self {
            Self::Timestamp => "google.protobuf.Timestamp",
            Self::Duration => "google.protobuf.Duration",
        })
    }

    pub(crate) fn print(self, stamp: Stamp) -> Result<String, Fault> {
        match self {
            Self::Timestamp => print_timestamp(stamp),
            Self::Duration => print_duration(stamp),
        }
    }

    fn parse(self, text: &str) -> Result<Stamp, Fault> {
        match self {
            Self::Timestamp => parse_timestamp(text),
            Self::Duration => parse_duration(text),
        }
    }
}

/// A type that stands for one of the two.
pub(crate) trait Timed: Sized {
    const WHICH: Which;

    fn to_stamp(&self) -> Stamp;

    fn from_stamp(stamp: Stamp) -> Result<Self, Fault>;
}

pub(crate) fn size(stamp: Stamp) -> usize {
    Field::<Plain>::size(&stamp.seconds, 1) + Field::<Plain>::size(&stamp.nanos, 2)
}

pub(crate) fn write(stamp: Stamp, out: &mut Vec<u8>) {
    Field::<Plain>::write(&stamp.seconds, 1, out);
    Field::<Plain>::write(&stamp.nanos, 2, out);
}

/// Reads the message's fields over `stamp`.
pub(crate) fn read(mut stamp: Stamp, body: &[u8], cx: &mut WireCx<'_>) -> Result<Stamp, Fault> {
    let mut reader = Reader::new(body);
    while let Some((number, raw)) = reader.next_field()? {
        match number {
            1 => stamp.seconds = Value::<Plain>::read(raw, cx)?,
            2 => stamp.nanos = Value::<Plain>::read(raw, cx)?,
            _ => {}
        }
    }
    Ok(stamp)
}

pub(crate) fn to_json<T: Timed, S: Serializer>(value: &T, out: S) -> Result<S::Ok, S::Error> {
    let text = T::WHICH.print(value.to_stamp()).map_err(S::Error::custom)?;
    out.serialize_str(&text)
}

pub(crate) fn from_json<'de, T: Timed, D: Deserializer<'de>>(input: D) -> Result<T, D::Error> {
    input.deserialize_any(StampVisitor::<T>(PhantomData))
}

struct StampVisitor<T>(PhantomData<T>);

impl<'de, T: Timed> Visitor<'de> for StampVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match T::WHICH {
            Which::Timestamp => "a time such as \"2024-05-06T07:08:09Z\"",
            Which::Duration => "a duration such as \"1.5s\"",
        })
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        T::WHICH.parse(text).and_then(T::from_stamp).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut stamp = Stamp::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "seconds" => stamp.seconds = map.next_value::<Whole<i64>>()?.0,
                "nanos" => stamp.nanos = map.next_value::<Whole<i32>>()?.0,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        T::from_stamp(stamp).map_err(A::Error::custom)
    }
}

/// An integer in either of ProtoJSON's forms.
struct Whole<T>(T);

impl<'de, T: Value> serde::Deserialize<'de> for Whole<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        T::from_json(input, &mut JsonCx::of(0)).map(Self)
    }
}

pub(crate) fn parse<T: Timed>(text: &str) -> Result<T, Fault> {
    let stamp = match T::WHICH {
        Which::Timestamp => parse_timestamp(text),
        Which::Duration => parse_any_duration(text),
    };
    T::from_stamp(stamp?)
}

/// A time or duration as a field: a message on the wire, text in JSON.
macro_rules! timed_values {
    ($($type:ty)*) => {$(
        impl Single for $type {}

        impl Value for $type {
            const WIRE: WireType = WireType::Len;

            fn initial() -> Option<Self> {
                <$type as $crate::message::time::Timed>::from_stamp(Default::default()).ok()
            }

            fn is_default(&self) -> bool {
                false
            }

            fn size(&self) -> usize {
                len_size($crate::message::time::size(self.to_stamp()))
            }

            fn write(&self, out: &mut Vec<u8>) {
                let stamp = self.to_stamp();
                write_varint($crate::message::time::size(stamp) as u64, out);
                $crate::message::time::write(stamp, out);
            }

            fn read(raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<Self, Fault> {
                Self::from_stamp($crate::message::time::read(Default::default(), raw.bytes()?, cx)?)
            }

            fn merge(&mut self, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<(), Fault> {
                let stamp = $crate::message::time::read(self.to_stamp(), raw.bytes()?, cx)?;
                *self = Self::from_stamp(stamp)?;
                Ok(())
            }

            fn to_json<S: Serializer>(&self, out: S, _: Dialect) -> Result<S::Ok, S::Error> {
                $crate::message::time::to_json(self, out)
            }

            fn from_json<'de, D: Deserializer<'de>>(
                input: D,
                _: &mut JsonCx,
            ) -> Result<Self, D::Error> {
                $crate::message::time::from_json(input)
            }

            fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
                $crate::message::single::bind_leaf(self, path, || $crate::message::time::parse(text))
            }

            fn kind(_: &mut Types) -> Kind {
                Kind::Type(<$type as $crate::message::time::Timed>::WHICH.type_ref())
            }
        }

        impl $crate::message::Initial for $type {
            /// The epoch, or no time at all.
            fn initial() -> Self {
                <$type as $crate::message::time::Epoch>::EPOCH
            }
        }

        impl $crate::message::Traced for $type {
            fn attribute(&self) -> Option<$crate::message::Attribute> {
                let which = <$type as $crate::message::time::Timed>::WHICH;
                which.print(self.to_stamp()).ok().map($crate::message::Attribute::text)
            }
        }

        impl $crate::message::TracedItem for $type {}
    )*};
}
#[cfg(any(feature = "chrono", feature = "jiff"))]
pub(crate) use timed_values;

/// What such a type is when nothing set it.
pub(crate) trait Epoch {
    const EPOCH: Self;
}

impl Epoch for SystemTime {
    const EPOCH: Self = Self::UNIX_EPOCH;
}

impl Epoch for Duration {
    const EPOCH: Self = Self::ZERO;
}

timed_values! { SystemTime Duration }

#[cold]
pub(crate) fn out_of_range() -> Fault {
    Fault::new("out of the range of this type")
}

/// Nanoseconds that belong to a time count upwards from its second.
pub(crate) fn upward(nanos: i32) -> Result<u32, Fault> {
    u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000).ok_or_else(out_of_range)
}

impl Timed for SystemTime {
    const WHICH: Which = Which::Timestamp;

    fn to_stamp(&self) -> Stamp {
        let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        match self.duration_since(Self::UNIX_EPOCH) {
            Ok(after) => {
                Stamp { seconds: seconds(after), nanos: after.subsec_nanos().cast_signed() }
            }
            Err(before) => {
                let before = before.duration();
                match before.subsec_nanos().cast_signed() {
                    0 => Stamp { seconds: -seconds(before), nanos: 0 },
                    nanos => Stamp { seconds: -1 - seconds(before), nanos: 1_000_000_000 - nanos },
                }
            }
        }
    }

    fn from_stamp(stamp: Stamp) -> Result<Self, Fault> {
        let nanos = Duration::from_nanos(upward(stamp.nanos)?.into());
        let seconds = Duration::from_secs(stamp.seconds.unsigned_abs());
        let time = match stamp.seconds < 0 {
            true => Self::UNIX_EPOCH.checked_sub(seconds),
            false => Self::UNIX_EPOCH.checked_add(seconds),
        };
        time.and_then(|time| time.checked_add(nanos)).ok_or_else(out_of_range)
    }
}

impl Timed for Duration {
    const WHICH: Which = Which::Duration;

    fn to_stamp(&self) -> Stamp {
        let seconds = i64::try_from(self.as_secs()).unwrap_or(i64::MAX);
        Stamp { seconds, nanos: self.subsec_nanos().cast_signed() }
    }

    fn from_stamp(stamp: Stamp) -> Result<Self, Fault> {
        if stamp.seconds < 0 || stamp.nanos < 0 {
            return Err(Fault::new("a negative duration"));
        }
        let seconds = stamp.seconds.unsigned_abs();
        Ok(Self::new(seconds, upward(stamp.nanos)?))
    }
}
