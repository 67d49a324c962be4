//! The pipeline against collectors that take, refuse, hang and are not there.

mod arriving;
mod collector;
mod losing;
mod scraping;
#[cfg(feature = "tls")]
mod tls;

use std::net::SocketAddr;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, Tracer as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::Sampler;

use crate::telemetry::pipeline::Pipeline;
use crate::telemetry::settings::{
    BatchSettings, OlderNames, OtlpProtocol, OtlpSettings, ResourceSettings, SamplingSettings,
    SignalSettings, SpanLimitSettings, TelemetrySettings, Temporality,
};

/// Nothing is exported, and nothing leaves a queue by itself while a test lasts.
fn settings() -> TelemetrySettings {
    let silent = SignalSettings { otlp: None, console: false };
    let hour = Duration::from_secs(3600);
    let batch = BatchSettings { batch: 512, queue: 2048, delay: hour };
    TelemetrySettings {
        disabled: false,
        sampling: SamplingSettings {
            share: 1.0,
            parent_based: true,
            per_second: None,
            rules: Vec::new(),
            priority: false,
        },
        propagators: Vec::new(),
        traces: silent.clone(),
        metrics: silent.clone(),
        logs: silent,
        spans: batch,
        records: batch,
        metrics_interval: hour,
        temporality: Temporality::Cumulative,
        exponential_histograms: false,
        prometheus: false,
        limits: SpanLimitSettings {
            attributes: 128,
            value_length: None,
            events: 128,
            links: 128,
            event_attributes: 128,
            link_attributes: 128,
        },
        resource: ResourceSettings::default(),
        older: OlderNames::default(),
        kratos_names: false,
        request_headers: Vec::new(),
        response_headers: Vec::new(),
        known_methods: None,
        warnings: Vec::new(),
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

/// Records so many spans of calls.
fn record(pipeline: &Pipeline, number: usize) {
    let tracer = pipeline.tracer().expect("spans are exported");
    for index in 0..number {
        tracer.start(format!("call {index}")).end();
    }
}
