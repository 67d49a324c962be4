//! `opentelemetry.proto.logs.v1.LogRecord`.

use opentelemetry_sdk::logs::SdkLogRecord;

use super::backwards::Backwards;
use super::values::{any, nanoseconds, pair};

/// The fields of a record.
pub(in super::super) fn record(record: &SdkLogRecord) -> Backwards {
    let mut out = Backwards::with_room(512);
    out.text(12, record.event_name().unwrap_or_default());
    if let Some(observed) = record.observed_timestamp() {
        out.fixed64(11, nanoseconds(observed));
    }
    if let Some(trace) = record.trace_context() {
        out.bytes(10, &trace.span_id.to_bytes());
        out.bytes(9, &trace.trace_id.to_bytes());
        if let Some(flags) = trace.trace_flags {
            out.fixed32(8, flags.to_u8().into());
        }
    }
    let attributes: smallvec::SmallVec<[_; 8]> = record.attributes_iter().collect();
    for (key, value) in attributes.into_iter().rev() {
        pair(&mut out, 6, key.as_str(), |out| any(out, value));
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
