//! `opentelemetry.proto.common.v1`: attributes and their values.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::logs::AnyValue;
use opentelemetry::{Array, Key, KeyValue, Value};

use super::backwards::{Backwards, LENGTH};

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

pub(in crate::telemetry) fn attribute(out: &mut Backwards, field: u32, key: &Key, of: &Value) {
    match of {
        Value::String(of) => text(out, field, key.as_str(), of.as_str()),
        _ => pair(out, field, key.as_str(), |out| value(out, of)),
    }
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

/// An attribute that is a text.
pub(in crate::telemetry) fn text(out: &mut Backwards, field: u32, key: &str, value: &str) {
    let whole = key.len() + value.len() + 6;
    if whole >= 0x80 || field >= 0x10 || key.is_empty() {
        return pair(out, field, key, |out| string(out, value));
    }
    // The usual one: no length takes more than a byte, so that it is written in one piece.
    let tag = |field: u32| (field << 3 | LENGTH) as u8;
    let (own, rest) = out.take(whole + 2).split_at_mut(4);
    own.copy_from_slice(&[tag(field), whole as u8, tag(KEY), key.len() as u8]);
    let (name, rest) = rest.split_at_mut(key.len());
    name.copy_from_slice(key.as_bytes());
    let (of_value, text) = rest.split_at_mut(4);
    let length = value.len() as u8;
    of_value.copy_from_slice(&[tag(VALUE), length + 2, tag(STRING), length]);
    text.copy_from_slice(value.as_bytes());
}

/// An attribute that is a number.
#[inline]
pub(in crate::telemetry) fn number(out: &mut Backwards, field: u32, key: &str, value: i64) {
    pair(out, field, key, |out| int(out, value));
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
