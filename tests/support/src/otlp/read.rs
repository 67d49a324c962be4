//! From the messages of OTLP to plain data.

use std::collections::btree_map::Entry;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1 as logs;
use opentelemetry_proto::tonic::metrics::v1 as metrics;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1 as traces;
use prost::Message as _;

use super::data::{
    Attributes, Kind, Link, Metric, Origin, Point, Received, Record, Shape, Signal, Span,
    SpanEvent, Status, Temporality, Value,
};

/// Adds what a request brings.
///
/// # Errors
/// When it is none.
pub(super) fn read(signal: Signal, body: &[u8], to: &mut Received) -> Result<(), String> {
    let said = |error: prost::DecodeError| format!("{signal:?}: {error}");
    match signal {
        Signal::Traces => {
            let request = ExportTraceServiceRequest::decode(body).map_err(said)?;
            for of_resource in request.resource_spans {
                for of_scope in of_resource.scope_spans {
                    let scope = (of_scope.scope, of_scope.schema_url);
                    let origin = origin(of_resource.resource.as_ref(), scope);
                    to.spans.extend(of_scope.spans.into_iter().map(|it| span(it, &origin)));
                }
            }
        }
        Signal::Metrics => {
            let request = ExportMetricsServiceRequest::decode(body).map_err(said)?;
            for of_resource in request.resource_metrics {
                for of_scope in of_resource.scope_metrics {
                    let scope = (of_scope.scope, of_scope.schema_url);
                    let origin = origin(of_resource.resource.as_ref(), scope);
                    to.metrics.extend(of_scope.metrics.into_iter().map(|it| metric(it, &origin)));
                }
            }
        }
        Signal::Logs => {
            let request = ExportLogsServiceRequest::decode(body).map_err(said)?;
            for of_resource in request.resource_logs {
                for of_scope in of_resource.scope_logs {
                    let scope = (of_scope.scope, of_scope.schema_url);
                    let origin = origin(of_resource.resource.as_ref(), scope);
                    to.logs.extend(of_scope.log_records.into_iter().map(|it| record(it, &origin)));
                }
            }
        }
    }
    Ok(())
}

fn origin(resource: Option<&Resource>, scope: (Option<InstrumentationScope>, String)) -> Origin {
    let (resource, duplicates) =
        attributes(resource.map(|resource| resource.attributes.clone()).unwrap_or_default());
    let (scope, schema) = scope;
    let InstrumentationScope { name, version, .. } = scope.unwrap_or_default();
    Origin { scope: name, version, schema, resource, duplicates }
}

/// The attributes, and the keys that were there before.
fn attributes(pairs: Vec<KeyValue>) -> (Attributes, Vec<String>) {
    let mut attributes = Attributes::new();
    let mut duplicates = Vec::new();
    for pair in pairs {
        match attributes.entry(pair.key) {
            Entry::Occupied(known) => duplicates.push(known.key().clone()),
            Entry::Vacant(free) => {
                free.insert(pair.value.map_or(Value::Nothing, value));
            }
        }
    }
    (attributes, duplicates)
}

fn value(any: AnyValue) -> Value {
    use any_value::Value as Sent;
    match any.value {
        Some(Sent::StringValue(text)) => Value::Text(text),
        Some(Sent::BoolValue(flag)) => Value::Bool(flag),
        Some(Sent::IntValue(number)) => Value::Int(number),
        Some(Sent::DoubleValue(number)) => Value::Float(number),
        Some(Sent::ArrayValue(list)) => Value::List(list.values.into_iter().map(value).collect()),
        Some(Sent::KvlistValue(list)) => Value::Map(attributes(list.values).0),
        Some(Sent::BytesValue(bytes)) => Value::Bytes(bytes),
        Some(Sent::StringValueStrindex(_)) | None => Value::Nothing,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn span(span: traces::Span, origin: &Origin) -> Span {
    use traces::span::SpanKind;
    let kind = match span.kind() {
        SpanKind::Unspecified => Kind::Unspecified,
        SpanKind::Internal => Kind::Internal,
        SpanKind::Server => Kind::Server,
        SpanKind::Client => Kind::Client,
        SpanKind::Producer => Kind::Producer,
        SpanKind::Consumer => Kind::Consumer,
    };
    let status = span.status.unwrap_or_default();
    let status = match status.code() {
        traces::status::StatusCode::Unset => Status::Unset,
        traces::status::StatusCode::Ok => Status::Ok,
        traces::status::StatusCode::Error => Status::Error(status.message),
    };
    let event = |event: traces::span::Event| SpanEvent {
        name: event.name,
        attributes: attributes(event.attributes).0,
    };
    let link = |link: traces::span::Link| Link {
        trace: hex(&link.trace_id),
        span: hex(&link.span_id),
        state: link.trace_state,
        flags: link.flags,
        attributes: attributes(link.attributes).0,
    };
    let (attributes, duplicates) = attributes(span.attributes);
    Span {
        name: span.name,
        kind,
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        state: span.trace_state,
        flags: span.flags,
        status,
        attributes,
        duplicates,
        events: span.events.into_iter().map(event).collect(),
        links: span.links.into_iter().map(link).collect(),
        start: span.start_time_unix_nano,
        end: span.end_time_unix_nano,
        origin: origin.clone(),
    }
}

fn metric(metric: metrics::Metric, origin: &Origin) -> Metric {
    let counter = |monotonic| if monotonic { Shape::Counter } else { Shape::UpDownCounter };
    let (shape, temporality, points) = match metric.data {
        Some(Data::Gauge(it)) => {
            (Shape::Gauge, 0, it.data_points.into_iter().map(number).collect())
        }
        Some(Data::Sum(it)) => {
            let points = it.data_points.into_iter().map(number).collect();
            (counter(it.is_monotonic), it.aggregation_temporality, points)
        }
        Some(Data::Histogram(it)) => {
            let points = it.data_points.into_iter().map(histogram).collect();
            (Shape::Histogram, it.aggregation_temporality, points)
        }
        Some(Data::ExponentialHistogram(it)) => {
            let points = it.data_points.into_iter().map(exponential).collect();
            (Shape::ExponentialHistogram, it.aggregation_temporality, points)
        }
        Some(Data::Summary(_)) | None => (Shape::Other, 0, Vec::new()),
    };
    let temporality = match metrics::AggregationTemporality::try_from(temporality) {
        Ok(metrics::AggregationTemporality::Delta) => Temporality::Delta,
        Ok(metrics::AggregationTemporality::Cumulative) => Temporality::Cumulative,
        _ => Temporality::Unspecified,
    };
    let origin = origin.clone();
    let metrics::Metric { name, unit, description, .. } = metric;
    Metric { name, unit, description, shape, temporality, points, origin }
}

fn number(point: metrics::NumberDataPoint) -> Point {
    let (attributes, duplicates) = attributes(point.attributes);
    let value = match point.value {
        Some(number_data_point::Value::AsDouble(number)) => number,
        Some(number_data_point::Value::AsInt(number)) => number as f64,
        None => f64::NAN,
    };
    Point { attributes, duplicates, value, exemplars: point.exemplars.len(), ..Point::default() }
}

fn histogram(point: metrics::HistogramDataPoint) -> Point {
    let (attributes, duplicates) = attributes(point.attributes);
    Point {
        attributes,
        duplicates,
        count: point.count,
        sum: point.sum.unwrap_or(f64::NAN),
        bounds: point.explicit_bounds,
        counts: point.bucket_counts,
        exemplars: point.exemplars.len(),
        ..Point::default()
    }
}

fn exponential(point: metrics::ExponentialHistogramDataPoint) -> Point {
    let (attributes, duplicates) = attributes(point.attributes);
    let (count, sum) = (point.count, point.sum.unwrap_or(f64::NAN));
    Point { attributes, duplicates, count, sum, ..Point::default() }
}

fn record(record: logs::LogRecord, origin: &Origin) -> Record {
    let (attributes, duplicates) = attributes(record.attributes);
    Record {
        body: record.body.map_or(Value::Nothing, value),
        severity: record.severity_number,
        severity_text: record.severity_text,
        event: record.event_name,
        trace: hex(&record.trace_id),
        span: hex(&record.span_id),
        attributes,
        duplicates,
        origin: origin.clone(),
    }
}
