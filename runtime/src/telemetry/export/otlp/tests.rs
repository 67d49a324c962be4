//! What is written, read by the types that `opentelemetry-otlp` writes with, against what it would have written.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, InstrumentationScope, Key, KeyValue, StringValue, Value};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::ResourceLogs;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{LogBatch, LogProcessor, SdkLogRecord, SdkLoggerProvider};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use prost::Message as _;

use super::super::batch::Batch;
use super::backwards::Backwards;
use super::request::{self, scope};
use super::{records, spans, without_user};
use crate::telemetry::settings::TelemetrySettings;

/// One record and whose it is.
type Record = (SdkLogRecord, InstrumentationScope);

#[test]
fn credentials_leave_the_endpoint() {
    let (endpoint, user) = without_user("http://me:p%40ss@host:4318/v1/traces?a=b@c");
    assert_eq!(endpoint, "http://host:4318/v1/traces?a=b@c");
    assert_eq!(user.as_deref(), Some(&b"me:p@ss"[..]));
    assert_eq!(without_user("http://host:4317"), ("http://host:4317".to_owned(), None));
    assert_eq!(without_user("host/@"), ("host/@".to_owned(), None));
}

fn resource() -> Resource {
    Resource::builder_empty()
        .with_schema_url(
            [KeyValue::new("service.name", "shop"), KeyValue::new("pid", 7)],
            "https://schema",
        )
        .build()
}

fn written(batch: &[(Backwards, Backwards)], resource: &Resource) -> bytes::Bytes {
    let mut all = Batch::default();
    batch.iter().for_each(|(scope, item)| all.push(scope.written(), item.written()));
    request::request(all, &request::resource(resource)).concat().into()
}

fn of_spans(batch: &[SpanData]) -> Vec<(Backwards, Backwards)> {
    let of = |span: &SpanData| {
        let of = &span.instrumentation_scope;
        (scope(of.name(), of), spans::span(span))
    };
    batch.iter().map(of).collect()
}

fn of_records(batch: &[Record]) -> Vec<(Backwards, Backwards)> {
    let limits = TelemetrySettings::off().record_limits;
    let of = |(record, of): &Record| {
        let name = record.target().map_or_else(|| of.name(), AsRef::as_ref);
        (scope(name, of), records::record(record, limits))
    };
    batch.iter().map(of).collect()
}

/// One of every kind, and the edges of each.
fn values() -> Vec<KeyValue> {
    let texts = |texts: &[&'static str]| {
        Value::Array(Array::String(texts.iter().map(|text| StringValue::from(*text)).collect()))
    };
    let values: Vec<Value> = vec![
        true.into(),
        false.into(),
        0.into(),
        i64::MIN.into(),
        i64::MAX.into(),
        0.0.into(),
        (-1.5).into(),
        f64::INFINITY.into(),
        "".into(),
        "größer 🔱".into(),
        "long".repeat(100).into(),
        std::sync::Arc::<str>::from("shared").into(),
        Value::Array(Array::Bool(vec![true, false])),
        Value::Array(Array::I64(vec![-1, 0, 300])),
        Value::Array(Array::F64(vec![0.0, 2.5])),
        texts(&["one", "", "three"]),
        texts(&[]),
    ];
    let keyed = values.into_iter().enumerate();
    let mut all: Vec<_> =
        keyed.map(|(index, value)| KeyValue::new(format!("key {index}"), value)).collect();
    all.push(KeyValue::new("", ""));
    all
}

fn at(nanoseconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanoseconds)
}

fn context(number: u8, sampled: bool, remote: bool, state: &str) -> SpanContext {
    let (trace, span) = (TraceId::from_bytes([number; 16]), SpanId::from_bytes([number; 8]));
    let flags = if sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    SpanContext::new(trace, span, flags, remote, state.parse().unwrap_or(TraceState::NONE))
}

/// A span that has nothing.
fn bare(scope: InstrumentationScope) -> SpanData {
    SpanData {
        span_context: context(0, false, false, ""),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: Cow::Borrowed(""),
        start_time: UNIX_EPOCH,
        end_time: UNIX_EPOCH,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: scope,
    }
}

/// A span that has everything.
fn full(scope: InstrumentationScope) -> SpanData {
    let mut events = SpanEvents::default();
    events.events = vec![
        Event::new("first", at(5), values(), 3),
        Event::new("", UNIX_EPOCH - Duration::from_secs(1), Vec::new(), 0),
    ];
    events.dropped_count = 400;
    let mut links = SpanLinks::default();
    links.links = vec![
        Link::new(context(8, true, true, "a=1,b=2"), values(), 1),
        Link::new(context(9, false, false, ""), Vec::new(), 0),
    ];
    links.dropped_count = 1;
    SpanData {
        span_context: context(1, true, false, "vendor=value,other=x"),
        parent_span_id: SpanId::from_bytes([2; 8]),
        parent_span_is_remote: true,
        name: Cow::Owned("GET /größe".to_owned()),
        start_time: at(1_700_000_000_123_456_789),
        end_time: at(1_700_000_000_223_456_789),
        attributes: values(),
        dropped_attributes_count: 70_000,
        events,
        links,
        ..bare(scope)
    }
}

fn scopes() -> [InstrumentationScope; 4] {
    let builder = || InstrumentationScope::builder("lib");
    [
        builder().with_version("1").with_schema_url("https://s/1").build(),
        builder().with_version("2").with_schema_url("https://s/1").build(),
        builder().with_version("1").with_attributes([KeyValue::new("of", "scope")]).build(),
        InstrumentationScope::default(),
    ]
}

fn expected(batch: &[SpanData], of: &Resource) -> ExportTraceServiceRequest {
    let resource_spans = group_spans_by_resource_and_scope(batch.to_vec(), &of.into());
    ExportTraceServiceRequest { resource_spans }
}

#[test]
fn spans_are_written_as_the_crate_writes_them() {
    let mut batch = Vec::new();
    // Each scope comes again after the others.
    for turn in 0..3 {
        for scope in scopes() {
            batch.push(if turn == 1 { bare(scope) } else { full(scope) });
        }
    }
    let kinds = [
        SpanKind::Client,
        SpanKind::Server,
        SpanKind::Producer,
        SpanKind::Consumer,
        SpanKind::Internal,
    ];
    let statuses = [Status::Ok, Status::error("it broke"), Status::error(""), Status::Unset];
    for (index, span) in batch.iter_mut().enumerate() {
        span.span_kind = kinds[index % kinds.len()].clone();
        span.status = statuses[index % statuses.len()].clone();
        span.parent_span_is_remote = index % 2 == 0;
    }
    for resource in [resource(), Resource::builder_empty().build()] {
        for batch in [&batch[..], &batch[..1], &batch[4..5]] {
            let read = ExportTraceServiceRequest::decode(written(&of_spans(batch), &resource));
            let (read, expected) = (read.expect("spans"), expected(batch, &resource));
            // One by one first: what differs is told, and not megabytes of what does not.
            let all = |request: &ExportTraceServiceRequest| {
                let scopes =
                    request.resource_spans.iter().flat_map(|spans| spans.scope_spans.clone());
                scopes.flat_map(|scope| scope.spans).collect::<Vec<_>>()
            };
            all(&read)
                .iter()
                .zip(all(&expected))
                .for_each(|(read, expected)| assert_eq!(*read, expected));
            assert!(read == expected);
        }
    }
}

#[test]
fn nothing_is_longer_than_it_must_be() {
    let mut batch: Vec<_> = (0..300).flat_map(|_| scopes().map(full)).collect();
    // Times are always written, even where they are zero, which none is.
    batch.iter_mut().for_each(|span| span.events.events[1].timestamp = at(1));
    let resource = resource();
    assert_eq!(
        written(&of_spans(&batch), &resource).len(),
        expected(&batch, &resource).encoded_len()
    );
}

/// Keeps what is emitted.
#[derive(Debug, Default, Clone)]
struct Kept(std::sync::Arc<std::sync::Mutex<Vec<Record>>>);

impl LogProcessor for Kept {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        self.0.lock().expect("no panic under the lock").push((record.clone(), scope.clone()));
    }

    fn force_flush(&self) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
}

/// Values of every kind; a map has one element, for its order is nobody's.
fn any_values() -> Vec<AnyValue> {
    let map = |value| AnyValue::Map(Box::new([(Key::new("key"), value)].into_iter().collect()));
    let list = AnyValue::ListAny(Box::new(vec![AnyValue::Int(-1), "two".into(), map(true.into())]));
    vec![
        AnyValue::Int(i64::MIN),
        AnyValue::Double(-0.5),
        "".into(),
        "größer".into(),
        true.into(),
        AnyValue::Bytes(Box::new(vec![0, 255])),
        map(list.clone()),
        list,
        AnyValue::ListAny(Box::default()),
    ]
}

#[test]
fn log_records_are_written_as_the_crate_writes_them() {
    let kept = Kept::default();
    let provider = SdkLoggerProvider::builder().with_log_processor(kept.clone()).build();
    for scope in scopes() {
        let logger = provider.logger_with_scope(scope);
        logger.emit(logger.create_log_record());
        for (index, value) in any_values().into_iter().enumerate() {
            let mut record = logger.create_log_record();
            record.set_event_name("event");
            record.set_target(["shop::order", "shop::user", ""][index % 3]);
            record.set_timestamp(at(1_700_000_000_000_000_001));
            record.set_observed_timestamp(at(1_700_000_000_000_000_002));
            record.set_severity_text("WARN");
            record.set_severity_number(
                [Severity::Trace, Severity::Warn2, Severity::Fatal4][index % 3],
            );
            let flags = (index % 2 == 0).then_some(TraceFlags::SAMPLED);
            record.set_trace_context(TraceId::from(7), SpanId::from(8), flags);
            record.set_body(value);
            // More than the record has room for by itself.
            for (index, value) in any_values().into_iter().enumerate() {
                record.add_attribute(format!("key {index}"), value);
            }
            logger.emit(record);
        }
    }
    let batch = std::mem::take(&mut *kept.0.lock().expect("no panic under the lock"));
    let lent: Vec<_> = batch.iter().map(|record| (&record.0, &record.1)).collect();
    let resource = resource();
    let mut expected = group_logs_by_resource_and_scope(&LogBatch::new(&lent), &(&resource).into());
    let read =
        ExportLogsServiceRequest::decode(written(&of_records(&batch), &resource)).expect("records");
    let mut read = read.resource_logs;
    for resource_logs in expected.iter_mut().chain(&mut read) {
        // The crate's order of scopes is that of a hash map.
        resource_logs
            .scope_logs
            .sort_by_key(|scope| format!("{:?} {}", scope.scope, scope.schema_url));
    }
    let all = |logs: &[ResourceLogs]| {
        let scopes = logs.iter().flat_map(|logs| logs.scope_logs.clone());
        scopes.flat_map(|scope| scope.log_records).collect::<Vec<_>>()
    };
    all(&read).iter().zip(all(&expected)).for_each(|(read, expected)| assert_eq!(*read, expected));
    assert!(read == expected);
}
