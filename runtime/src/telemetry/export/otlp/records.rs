//! `opentelemetry.proto.logs.v1.LogRecord`.

use std::borrow::Cow;

use opentelemetry::logs::AnyValue;
use opentelemetry_sdk::logs::SdkLogRecord;

use super::super::shortened;
use super::backwards::Backwards;
use super::values::{any, nanoseconds, pair};
use crate::telemetry::settings::RecordLimitSettings;

/// The fields of a record, with as many attributes as it may have.
pub(in super::super) fn record(record: &SdkLogRecord, limits: RecordLimitSettings) -> Backwards {
    let mut out = Backwards::with_room(512);
    out.text(12, record.event_name().unwrap_or_default());
    if let Some(observed) = record.observed_timestamp() {
        out.fixed64(11, nanoseconds(observed));
    }
    if let Some(trace) = record.trace_context() {
        out.bytes(10, &trace.span_id.to_bytes());
        out.bytes(9, &trace.trace_id.to_bytes());
        if let Some(flags) = trace.trace_flags {
            out.fixed32(8, super::spans::known(flags));
        }
    }
    let mut attributes: smallvec::SmallVec<[_; 8]> = record.attributes_iter().collect();
    let beyond = attributes.len().saturating_sub(limits.attributes as usize);
    attributes.truncate(limits.attributes as usize);
    out.count(7, beyond as u32);
    for (key, value) in attributes.into_iter().rev() {
        let value = match limits.value_length {
            None => Cow::Borrowed(value),
            Some(length) => within(value, length),
        };
        pair(&mut out, 6, key.as_str(), |out| any(out, &value));
    }
    if let Some(body) = record.body() {
        out.message(5, |out| any(out, body));
    }
    out.text(3, record.severity_text().unwrap_or_default());
    if let Some(severity) = record.severity_number() {
        out.number(2, severity as u64);
    }
    if let Some(time) = record.timestamp() {
        out.fixed64(1, nanoseconds(time));
    }
    out
}

/// A text, and every text in a list or a map, with so many characters at most.
fn within(value: &AnyValue, length: usize) -> Cow<'_, AnyValue> {
    let owned = |value| within(value, length).into_owned();
    match value {
        AnyValue::String(text) if text.as_str().len() > length => {
            Cow::Owned(shortened(text.as_str(), length).to_owned().into())
        }
        AnyValue::ListAny(values) => {
            Cow::Owned(AnyValue::ListAny(Box::new(values.iter().map(owned).collect())))
        }
        AnyValue::Map(values) => {
            let values = values.iter().map(|(key, value)| (key.clone(), owned(value)));
            Cow::Owned(AnyValue::Map(Box::new(values.collect())))
        }
        _ => Cow::Borrowed(value),
    }
}
