use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId,
    TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Sent;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use super::collector::{Collector, Does, Export, SOON};
use super::{call, open, otlp, record, settings};
use crate::telemetry::settings::{OtlpProtocol, RecordLimitSettings, Secret, Temporality};
use crate::telemetry::span::CallSpan;

const BOTH: [OtlpProtocol; 2] = [OtlpProtocol::Grpc, OtlpProtocol::HttpProtobuf];

fn spans(export: &Export) -> Vec<Span> {
    let request = ExportTraceServiceRequest::decode(&export.message[..]).expect("spans");
    let mut all = Vec::new();
    for resource in request.resource_spans {
        let named = &resource.resource.as_ref().expect("a resource").attributes[0];
        assert_eq!(named.key, "service.name");
        all.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
    }
    all
}

fn metrics(export: &Export) -> Vec<opentelemetry_proto::tonic::metrics::v1::Metric> {
    let request = ExportMetricsServiceRequest::decode(&export.message[..]).expect("metrics");
    let resources = request.resource_metrics.into_iter();
    let scopes = resources.flat_map(|resource| resource.scope_metrics);
    scopes.flat_map(|scope| scope.metrics).collect()
}

#[tokio::test]
async fn all_signals_arrive_over_both_protocols() {
    for protocol in BOTH {
        for gzip in [false, true] {
            let collector = Collector::start(Does::Take);
            let mut settings = settings();
            let to = |path| {
                let mut otlp = otlp(protocol, collector.address(), path);
                otlp.gzip = gzip;
                otlp.headers = vec![("x-token".to_owned(), Secret("s3cret".to_owned()))];
                Some(otlp)
            };
            settings.traces.otlp = to("/v1/traces");
            settings.metrics.otlp = to("/v1/metrics");
            settings.logs.otlp = to("/own/logs");
            let pipeline = open(&settings);
            record(&pipeline, 2);
            let counter = pipeline.meter_provider().meter("user").u64_counter("pears").build();
            counter.add(3, &[]);
            let loggers = pipeline.logger_provider().expect("logs are exported");
            let logger = loggers.logger("user");
            let mut record = logger.create_log_record();
            record.set_body(AnyValue::from("a line"));
            logger.emit(record);
            pipeline.shutdown(SOON).await;

            let exports = [collector.next(), collector.next(), collector.next()];
            assert!(collector.rest().is_empty());
            for export in &exports {
                assert_eq!(export.headers["x-token"], "s3cret");
                assert_eq!(export.compressed, gzip, "{protocol:?}");
            }
            let [traces, pushed, logs] = exports;
            let names: Vec<_> = spans(&traces).into_iter().map(|span| span.name).collect();
            assert_eq!(names, ["call 0", "call 1"]);
            let pears = metrics(&pushed).into_iter().find(|metric| metric.name == "pears");
            assert!(matches!(pears.and_then(|pears| pears.data), Some(Data::Sum(_))));
            let request = ExportLogsServiceRequest::decode(&logs.message[..]).expect("records");
            let record = &request.resource_logs[0].scope_logs[0].log_records[0];
            let body = record.body.clone().and_then(|body| body.value);
            assert_eq!(body, Some(Sent::StringValue("a line".to_owned())));
            let path = |own: &str, method: &str| {
                let service = format!("/opentelemetry.proto.collector.{method}/Export");
                if protocol == OtlpProtocol::Grpc { service } else { own.to_owned() }
            };
            assert_eq!(traces.path, path("/v1/traces", "trace.v1.TraceService"));
            assert_eq!(pushed.path, path("/v1/metrics", "metrics.v1.MetricsService"));
            assert_eq!(logs.path, path("/own/logs", "logs.v1.LogsService"));
        }
    }
}

#[tokio::test]
async fn a_user_in_the_endpoint_is_sent_as_a_header() {
    for protocol in BOTH {
        let collector = Collector::start(Does::Take);
        let mut settings = settings();
        let mut otlp = otlp(protocol, collector.address(), "/v1/traces");
        otlp.endpoint = otlp.endpoint.replace("http://", "http://me:p%40ss@");
        settings.traces.otlp = Some(otlp);
        let pipeline = open(&settings);
        record(&pipeline, 1);
        pipeline.shutdown(SOON).await;
        assert_eq!(collector.next().headers["authorization"], "Basic bWU6cEBzcw==");
    }
}

#[tokio::test]
async fn a_query_in_the_endpoint_is_asked() {
    let collector = Collector::start(Does::Take);
    let mut settings = settings();
    let to = |path| Some(otlp(OtlpProtocol::HttpProtobuf, collector.address(), path));
    settings.traces.otlp = to("/v1/traces?key=1");
    settings.metrics.otlp = to("/v1/metrics?key=1");
    let pipeline = open(&settings);
    record(&pipeline, 1);
    pipeline.shutdown(SOON).await;
    for path in ["/v1/traces", "/v1/metrics"] {
        let export = collector.next();
        assert_eq!((export.path.as_str(), export.query.as_deref()), (path, Some("key=1")));
    }
}

#[tokio::test]
async fn calls_and_the_users_spans_share_an_exporter() {
    let collector = Collector::start(Does::Take);
    let mut settings = settings();
    settings.traces.otlp = Some(otlp(OtlpProtocol::Grpc, collector.address(), ""));
    let pipeline = open(&settings);
    let call = call(&pipeline, "a call");
    let (trace, span) = (call.span_context().trace_id(), call.span_context().span_id());
    let context = Context::new().with_span(call);
    let own = pipeline.tracer_provider().expect("spans are exported").tracer("user");
    own.start_with_context("inside", &context).end();
    context.span().end();
    pipeline.shutdown(SOON).await;
    let spans = spans(&collector.next());
    let [inside, call] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((inside.name.as_str(), call.name.as_str()), ("inside", "a call"));
    assert_eq!(call.trace_id, trace.to_bytes());
    assert_eq!(call.span_id, span.to_bytes());
    assert_eq!((&inside.trace_id, &inside.parent_span_id), (&call.trace_id, &call.span_id));

    // It is over: what comes now is not recorded.
    super::call(&pipeline, "late").end();
    assert!(!pipeline.tracer().expect("still asked").start("late").is_recording());
    assert!(!own.start("late").is_recording());
    pipeline.shutdown(SOON).await;
    assert!(collector.rest().is_empty());
}

#[tokio::test]
async fn a_batch_that_is_full_does_not_wait() {
    let collector = Collector::start(Does::Take);
    let mut settings = settings();
    settings.traces.otlp = Some(otlp(OtlpProtocol::Grpc, collector.address(), ""));
    settings.spans.batch = 10;
    let pipeline = open(&settings);
    record(&pipeline, 25);
    assert_eq!(spans(&collector.next()).len(), 10);
    assert_eq!(spans(&collector.next()).len(), 10);
    pipeline.shutdown(SOON).await;
    let last: Vec<_> = spans(&collector.next()).into_iter().map(|span| span.name).collect();
    assert_eq!(last, ["call 20", "call 21", "call 22", "call 23", "call 24"]);
}

#[tokio::test]
async fn what_waits_is_sent_after_the_delay() {
    let collector = Collector::start(Does::Take);
    let mut settings = settings();
    settings.traces.otlp = Some(otlp(OtlpProtocol::HttpProtobuf, collector.address(), "/"));
    settings.metrics.otlp = Some(otlp(OtlpProtocol::HttpProtobuf, collector.address(), "/m"));
    settings.spans.delay = Duration::from_millis(20);
    settings.metrics_interval = Duration::from_millis(20);
    let pipeline = open(&settings);
    record(&pipeline, 1);
    let arrived: Vec<_> = (0..4).map(|_| collector.next().path).collect();
    assert_eq!(arrived.iter().filter(|path| *path == "/").count(), 1, "{arrived:?}");
    assert_eq!(arrived.iter().filter(|path| *path == "/m").count(), 3, "{arrived:?}");
}

#[test]
fn the_only_worker_can_wait_for_a_flush() {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build().expect("a runtime");
    for protocol in BOTH {
        let collector = Collector::start(Does::Take);
        let mut settings = settings();
        let to = |path| Some(otlp(protocol, collector.address(), path));
        settings.traces.otlp = to("/v1/traces");
        settings.metrics.otlp = to("/v1/metrics");
        settings.logs.otlp = to("/v1/logs");
        let task = runtime.spawn(async move {
            let pipeline = open(&settings);
            record(&pipeline, 1);
            // These block the worker, as a user's own flush may.
            let traces = pipeline.tracer_provider().expect("spans are exported").force_flush();
            let metrics = pipeline.meter_provider().force_flush();
            record(&pipeline, 1);
            pipeline.shutdown(SOON).await;
            (traces.is_ok(), metrics.is_ok())
        });
        let flushed = runtime.block_on(async { tokio::time::timeout(SOON, task).await });
        assert_eq!(flushed.expect("in time").expect("no panic"), (true, true));
        assert_eq!(spans(&collector.next()).len(), 1);
        collector.next();
        assert_eq!(spans(&collector.next()).len(), 1);
    }
}

/// More of everything than the limits allow.
fn overfill(span: &mut impl opentelemetry::trace::Span) {
    for index in 0..5 {
        span.set_attribute(KeyValue::new(format!("key {index}"), "größer"));
        span.add_event(format!("event {index}"), vec![KeyValue::new("key", "längere"); 3]);
        let (trace, id) = (TraceId::from(7), SpanId::from(index + 1));
        let other = SpanContext::new(trace, id, TraceFlags::SAMPLED, true, TraceState::NONE);
        span.add_link(other, vec![KeyValue::new("key", 7); 3]);
    }
    span.end();
}

#[tokio::test]
async fn the_limits_of_a_span_hold() {
    let collector = Collector::start(Does::Take);
    let mut settings = settings();
    settings.traces.otlp = Some(otlp(OtlpProtocol::Grpc, collector.address(), ""));
    settings.limits.attributes = 2;
    settings.limits.events = 1;
    settings.limits.links = 3;
    settings.limits.event_attributes = 1;
    settings.limits.link_attributes = 2;
    settings.limits.value_length = Some(3);
    let pipeline = open(&settings);
    overfill(&mut call(&pipeline, "full"));
    overfill(&mut pipeline.tracer().expect("spans are exported").start("full"));
    pipeline.shutdown(SOON).await;
    let spans = spans(&collector.next());
    let text = |attribute: &opentelemetry_proto::tonic::common::v1::KeyValue| match attribute
        .value
        .clone()
        .and_then(|value| value.value)
    {
        Some(Sent::StringValue(text)) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(spans.len(), 2);
    for span in &spans {
        assert_eq!(span.attributes.iter().map(text).collect::<Vec<_>>(), ["grö", "grö"]);
        assert_eq!((span.dropped_attributes_count, span.dropped_events_count), (3, 4));
        let event = &span.events[0];
        assert_eq!(event.attributes.iter().map(text).collect::<Vec<_>>(), ["län"]);
        assert_eq!((&*event.name, event.dropped_attributes_count), ("event 0", 2));
        assert_eq!((span.links.len(), span.dropped_links_count), (3, 2));
        let link = &span.links[0];
        assert_eq!((link.attributes.len(), link.dropped_attributes_count), (2, 1));
    }
}

#[tokio::test]
async fn a_call_has_the_span_that_the_sdk_would_have_made() {
    let collector = Collector::start(Does::Take);
    let mut settings = settings();
    settings.traces.otlp = Some(otlp(OtlpProtocol::Grpc, collector.address(), ""));
    let pipeline = open(&settings);
    let state: TraceState = "vendor=value,other=x".parse().expect("a state");
    let (trace, above) = (TraceId::from(7), SpanId::from(8));
    let parent = SpanContext::new(trace, above, TraceFlags::SAMPLED, true, state.clone());
    let start = UNIX_EPOCH + Duration::from_nanos(1_700_000_000_123_456_789);

    let tracer = pipeline.tracer().expect("spans are exported");
    let builder = tracer.span_builder("before").with_kind(SpanKind::Server).with_start_time(start);
    let context = Context::new().with_remote_span_context(parent.clone());
    let made = tracer.build_with_context(builder, &context);
    let id = made.span_context().span_id();
    let own = SpanContext::new(trace, id, TraceFlags::SAMPLED, false, state);
    let spans = pipeline.spans().expect("spans are exported");
    let kind = SpanKind::Server;
    let call = CallSpan::begin(&spans, "before".into(), kind, own, Some(&parent), start);

    fn tell(mut span: impl opentelemetry::trace::Span, end: SystemTime) {
        assert!(span.is_recording());
        span.set_attributes([
            KeyValue::new("text", "größer 🔱"),
            KeyValue::new("number", -7),
            KeyValue::new("yes", true),
            KeyValue::new("half", 0.5),
        ]);
        span.add_event_with_timestamp("event", end, vec![KeyValue::new("key", "value")]);
        let context = span.span_context().clone();
        span.add_link(context, vec![KeyValue::new("key", "value")]);
        span.update_name("after");
        span.set_status(Status::error("it broke"));
        span.set_status(Status::Unset);
        span.end_with_timestamp(end);
        assert!(!span.is_recording());
        // Not any more.
        span.set_attribute(KeyValue::new("late", 1));
        span.update_name("late");
        span.set_status(Status::Ok);
        span.end();
    }
    let end = start + Duration::from_millis(100);
    tell(made, end);
    tell(call, end);
    pipeline.shutdown(SOON).await;
    let mut sent = self::spans(&collector.next());
    // In which order attributes come means nothing.
    sent.iter_mut().for_each(|span| span.attributes.sort_by(|one, two| one.key.cmp(&two.key)));
    let [made, call] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(made, call);
    assert_eq!((&*call.name, call.kind, call.attributes.len()), ("after", 2, 4));
    assert_eq!((&*call.trace_state, call.flags), ("vendor=value,other=x", 0x301));
}

#[tokio::test]
async fn a_call_that_is_dropped_has_ended() {
    let collector = Collector::start(Does::Take);
    let mut settings = settings();
    settings.traces.otlp = Some(otlp(OtlpProtocol::Grpc, collector.address(), ""));
    let pipeline = open(&settings);
    drop(call(&pipeline, "dropped"));
    pipeline.shutdown(SOON).await;
    let spans = spans(&collector.next());
    assert!(spans[0].end_time_unix_nano >= spans[0].start_time_unix_nano);
    assert_eq!((spans.len(), &*spans[0].name), (1, "dropped"));
}

#[tokio::test]
async fn the_limits_of_a_log_record_hold() {
    let collector = Collector::start(Does::Take);
    let mut settings = settings();
    settings.logs.otlp = Some(otlp(OtlpProtocol::Grpc, collector.address(), ""));
    settings.record_limits = RecordLimitSettings { attributes: 2, value_length: Some(3) };
    let pipeline = open(&settings);
    let logger = pipeline.logger_provider().expect("logs are exported").logger("user");
    let mut record = logger.create_log_record();
    record.set_body(AnyValue::from("bodies are not cut"));
    record.add_attribute("list", AnyValue::ListAny(Box::new(vec!["größer".into(), 1234.into()])));
    for index in 0..4 {
        record.add_attribute(format!("key {index}"), "größer");
    }
    logger.emit(record);
    pipeline.shutdown(SOON).await;
    let message = collector.next().message;
    let request = ExportLogsServiceRequest::decode(&message[..]).expect("records");
    let record = &request.resource_logs[0].scope_logs[0].log_records[0];
    let sent = |value: &Option<opentelemetry_proto::tonic::common::v1::AnyValue>| {
        value.clone().and_then(|value| value.value).expect("a value")
    };
    assert_eq!(sent(&record.body), Sent::StringValue("bodies are not cut".to_owned()));
    let [list, key] = &record.attributes[..] else { panic!("{record:?}") };
    let Sent::ArrayValue(list) = sent(&list.value) else { panic!("{list:?}") };
    let text = || Sent::StringValue("grö".to_owned());
    let values: Vec<_> = list.values.into_iter().filter_map(|value| value.value).collect();
    assert_eq!((values, sent(&key.value)), (vec![text(), Sent::IntValue(1234)], text()));
    assert_eq!(record.dropped_attributes_count, 3);
}

#[tokio::test]
async fn metrics_are_as_told() {
    use Temporality::{Cumulative, Delta, LowMemory};
    // How often the value is in what comes second, and what OTLP calls the temporality of what is observed.
    for (temporality, number, observed) in [(Delta, 1, 1), (Cumulative, 2, 2), (LowMemory, 1, 2)] {
        let collector = Collector::start(Does::Take);
        let mut settings = settings();
        settings.metrics.otlp = Some(otlp(OtlpProtocol::Grpc, collector.address(), ""));
        settings.temporality = temporality;
        settings.exponential_histograms = true;
        let pipeline = open(&settings);
        let meter = pipeline.meter_provider().meter("user");
        let histogram = meter.f64_histogram("sizes").with_boundaries(vec![1.0, 2.0]).build();
        histogram.record(1.5, &[]);
        pipeline.meter_provider().force_flush().expect("it arrives");
        histogram.record(1.5, &[]);
        pipeline.shutdown(SOON).await;
        collector.next();
        let all = metrics(&collector.next());
        let sizes = all.iter().find(|metric| metric.name == "sizes").expect("it is there");
        let Some(Data::ExponentialHistogram(sizes)) = &sizes.data else { panic!("{sizes:?}") };
        assert_eq!(sizes.data_points[0].count, number);
        let lost = all.iter().find(|metric| metric.name == "bident.telemetry.lost");
        let lost = lost.expect("it is there before anything is lost");
        let Some(Data::Sum(lost)) = &lost.data else { panic!("{lost:?}") };
        assert_eq!(lost.aggregation_temporality, observed, "{temporality:?}");
    }
}
