//! The well-known types of `prost_types`, with the JSON forms that protobuf gives them.

use std::collections::BTreeMap;
use std::fmt;

use prost_types::value::Kind as Json;
use prost_types::{FieldMask, ListValue, Struct, Timestamp};
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::json::JsonCx;
use super::map::take;
use super::time::{Timed, Which, parse};
use super::time_text::Stamp;
use super::value::Initial;
use super::{Dialect, Fault, Message, Raw, TypeRef, Types, WireCx, bridge, case, generated, time};

/// What a well-known type has of its own.
pub(crate) trait WellKnown: prost::Message + Default + 'static {
    const NAME: &'static str;

    fn print<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error>;

    fn parse<'de, D: Deserializer<'de>>(input: D, cx: &mut JsonCx) -> Result<Self, D::Error>;

    fn parse_text(text: &str) -> Result<Self, Fault>;

    /// What JSON's `null` is, where it is a value.
    fn null() -> Option<Self> {
        None
    }
}

macro_rules! well_known {
    ($($type:ty)*) => {$(
        impl Initial for $type {
            fn initial() -> Self {
                Self::default()
            }
        }

        impl Message for $type {
            const FIELDS: &'static [&'static str] = &[];

            fn initial() -> Option<Self> {
                Some(Self::default())
            }

            fn size(&self) -> usize {
                bridge::size(self)
            }

            fn write(&self, out: &mut Vec<u8>) {
                bridge::write(self, out);
            }

            fn read(body: &[u8], cx: &mut WireCx<'_>) -> Result<Self, Fault> {
                bridge::read(body, cx)
            }

            fn merge_field(
                &mut self,
                number: u32,
                raw: Raw<'_>,
                cx: &mut WireCx<'_>,
            ) -> Result<bool, Fault> {
                bridge::merge_one(self, number, raw, cx)
            }

            fn to_json<S: Serializer>(&self, out: S, _: Dialect) -> Result<S::Ok, S::Error> {
                self.print(out)
            }

            fn from_json<'de, D: Deserializer<'de>>(
                input: D,
                cx: &mut JsonCx,
            ) -> Result<Self, D::Error> {
                <Self as WellKnown>::parse(input, cx)
            }

            fn from_null() -> Option<Self> {
                Self::null()
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

            fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
                super::single::bind_leaf(self, path, || Self::parse_text(text))
            }

            fn describe(_: &mut Types) -> TypeRef {
                TypeRef::Named(Self::NAME)
            }
        }
    )*};
}

well_known! { Timestamp prost_types::Duration FieldMask Struct prost_types::Value ListValue }
well_known! { super::Any prost_types::Any }

macro_rules! timed {
    ($($type:ty: $which:ident $name:literal;)*) => {$(
        impl Timed for $type {
            const WHICH: Which = Which::$which;

            fn to_stamp(&self) -> Stamp {
                Stamp { seconds: self.seconds, nanos: self.nanos }
            }

            fn from_stamp(stamp: Stamp) -> Result<Self, Fault> {
                Ok(Self { seconds: stamp.seconds, nanos: stamp.nanos })
            }
        }

        impl WellKnown for $type {
            const NAME: &'static str = $name;

            fn print<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                time::to_json(self, out)
            }

            fn parse<'de, D: Deserializer<'de>>(input: D, _: &mut JsonCx) -> Result<Self, D::Error> {
                time::from_json(input)
            }

            fn parse_text(text: &str) -> Result<Self, Fault> {
                parse(text)
            }
        }
    )*};
}

timed! {
    Timestamp: Timestamp "google.protobuf.Timestamp";
    prost_types::Duration: Duration "google.protobuf.Duration";
}

impl WellKnown for FieldMask {
    const NAME: &'static str = "google.protobuf.FieldMask";

    fn print<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        for (index, path) in self.paths.iter().enumerate() {
            let camel = case::camel(path)
                .ok_or_else(|| S::Error::custom(format_args!("{path:?} has no form in JSON")))?;
            if index > 0 {
                text.push(',');
            }
            text.push_str(&camel);
        }
        out.serialize_str(&text)
    }

    fn parse<'de, D: Deserializer<'de>>(input: D, _: &mut JsonCx) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        if text.contains('_') {
            return Err(D::Error::custom("the paths of a field mask are camelCase in JSON"));
        }
        Self::parse_text(&text).map_err(D::Error::custom)
    }

    /// Either case: a query may name fields as they are declared.
    fn parse_text(text: &str) -> Result<Self, Fault> {
        let paths = text.split(',').filter(|path| !path.is_empty());
        Ok(Self { paths: paths.map(case::snake).collect() })
    }
}

impl WellKnown for Struct {
    const NAME: &'static str = "google.protobuf.Struct";

    fn print<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(self.fields.len()))?;
        for (key, value) in &self.fields {
            map.serialize_entry(key, &Shown(value))?;
        }
        map.end()
    }

    fn parse<'de, D: Deserializer<'de>>(input: D, cx: &mut JsonCx) -> Result<Self, D::Error> {
        match <prost_types::Value as WellKnown>::parse(input, cx)?.kind {
            Some(Json::StructValue(fields)) => Ok(fields),
            _ => Err(D::Error::custom("expected an object")),
        }
    }

    fn parse_text(text: &str) -> Result<Self, Fault> {
        from_text(text)
    }
}

impl WellKnown for ListValue {
    const NAME: &'static str = "google.protobuf.ListValue";

    fn print<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut seq = out.serialize_seq(Some(self.values.len()))?;
        for value in &self.values {
            seq.serialize_element(&Shown(value))?;
        }
        seq.end()
    }

    fn parse<'de, D: Deserializer<'de>>(input: D, cx: &mut JsonCx) -> Result<Self, D::Error> {
        match <prost_types::Value as WellKnown>::parse(input, cx)?.kind {
            Some(Json::ListValue(list)) => Ok(list),
            _ => Err(D::Error::custom("expected a list")),
        }
    }

    fn parse_text(text: &str) -> Result<Self, Fault> {
        from_text(text)
    }
}

/// A structure in a query is JSON.
pub(super) fn from_text<T: WellKnown>(text: &str) -> Result<T, Fault> {
    let mut input = serde_json::Deserializer::from_str(text);
    let mut cx = JsonCx::of(text.len());
    match T::parse(&mut input, &mut cx).and_then(|value| input.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(error) => Err(cx.fault(error.to_string())),
    }
}

impl WellKnown for prost_types::Value {
    const NAME: &'static str = "google.protobuf.Value";

    fn print<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match &self.kind {
            None | Some(Json::NullValue(_)) => out.serialize_unit(),
            Some(Json::BoolValue(value)) => out.serialize_bool(*value),
            Some(Json::NumberValue(value)) => print_number(*value, out),
            Some(Json::StringValue(value)) => out.serialize_str(value),
            Some(Json::StructValue(value)) => value.print(out),
            Some(Json::ListValue(value)) => value.print(out),
        }
    }

    fn parse<'de, D: Deserializer<'de>>(input: D, cx: &mut JsonCx) -> Result<Self, D::Error> {
        cx.nested(|cx| input.deserialize_any(AnyJson { cx }))
    }

    /// A value in a query is a string: what else it might be cannot be told.
    fn parse_text(text: &str) -> Result<Self, Fault> {
        Ok(Self { kind: Some(Json::StringValue(text.to_owned())) })
    }

    fn null() -> Option<Self> {
        Some(Self { kind: Some(Json::NullValue(0)) })
    }
}

/// Below this magnitude an `f64` holds every integer.
pub(crate) const EXACT: f64 = 9_007_199_254_740_992.0;

fn print_number<S: Serializer>(value: f64, out: S) -> Result<S::Ok, S::Error> {
    if !value.is_finite() {
        return Err(S::Error::custom(
            "google.protobuf.Value has no JSON form for NaN and infinity",
        ));
    }
    if value.fract() == 0.0 && value.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "it is an integer below 2^53")]
        return out.serialize_i64(value as i64);
    }
    out.serialize_f64(value)
}

pub(super) struct Shown<'a, T>(pub(super) &'a T);

impl<T: WellKnown> Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.0.print(out)
    }
}

/// Reads any JSON as a `google.protobuf.Value`.
struct AnyJson<'a> {
    cx: &'a mut JsonCx,
}

impl<'de> DeserializeSeed<'de> for AnyJson<'_> {
    type Value = prost_types::Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        <prost_types::Value as WellKnown>::parse(input, self.cx)
    }
}

impl<'de> Visitor<'de> for AnyJson<'_> {
    type Value = prost_types::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Json::NullValue(0).into())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Json::BoolValue(value).into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Json::NumberValue(value as f64).into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Json::NumberValue(value as f64).into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Json::NumberValue(value).into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Json::StringValue(value.to_owned()).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(AnyJson { cx: self.cx })? {
            self.cx.budget.take::<Self::Value>().map_err(A::Error::custom)?;
            values.push(value);
        }
        Ok(Json::ListValue(ListValue { values }).into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(AnyJson { cx: self.cx })?;
            take(&fields, &mut self.cx.budget).map_err(A::Error::custom)?;
            if fields.insert(key, value).is_some() {
                return Err(A::Error::custom("a key is given twice"));
            }
        }
        Ok(Json::StructValue(Struct { fields }).into())
    }
}
