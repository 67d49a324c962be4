//! Spans and log records as lines: what is exported is read back.

use std::fmt::Write as _;

use bytes::Buf as _;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ScopeSpans, Span};
use prost::Message;
use serde_json::{Map, Value as Json, json};

use super::super::Signal;
use super::super::batch::{Batch, Group};
use super::super::losses::cause;
use super::super::queue::{Export, Lost};
use super::print;

/// Shows the items of a signal.
pub(in super::super) struct Items(pub(in super::super) Signal);

impl Export for Items {
    async fn export(&self, batch: Batch) -> Result<(), Lost> {
        let lines = batch.groups().iter().flat_map(|group| self.lines(group));
        print(lines).map_err(|error| Lost { number: batch.len(), cause: cause(error) })
    }
}

impl Items {
    fn lines(&self, group: &Group) -> Vec<Json> {
        match self.0 {
            Signal::Traces => {
                let ScopeSpans { scope, spans, .. } = read(group);
                let scope = scope.unwrap_or_default().name;
                spans.into_iter().map(|it| span(it, &scope)).collect()
            }
            Signal::Logs => {
                let ScopeLogs { scope, log_records, .. } = read(group);
                let scope = scope.unwrap_or_default().name;
                log_records.into_iter().map(|it| record(it, &scope)).collect()
            }
        }
    }
}

/// What the items of a scope are a message of.
fn read<M: Message + Default>(group: &Group) -> M {
    // It was written here: it can be read.
    M::decode(group.scope.chain(&group.items[..])).unwrap_or_default()
}

fn span(span: Span, scope: &str) -> Json {
    let kind = span.kind().as_str_name().trim_start_matches("SPAN_KIND_").to_lowercase();
    let mut line = json!({
        "span": span.name,
        "trace_id": hex(&span.trace_id),
        "span_id": hex(&span.span_id),
        "parent_span_id": (!span.parent_span_id.is_empty()).then(|| hex(&span.parent_span_id)),
        "kind": kind,
        "start": nanoseconds(span.start_time_unix_nano),
        "end": nanoseconds(span.end_time_unix_nano),
        "scope": scope,
        "attributes": attributes(span.attributes),
    });
    let status = span.status.unwrap_or_default();
    match status.code() {
        StatusCode::Unset => {}
        StatusCode::Ok => line["status"] = "ok".into(),
        StatusCode::Error => {
            line["status"] = "error".into();
            line["description"] = status.message.into();
        }
    }
    if !span.events.is_empty() {
        let events = span.events.into_iter().map(|event| {
            let attributes = attributes(event.attributes);
            json!({"name": event.name, "time": nanoseconds(event.time_unix_nano), "attributes": attributes})
        });
        line["events"] = events.collect();
    }
    if !span.links.is_empty() {
        let links = span.links.into_iter().map(|link| {
            json!({
                "trace_id": hex(&link.trace_id),
                "span_id": hex(&link.span_id),
                "attributes": attributes(link.attributes),
            })
        });
        line["links"] = links.collect();
    }
    line
}

fn record(record: LogRecord, scope: &str) -> Json {
    let time = match record.time_unix_nano {
        0 => record.observed_time_unix_nano,
        time => time,
    };
    let severity = record.severity_text;
    let mut line = json!({
        "log": record.body.map(any),
        "severity": (!severity.is_empty()).then_some(severity),
        "time": (time != 0).then(|| nanoseconds(time)),
        "target": scope,
        "attributes": attributes(record.attributes),
    });
    if !record.trace_id.is_empty() {
        line["trace_id"] = hex(&record.trace_id).into();
        line["span_id"] = hex(&record.span_id).into();
    }
    line
}

fn attributes(of: Vec<KeyValue>) -> Map<String, Json> {
    of.into_iter().map(|it| (it.key, it.value.map_or(Json::Null, any))).collect()
}

fn any(value: AnyValue) -> Json {
    match value.value {
        Some(Value::StringValue(value)) => value.into(),
        Some(Value::BoolValue(value)) => value.into(),
        Some(Value::IntValue(value)) => value.into(),
        Some(Value::DoubleValue(value)) => value.into(),
        Some(Value::ArrayValue(list)) => list.values.into_iter().map(any).collect(),
        Some(Value::KvlistValue(map)) => attributes(map.values).into(),
        Some(Value::BytesValue(bytes)) => hex(&bytes).into(),
        // The protocol may add kinds.
        _ => Json::Null,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Nanoseconds as text: JSON's numbers are too small in many readers.
fn nanoseconds(time: u64) -> String {
    time.to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use opentelemetry::KeyValue;
    use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
    use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::logs::SdkLoggerProvider;
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::super::super::losses::Losses;
    use super::super::super::orders;
    use super::super::super::queue::Queue;
    use super::super::super::records::Records;
    use super::super::super::spans::Spans;
    use super::*;
    use crate::telemetry::settings::{BatchSettings, TelemetrySettings};

    fn queue() -> Arc<Queue> {
        let batch = BatchSettings { batch: 1, queue: 10, delay: Duration::from_secs(1) };
        Arc::new(Queue::new(batch, Arc::new(Losses::new("traces", "console".to_owned()))))
    }

    fn line(queue: &Queue, signal: Signal) -> Json {
        let batch = queue.take().expect("it waits");
        let lines: Vec<_> =
            batch.groups().iter().flat_map(|group| Items(signal).lines(group)).collect();
        let [line] = &lines[..] else { panic!("{lines:?}") };
        line.clone()
    }

    #[test]
    fn a_span_is_one_line() {
        let (queue, boss) = (queue(), Arc::new(orders::pair().0));
        let limits = TelemetrySettings::off().limits;
        let spans = Spans::new(vec![(Arc::clone(&queue), boss)], limits);
        let provider = SdkTracerProvider::builder().with_span_processor(spans).build();
        let tracer = provider.tracer("user");
        let mut ended = tracer.span_builder("GET /").with_kind(SpanKind::Server).start(&tracer);
        ended.set_attribute(KeyValue::new("number", 7));
        ended.add_event("seen", vec![KeyValue::new("text", "line\nbreak")]);
        ended.set_status(Status::error("it broke"));
        let (trace, id) = (ended.span_context().trace_id(), ended.span_context().span_id());
        ended.end();
        let line = line(&queue, Signal::Traces);
        assert!(!line.to_string().contains('\n'));
        assert_eq!(line["span"], "GET /");
        assert_eq!(line["kind"], "server");
        assert_eq!(line["trace_id"], trace.to_string());
        assert_eq!(line["span_id"], id.to_string());
        assert_eq!(line["parent_span_id"], Json::Null);
        assert_eq!(line["attributes"], json!({"number": 7}));
        assert_eq!(line["events"][0]["attributes"], json!({"text": "line\nbreak"}));
        assert_eq!((&line["status"], &line["description"]), (&json!("error"), &json!("it broke")));
    }

    #[test]
    fn a_record_is_one_line() {
        let (queue, boss) = (queue(), Arc::new(orders::pair().0));
        let limits = TelemetrySettings::off().record_limits;
        let records = Records::new(vec![(Arc::clone(&queue), boss)], limits);
        let provider = SdkLoggerProvider::builder().with_log_processor(records).build();
        let logger = provider.logger("user");
        let mut emitted = logger.create_log_record();
        emitted.set_body("it works".into());
        emitted.set_severity_text("INFO");
        emitted.set_severity_number(Severity::Info);
        emitted.add_attribute("number", 7);
        logger.emit(emitted);
        let line = line(&queue, Signal::Logs);
        assert_eq!((&line["log"], &line["severity"]), (&json!("it works"), &json!("INFO")));
        assert_eq!(line["target"], "user");
        assert_eq!(line["attributes"], json!({"number": 7}));
    }
}
