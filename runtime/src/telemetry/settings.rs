//! What the telemetry of an app was told to do: the section `telemetry` of the configuration with the standard
//! `OTEL_*` variables over it, read and checked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) use crate::config::{OtlpProtocol, Propagator, SamplingRule, Secret};

/// Everything that telemetry was told.
#[derive(Debug, Clone)]
pub(crate) struct TelemetrySettings {
    /// `OTEL_SDK_DISABLED`: nothing is recorded or exported; traces are passed on all the same.
    pub(crate) disabled: bool,
    pub(crate) sampling: SamplingSettings,
    pub(crate) propagators: Vec<Propagator>,
    pub(crate) traces: SignalSettings,
    pub(crate) metrics: SignalSettings,
    pub(crate) logs: SignalSettings,
    pub(crate) spans: BatchSettings,
    pub(crate) records: BatchSettings,
    /// How often metrics are pushed.
    pub(crate) metrics_interval: Duration,
    pub(crate) temporality: Temporality,
    /// Histograms are exponential: `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`.
    pub(crate) exponential_histograms: bool,
    /// `/metrics` on the admin listener.
    pub(crate) prometheus: bool,
    /// Where `/metrics` is served besides: `OTEL_EXPORTER_PROMETHEUS_HOST` and `_PORT`.
    pub(crate) scrape_at: Option<String>,
    pub(crate) limits: SpanLimitSettings,
    pub(crate) record_limits: RecordLimitSettings,
    pub(crate) resource: ResourceSettings,
    /// Which older names are written beside the present ones.
    pub(crate) older: OlderNames,
    /// `telemetry.kratos_names`: `kratos.server.request.*` beside the metrics of the conventions.
    pub(crate) kratos_names: bool,
    /// Header names, in lower case, whose values are put on server spans.
    pub(crate) request_headers: Vec<String>,
    pub(crate) response_headers: Vec<String>,
    /// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`.
    pub(crate) known_methods: Option<Vec<String>>,
    /// What was wrong in the environment and is replaced by a default: told once there is a log.
    pub(crate) warnings: Vec<String>,
}

/// Which new traces are recorded.
#[derive(Debug, Clone)]
pub(crate) struct SamplingSettings {
    /// The share of new traces that is recorded, 0 to 1.
    pub(crate) share: f64,
    /// Whether the caller's decision holds where there is one: `parentbased_*`.
    pub(crate) parent_based: bool,
    /// The most new traces a second.
    pub(crate) per_second: Option<f64>,
    /// The first that matches an operation holds for it.
    pub(crate) rules: Vec<SamplingRule>,
    /// Whether `priority=high` in the header `x-md-global-priority`, `x-priority`, the baggage or what a method declares
    /// records a trace.
    pub(crate) priority: bool,
}

/// Where the data of one signal goes.
#[derive(Debug, Clone)]
pub(crate) struct SignalSettings {
    /// Over OTLP, where there is an endpoint.
    pub(crate) otlp: Option<OtlpSettings>,
    /// To stdout, for people.
    pub(crate) console: bool,
}

/// One exporter over OTLP.
#[derive(Clone)]
pub(crate) struct OtlpSettings {
    /// With a scheme; for HTTP with the signal's path. It may hold a user and a password.
    pub(crate) endpoint: String,
    pub(crate) protocol: OtlpProtocol,
    /// Sent with every export. Their values are secrets.
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) gzip: bool,
    /// The longest that one export may take.
    pub(crate) timeout: Duration,
    /// The authorities that are trusted, in a file of PEM.
    #[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "read for https alone"))]
    pub(crate) ca: Option<PathBuf>,
    /// The client's own certificate and key.
    #[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "read for https alone"))]
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
}

impl std::fmt::Debug for OtlpSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OtlpSettings")
            .field("endpoint", &crate::config::shown(&self.endpoint))
            .field("protocol", &self.protocol)
            .field("headers", &self.headers)
            .field("gzip", &self.gzip)
            .field("timeout", &self.timeout)
            .field("ca", &self.ca)
            .field("identity", &self.identity)
            .finish()
    }
}

/// How spans or log records are gathered before they are exported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchSettings {
    /// The most that one export takes.
    pub(crate) batch: usize,
    /// The most that waits; what comes on top is lost and counted.
    pub(crate) queue: usize,
    /// How long a batch waits to be full.
    pub(crate) delay: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Temporality {
    Cumulative,
    Delta,
    LowMemory,
}

/// The most that one span may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpanLimitSettings {
    pub(crate) attributes: u32,
    /// Characters of a text value.
    pub(crate) value_length: Option<usize>,
    pub(crate) events: u32,
    pub(crate) links: u32,
    pub(crate) event_attributes: u32,
    pub(crate) link_attributes: u32,
}

/// The most that is told of one log record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordLimitSettings {
    pub(crate) attributes: u32,
    /// Characters of a text value.
    pub(crate) value_length: Option<usize>,
}

/// What the environment and the configuration say of the resource.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResourceSettings {
    /// `OTEL_SERVICE_NAME`, which comes before everything else.
    pub(crate) service_name: Option<String>,
    /// `OTEL_RESOURCE_ATTRIBUTES` over `telemetry.resource`, decoded.
    pub(crate) attributes: BTreeMap<String, String>,
    /// Whether the command line is told, which may hold secrets.
    pub(crate) command_line: bool,
}

/// `OTEL_SEMCONV_STABILITY_OPT_IN`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OlderNames {
    pub(crate) http: bool,
    pub(crate) rpc: bool,
}

#[cfg(test)]
impl TelemetrySettings {
    /// Nothing is measured or recorded.
    pub(crate) fn off() -> Self {
        let signal = SignalSettings { otlp: None, console: false };
        let batch = BatchSettings { batch: 512, queue: 2048, delay: Duration::from_secs(5) };
        Self {
            disabled: true,
            sampling: SamplingSettings {
                share: 1.0,
                parent_based: true,
                per_second: None,
                rules: Vec::new(),
                priority: false,
            },
            propagators: vec![Propagator::TraceContext, Propagator::Baggage],
            traces: signal.clone(),
            metrics: signal.clone(),
            logs: signal,
            spans: batch,
            records: batch,
            metrics_interval: Duration::from_secs(60),
            temporality: Temporality::Cumulative,
            exponential_histograms: false,
            prometheus: false,
            scrape_at: None,
            limits: SpanLimitSettings {
                attributes: 128,
                value_length: None,
                events: 128,
                links: 128,
                event_attributes: 128,
                link_attributes: 128,
            },
            record_limits: RecordLimitSettings { attributes: 128, value_length: None },
            resource: ResourceSettings::default(),
            older: OlderNames::default(),
            kratos_names: false,
            request_headers: Vec::new(),
            response_headers: Vec::new(),
            known_methods: None,
            warnings: Vec::new(),
        }
    }
}
