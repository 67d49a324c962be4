//! The pipeline against collectors that take, refuse, hang and are not there.

mod arriving;
mod collector;
mod losing;
mod scraping;
#[cfg(feature = "tls")]
mod tls;

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, SpanContext, SpanKind, TraceFlags, TraceState};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::Sampler;

use crate::call::Trace;
use crate::telemetry::pipeline::Pipeline;
use crate::telemetry::settings::{BatchSettings, OtlpProtocol, OtlpSettings, TelemetrySettings};
use crate::telemetry::span::CallSpan;

/// Nothing is exported, and nothing leaves a queue by itself while a test lasts.
fn settings() -> TelemetrySettings {
    let hour = Duration::from_secs(3600);
    let off = TelemetrySettings::off();
    let batch = BatchSettings { delay: hour, ..off.spans };
    TelemetrySettings {
        disabled: false,
        propagators: Vec::new(),
        spans: batch,
        records: batch,
        metrics_interval: hour,
        ..off
    }
}

fn otlp(protocol: OtlpProtocol, address: SocketAddr, path: &str) -> OtlpSettings {
    let path = if protocol == OtlpProtocol::Grpc { "" } else { path };
    OtlpSettings {
        endpoint: format!("http://{address}{path}"),
        protocol,
        headers: Vec::new(),
        gzip: false,
        timeout: Duration::from_secs(10),
        ca: None,
        identity: None,
    }
}

fn open(settings: &TelemetrySettings) -> Pipeline {
    let resource =
        Resource::builder_empty().with_attribute(KeyValue::new("service.name", "tested")).build();
    Pipeline::open(settings, resource, Box::new(Sampler::AlwaysOn)).expect("it opens")
}

/// The span of a call, with a trace of its own.
fn call(pipeline: &Pipeline, name: impl Into<String>) -> CallSpan {
    let (trace, span) = Trace::open(None).ids();
    let sampled = TraceFlags::SAMPLED;
    let own = SpanContext::new(trace.into(), span.into(), sampled, false, TraceState::NONE);
    let spans = pipeline.spans().expect("spans are exported");
    CallSpan::begin(&spans, name.into().into(), SpanKind::Server, own, None, SystemTime::now())
}

/// Records so many spans of calls.
fn record(pipeline: &Pipeline, number: usize) {
    for index in 0..number {
        call(pipeline, format!("call {index}")).end();
    }
}
