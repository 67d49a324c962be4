//! `Option<T>`: explicit presence.

use serde::{Deserializer, Serializer};

use super::field::Field;
use super::json::JsonCx;
use super::value::{Initial, Value, native_formats};
use super::{Dialect, Fault, Kind, Label, Raw, Types, WireCx};

impl<T> Initial for Option<T> {
    fn initial() -> Self {
        None
    }
}

/// The body of `Field` for `Option<T>`, for every family of formats.
macro_rules! option_field {
    ($value:ty) => {
        const TRACED: bool = <T as Value<$value>>::TRACED;

        fn trace_within(&self, to: &mut crate::__private::Attributes) {
            if let Some(value) = self {
                <T as Value<$value>>::trace_within(value, to);
            }
        }

        fn initial() -> Option<Self> {
            Some(None)
        }

        fn size(&self, number: u32) -> usize {
            self.as_ref()
                .map_or(0, |value| $crate::message::single::size::<$value, T>(value, number))
        }

        fn write(&self, number: u32, out: &mut Vec<u8>) {
            if let Some(value) = self {
                $crate::message::single::write::<$value, T>(value, number, out);
            }
        }

        fn read(raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<Self, Fault> {
            <T as Value<$value>>::read_set(raw, cx)
        }

        fn merge(&mut self, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<(), Fault> {
            match self {
                Some(value) => <T as Value<$value>>::merge(value, raw, cx),
                None => {
                    *self = <T as Value<$value>>::read_set(raw, cx)?;
                    Ok(())
                }
            }
        }

        fn is_printed(&self) -> bool {
            self.is_some()
        }

        fn to_json<S: Serializer>(&self, out: S, dialect: Dialect) -> Result<S::Ok, S::Error> {
            match self {
                Some(value) => <T as Value<$value>>::to_json(value, out, dialect),
                None => out.serialize_unit(),
            }
        }

        fn from_json<'de, D: Deserializer<'de>>(
            input: D,
            cx: &mut JsonCx,
        ) -> Result<Option<Self>, D::Error> {
            Ok(match $crate::message::json::read_value::<$value, T, D>(input, cx)? {
                $crate::message::json::Found::Set(value) => Some(Some(value)),
                $crate::message::json::Found::Unset => Some(None),
                $crate::message::json::Found::Null => None,
            })
        }

        fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
            match self {
                Some(value) => <T as Value<$value>>::bind(value, path, text),
                None => {
                    let value = <T as Value<$value>>::bind_new(path, text)?;
                    let known = value.is_some();
                    *self = value;
                    Ok(known)
                }
            }
        }

        fn shape(types: &mut Types) -> (Label, Kind) {
            (Label::Optional, <T as Value<$value>>::kind(types))
        }
    };
}
pub(crate) use option_field;

native_formats!(F => {
    impl<T: Value<F>> Field<F> for Option<T> {
        option_field!(F);
    }
});
