//! Telemetry for people and for scripts: one line of JSON on stdout for each span, metric and record.

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::logs::AnyValue;
use opentelemetry::trace::{SpanId, Status};
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, ExponentialHistogramDataPoint, HistogramDataPoint, MetricData,
    ResourceMetrics,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::SpanData;
use serde_json::{Map, Value as Json, json};

use super::queue::Export;
use super::records::Record;

pub(super) struct Console;

impl Export<SpanData> for Console {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        print(batch.iter().map(span))
    }
}

impl Export<Record> for Console {
    async fn export(&self, batch: Vec<Record>) -> OTelSdkResult {
        print(batch.iter().map(record))
    }
}

impl PushMetricExporter for Console {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        print(lines(metrics).into_iter())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

fn print(lines: impl Iterator<Item = Json>) -> OTelSdkResult {
    // One write for all of them: whoever reads along sees whole lines.
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| OTelSdkError::InternalFailure(error.to_string()))
}

fn span(span: &SpanData) -> Json {
    let parent = span.parent_span_id;
    let mut line = json!({
        "span": span.name,
        "trace_id": span.span_context.trace_id().to_string(),
        "span_id": span.span_context.span_id().to_string(),
        "parent_span_id": (parent != SpanId::INVALID).then(|| parent.to_string()),
        "kind": format!("{:?}", span.span_kind).to_lowercase(),
        "start": nanoseconds(span.start_time),
        "end": nanoseconds(span.end_time),
        "scope": span.instrumentation_scope.name(),
        "attributes": attributes(span.attributes.iter()),
    });
    match &span.status {
        Status::Unset => {}
        Status::Ok => line["status"] = "ok".into(),
        Status::Error { description } => {
            line["status"] = "error".into();
            line["description"] = description.as_ref().into();
        }
    }
    if !span.events.is_empty() {
        let events = span.events.iter().map(|event| {
            let attributes = attributes(event.attributes.iter());
            json!({"name": event.name, "time": nanoseconds(event.timestamp), "attributes": attributes})
        });
        line["events"] = events.collect();
    }
    if !span.links.is_empty() {
        let links = span.links.iter().map(|link| {
            json!({
                "trace_id": link.span_context.trace_id().to_string(),
                "span_id": link.span_context.span_id().to_string(),
                "attributes": attributes(link.attributes.iter()),
            })
        });
        line["links"] = links.collect();
    }
    line
}

fn record(record: &Record) -> Json {
    let (record, scope) = &**record;
    let attributes: Map<String, Json> = record
        .attributes_iter()
        .map(|(key, value)| (key.as_str().to_owned(), any(value)))
        .collect();
    let mut line = json!({
        "log": record.body().map(any),
        "severity": record.severity_text(),
        "time": record.timestamp().or(record.observed_timestamp()).map(nanoseconds),
        "target": record.target().map_or_else(|| scope.name(), |target| target.as_ref()),
        "attributes": attributes,
    });
    if let Some(trace) = record.trace_context() {
        line["trace_id"] = trace.trace_id.to_string().into();
        line["span_id"] = trace.span_id.to_string().into();
    }
    line
}

fn lines(metrics: &ResourceMetrics) -> Vec<Json> {
    let mut all = Vec::new();
    for scope in metrics.scope_metrics() {
        for metric in scope.metrics() {
            let (kind, points) = match metric.data() {
                AggregatedMetrics::F64(data) => points(data),
                AggregatedMetrics::I64(data) => points(data),
                AggregatedMetrics::U64(data) => points(data),
            };
            all.push(json!({
                "metric": metric.name(),
                "kind": kind,
                "unit": metric.unit(),
                "scope": scope.scope().name(),
                "points": points,
            }));
        }
    }
    all
}

fn points<T: Copy + Into<Number>>(data: &MetricData<T>) -> (&'static str, Vec<Json>) {
    let one = |value: T| value.into().0;
    match data {
        MetricData::Gauge(gauge) => {
            let points = gauge.data_points();
            ("gauge", points.map(|p| point(p.attributes(), one(p.value()))).collect())
        }
        MetricData::Sum(sum) => {
            let kind = if sum.is_monotonic() { "counter" } else { "updowncounter" };
            let points = sum.data_points();
            (kind, points.map(|p| point(p.attributes(), one(p.value()))).collect())
        }
        MetricData::Histogram(histogram) => {
            let show = |p: &HistogramDataPoint<T>| {
                let bounds: Vec<_> = p.bounds().collect();
                let counts: Vec<_> = p.bucket_counts().collect();
                let value = json!({"count": p.count(), "sum": one(p.sum()), "bounds": bounds, "counts": counts});
                point(p.attributes(), value)
            };
            ("histogram", histogram.data_points().map(show).collect())
        }
        MetricData::ExponentialHistogram(histogram) => {
            let show = |p: &ExponentialHistogramDataPoint<T>| {
                let value = json!({"count": p.count(), "sum": one(p.sum()), "scale": p.scale()});
                point(p.attributes(), value)
            };
            ("histogram", histogram.data_points().map(show).collect())
        }
    }
}

fn point<'a>(of: impl Iterator<Item = &'a KeyValue>, value: Json) -> Json {
    json!({"attributes": attributes(of), "value": value})
}

struct Number(Json);

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl From<$number> for Number {
            fn from(number: $number) -> Self {
                Self(number.into())
            }
        }
    )*};
}
numbers!(f64 i64 u64);

fn attributes<'a>(of: impl Iterator<Item = &'a KeyValue>) -> Json {
    of.map(|attribute| (attribute.key.as_str().to_owned(), value(&attribute.value))).collect()
}

fn value(value: &Value) -> Json {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::I64(value) => (*value).into(),
        Value::F64(value) => (*value).into(),
        Value::String(value) => value.as_str().into(),
        Value::Array(Array::Bool(values)) => values.clone().into(),
        Value::Array(Array::I64(values)) => values.clone().into(),
        Value::Array(Array::F64(values)) => values.clone().into(),
        Value::Array(Array::String(values)) => values.iter().map(|value| value.as_str()).collect(),
        // The crate may add kinds.
        other => other.to_string().into(),
    }
}

fn any(value: &AnyValue) -> Json {
    match value {
        AnyValue::Int(value) => (*value).into(),
        AnyValue::Double(value) => (*value).into(),
        AnyValue::String(value) => value.as_str().into(),
        AnyValue::Boolean(value) => (*value).into(),
        AnyValue::ListAny(values) => values.iter().map(any).collect(),
        AnyValue::Map(values) => {
            values.iter().map(|(key, value)| (key.as_str().to_owned(), any(value))).collect()
        }
        // Bytes, and what the crate may add.
        other => format!("{other:?}").into(),
    }
}

/// As text: JSON's numbers are too small in many readers.
fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos()).to_string()
}
