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

use super::losses::cause;
use super::queue::{Export, Lost};
use super::records::Record;

pub(super) struct Console;

impl Export<SpanData> for Console {
    async fn export(&self, batch: Vec<SpanData>) -> Result<(), Lost> {
        shown(batch.len(), print(batch.iter().map(span)))
    }
}

impl Export<Record> for Console {
    async fn export(&self, batch: Vec<Record>) -> Result<(), Lost> {
        shown(batch.len(), print(batch.iter().map(record)))
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

fn shown(number: usize, printed: OTelSdkResult) -> Result<(), Lost> {
    printed.map_err(|error| Lost { number, cause: cause(error) })
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry::trace::{Span as _, SpanKind, Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::logs::SdkLoggerProvider;
    use opentelemetry_sdk::metrics::reader::MetricReader as _;
    use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::super::losses::Losses;
    use super::super::queue::Queue;
    use super::super::records::Records;
    use super::super::spans::Spans;
    use super::super::{Pushed, orders};
    use super::*;
    use crate::telemetry::settings::BatchSettings;

    fn queue<T>() -> Arc<Queue<T>> {
        let batch = BatchSettings { batch: 1, queue: 10, delay: Duration::from_secs(1) };
        Arc::new(Queue::new(batch, Arc::new(Losses::new("traces", "console".to_owned()))))
    }

    #[test]
    fn a_span_is_one_line() {
        let (queue, boss) = (queue(), Arc::new(orders::pair().0));
        let spans = Spans::new(vec![(Arc::clone(&queue), boss)], None);
        let provider = SdkTracerProvider::builder().with_span_processor(spans).build();
        let tracer = provider.tracer("user");
        let mut ended = tracer.span_builder("GET /").with_kind(SpanKind::Server).start(&tracer);
        ended.set_attribute(KeyValue::new("number", 7));
        ended.add_event("seen", vec![KeyValue::new("text", "line\nbreak")]);
        ended.set_status(Status::error("it broke"));
        let (trace, id) = (ended.span_context().trace_id(), ended.span_context().span_id());
        ended.end();
        let line = span(&queue.take().expect("it waits")[0]);
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
        let records = Records::new(vec![(Arc::clone(&queue), boss)]);
        let provider = SdkLoggerProvider::builder().with_log_processor(records).build();
        let logger = provider.logger("user");
        let mut emitted = logger.create_log_record();
        emitted.set_body("it works".into());
        emitted.set_severity_text("INFO");
        emitted.set_severity_number(Severity::Info);
        emitted.add_attribute("number", 7);
        logger.emit(emitted);
        let line = record(&queue.take().expect("it waits")[0]);
        assert_eq!((&line["log"], &line["severity"]), (&json!("it works"), &json!("INFO")));
        assert_eq!(line["target"], "user");
        assert_eq!(line["attributes"], json!({"number": 7}));
    }

    #[test]
    fn a_metric_is_one_line() {
        let reader = Arc::new(ManualReader::builder().build());
        let boss = Arc::new(orders::pair().0);
        let pushed = Pushed { reader: Arc::clone(&reader), boss };
        let provider = SdkMeterProvider::builder().with_reader(pushed).build();
        let meter = provider.meter("user");
        meter.u64_counter("pears").build().add(3, &[KeyValue::new("ripe", true)]);
        let sizes = meter.f64_histogram("sizes").with_unit("m").with_boundaries(vec![1.0]).build();
        sizes.record(0.5, &[]);
        let mut metrics = ResourceMetrics::default();
        reader.collect(&mut metrics).expect("they are there");
        let lines = lines(&metrics);
        let line = |name: &str| lines.iter().find(|line| line["metric"] == name).expect("a line");
        let pears = line("pears");
        assert_eq!(pears["kind"], "counter");
        assert_eq!(pears["points"], json!([{"attributes": {"ripe": true}, "value": 3}]));
        let sizes = line("sizes");
        assert_eq!((&sizes["kind"], &sizes["unit"]), (&json!("histogram"), &json!("m")));
        let value = json!({"count": 1, "sum": 0.5, "bounds": [1.0], "counts": [1, 0]});
        assert_eq!(sizes["points"], json!([{"attributes": {}, "value": value}]));
    }
}
