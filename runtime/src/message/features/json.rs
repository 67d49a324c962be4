//! `serde_json::Value` as `google.protobuf.Value`.
//!
//! On the wire every number is a double: an integer beyond 2^53 arrives as its neighbour. In JSON it stays exact.

use prost_types::value::Kind as Json;
use prost_types::{ListValue, Struct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, Value};

use crate::message::{
    Dialect, Fault, Initial, JsonCx, Message, Raw, TypeRef, Types, WireCx, bridge, generated,
    well_known::EXACT,
};

fn to_prost(value: &Value) -> prost_types::Value {
    match value {
        Value::Null => Json::NullValue(0),
        Value::Bool(value) => Json::BoolValue(*value),
        Value::Number(value) => Json::NumberValue(value.as_f64().unwrap_or_default()),
        Value::String(value) => Json::StringValue(value.clone()),
        Value::Array(values) => {
            Json::ListValue(ListValue { values: values.iter().map(to_prost).collect() })
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (key.clone(), to_prost(value)));
            Json::StructValue(Struct { fields: fields.collect() })
        }
    }
    .into()
}

fn from_prost(value: prost_types::Value) -> Result<Value, Fault> {
    Ok(match value.kind {
        None | Some(Json::NullValue(_)) => Value::Null,
        Some(Json::BoolValue(value)) => Value::Bool(value),
        Some(Json::NumberValue(value)) => Value::Number(number(value)?),
        Some(Json::StringValue(value)) => Value::String(value),
        Some(Json::ListValue(list)) => {
            Value::Array(list.values.into_iter().map(from_prost).collect::<Result<_, _>>()?)
        }
        Some(Json::StructValue(fields)) => {
            let fields = fields.fields.into_iter();
            let fields = fields.map(|(key, value)| Ok((key, from_prost(value)?)));
            Value::Object(fields.collect::<Result<_, Fault>>()?)
        }
    })
}

/// What protobuf makes of two values of one field: lists are joined, objects take over the other's fields, and anything
/// else is replaced. What was there is not looked at again: a value may arrive in as many parts as it has bytes.
fn join(whole: &mut Value, part: Value) {
    match (whole, part) {
        (Value::Array(values), Value::Array(more)) => values.extend(more),
        (Value::Object(fields), Value::Object(more)) => fields.extend(more),
        (whole, part) => *whole = part,
    }
}

fn number(value: f64) -> Result<Number, Fault> {
    if value.fract() == 0.0 && value.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "it is an integer below 2^53")]
        return Ok(Number::from(value as i64));
    }
    Number::from_f64(value).ok_or_else(|| Fault::new("JSON has no number for NaN and infinity"))
}

impl Initial for Value {
    fn initial() -> Self {
        Self::Null
    }
}

impl Message for Value {
    const FIELDS: &'static [&'static str] = &[];

    fn initial() -> Option<Self> {
        Some(Self::Null)
    }

    fn size(&self) -> usize {
        bridge::size(&to_prost(self))
    }

    fn write(&self, out: &mut Vec<u8>) {
        bridge::write(&to_prost(self), out);
    }

    fn read(body: &[u8], cx: &mut WireCx<'_>) -> Result<Self, Fault> {
        from_prost(bridge::read(body, cx)?)
    }

    fn merge_field(
        &mut self,
        number: u32,
        raw: Raw<'_>,
        cx: &mut WireCx<'_>,
    ) -> Result<bool, Fault> {
        let mut part = prost_types::Value::default();
        let known = bridge::merge_one(&mut part, number, raw, cx)?;
        if part.kind.is_some() {
            join(self, from_prost(part)?);
        }
        Ok(known)
    }

    fn to_json<S: Serializer>(&self, out: S, _: Dialect) -> Result<S::Ok, S::Error> {
        self.serialize(out)
    }

    fn from_json<'de, D: Deserializer<'de>>(input: D, _: &mut JsonCx) -> Result<Self, D::Error> {
        Self::deserialize(input)
    }

    fn from_null() -> Option<Self> {
        Some(Self::Null)
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

    /// A value in a query is a string: what else it might be cannot be told.
    fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
        crate::message::single::bind_leaf(self, path, || Ok(Self::String(text.to_owned())))
    }

    fn describe(_: &mut Types) -> TypeRef {
        TypeRef::Named("google.protobuf.Value")
    }
}
