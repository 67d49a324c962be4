//! A value that is a field by itself: how [`Field`](super::Field) follows from [`Value`].

use serde::de::Error as _;
use serde::{Deserializer, Serializer};

use super::field::{Field, Member};
use super::json::{Found, JsonCx, NOTHING_SET, read_value};
use super::value::native_formats;
use super::value::{Single, Value};
use super::wire::{tag_size, write_tag};
use super::{Dialect, Fault, Kind, Label, Raw, Types, WireCx};

pub(crate) fn size<F, T: Value<F>>(value: &T, number: u32) -> usize {
    tag_size(number) + value.size()
}

pub(crate) fn write<F, T: Value<F>>(value: &T, number: u32, out: &mut Vec<u8>) {
    write_tag(number, T::WIRE, out);
    value.write(out);
}

#[inline]
pub(crate) fn from_json<'de, F, T: Value<F>, D: Deserializer<'de>>(
    input: D,
    cx: &mut JsonCx,
) -> Result<Option<T>, D::Error> {
    match read_value::<F, T, D>(input, cx)? {
        Found::Set(value) => Ok(Some(value)),
        Found::Unset => Err(D::Error::custom(NOTHING_SET)),
        Found::Null => Ok(None),
    }
}

/// A plain value has no parts.
pub(crate) fn bind_leaf<T>(
    value: &mut T,
    path: &[&str],
    parse: impl FnOnce() -> Result<T, Fault>,
) -> Result<bool, Fault> {
    if !path.is_empty() {
        return Ok(false);
    }
    *value = parse()?;
    Ok(true)
}

/// The body of `Field` for a value that is a field by itself, for every family of formats.
macro_rules! single_field {
    ($value:ty) => {
        const TRACED: bool = <Self as Value<$value>>::TRACED;

        fn trace_within(&self, to: &mut crate::__private::Attributes) {
            <Self as Value<$value>>::trace_within(self, to);
        }

        fn initial() -> Option<Self> {
            <Self as Value<$value>>::initial()
        }

        fn size(&self, number: u32) -> usize {
            if <Self as Value<$value>>::is_default(self) {
                return 0;
            }
            size::<$value, Self>(self, number)
        }

        fn write(&self, number: u32, out: &mut Vec<u8>) {
            if !<Self as Value<$value>>::is_default(self) {
                write::<$value, Self>(self, number, out);
            }
        }

        fn read(raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<Self, Fault> {
            <Self as Value<$value>>::read(raw, cx)
        }

        fn merge(&mut self, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<(), Fault> {
            <Self as Value<$value>>::merge(self, raw, cx)
        }

        fn to_json<S: Serializer>(&self, out: S, dialect: Dialect) -> Result<S::Ok, S::Error> {
            <Self as Value<$value>>::to_json(self, out, dialect)
        }

        fn from_json<'de, D: Deserializer<'de>>(
            input: D,
            cx: &mut JsonCx,
        ) -> Result<Option<Self>, D::Error> {
            from_json::<$value, Self, D>(input, cx)
        }

        fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
            <Self as Value<$value>>::bind(self, path, text)
        }

        fn shape(types: &mut Types) -> (Label, Kind) {
            (Label::Singular, <Self as Value<$value>>::kind(types))
        }
    };
}
pub(crate) use single_field;

native_formats!(F => {
    impl<T: Single<F>> Field<F> for T {
        single_field!(F);
    }
});

native_formats!(F => {
    impl<T: Single<F>> Member<F> for T {
        fn member_size(&self, number: u32) -> usize {
            size::<F, T>(self, number)
        }

        fn member_write(&self, number: u32, out: &mut Vec<u8>) {
            write::<F, T>(self, number, out);
        }
    }
});
