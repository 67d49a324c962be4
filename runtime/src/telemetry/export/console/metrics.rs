//! Metrics as lines.

use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, ExponentialHistogramDataPoint, HistogramDataPoint, MetricData,
    ResourceMetrics,
};
use serde_json::{Value as Json, json};

use super::super::losses::cause;
use super::super::metrics::{Push, points as number};
use super::super::queue::Lost;
use super::print;

/// Shows metrics.
pub(in super::super) struct Metrics;

impl Push for Metrics {
    async fn push(&self, metrics: &ResourceMetrics) -> Result<(), Lost> {
        print(lines(metrics).into_iter())
            .map_err(|error| Lost { number: number(metrics), cause: cause(error) })
    }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry_sdk::metrics::reader::MetricReader as _;
    use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};

    use super::super::super::{Pushed, orders};
    use super::*;

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
