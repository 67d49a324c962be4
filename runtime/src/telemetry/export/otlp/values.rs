//! `opentelemetry.proto.common.v1`: attributes and their values.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::logs::AnyValue;
use opentelemetry::{Array, Key, KeyValue, Value};

use super::backwards::Backwards;

/// Fields of `KeyValue`.
const KEY: u32 = 1;
const VALUE: u32 = 2;

/// The kinds of `AnyValue`.
const STRING: u32 = 1;
const BOOL: u32 = 2;
const INT: u32 = 3;
const DOUBLE: u32 = 4;
const ARRAY: u32 = 5;
const MAP: u32 = 6;
const BYTES: u32 = 7;

/// What a list and a map have their elements in.
const ELEMENTS: u32 = 1;

/// Attributes, in the order that they are in.
pub(super) fn attributes(out: &mut Backwards, field: u32, attributes: &[KeyValue]) {
    for of in attributes.iter().rev() {
        attribute(out, field, &of.key, &of.value);
    }
}

pub(super) fn attribute(out: &mut Backwards, field: u32, key: &Key, of: &Value) {
    pair(out, field, key.as_str(), |out| value(out, of));
}

/// A key with what `value` writes.
#[inline]
pub(super) fn pair(out: &mut Backwards, field: u32, key: &str, value: impl FnOnce(&mut Backwards)) {
    out.message(field, |out| {
        out.message(VALUE, value);
        out.text(KEY, key);
    });
}

fn value(out: &mut Backwards, value: &Value) {
    match value {
        Value::Bool(value) => bool(out, *value),
        Value::I64(value) => int(out, *value),
        Value::F64(value) => double(out, *value),
        Value::String(value) => string(out, value.as_str()),
        Value::Array(Array::Bool(values)) => list(out, values, |out, value| bool(out, *value)),
        Value::Array(Array::I64(values)) => list(out, values, |out, value| int(out, *value)),
        Value::Array(Array::F64(values)) => list(out, values, |out, value| double(out, *value)),
        Value::Array(Array::String(values)) => {
            list(out, values, |out, value| string(out, value.as_str()));
        }
        // The crate may add kinds.
        other => string(out, &other.to_string()),
    }
}

/// The value of a log record.
pub(super) fn any(out: &mut Backwards, value: &AnyValue) {
    match value {
        AnyValue::Int(value) => int(out, *value),
        AnyValue::Double(value) => double(out, *value),
        AnyValue::String(value) => string(out, value.as_str()),
        AnyValue::Boolean(value) => bool(out, *value),
        AnyValue::Bytes(value) => out.bytes(BYTES, value),
        AnyValue::ListAny(values) => list(out, values, any),
        AnyValue::Map(values) => out.message(MAP, |out| {
            for (key, value) in values.iter() {
                pair(out, ELEMENTS, key.as_str(), |out| any(out, value));
            }
        }),
        // The crate may add kinds.
        other => string(out, &format!("{other:?}")),
    }
}

fn string(out: &mut Backwards, value: &str) {
    out.bytes(STRING, value.as_bytes());
}

fn bool(out: &mut Backwards, value: bool) {
    out.number(BOOL, value.into());
}

fn int(out: &mut Backwards, value: i64) {
    out.number(INT, value as u64);
}

fn double(out: &mut Backwards, value: f64) {
    out.fixed64(DOUBLE, value.to_bits());
}

fn list<T>(out: &mut Backwards, values: &[T], write: impl Fn(&mut Backwards, &T)) {
    out.message(ARRAY, |out| {
        for value in values.iter().rev() {
            out.message(ELEMENTS, |out| write(out, value));
        }
    });
}

/// Nanoseconds since 1970, which is when everything earlier was.
pub(super) fn nanoseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}
