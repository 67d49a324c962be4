//! From the configuration and the standard variables to what telemetry is told. The variables always win.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::env::Env;
use super::settings::*;
use crate::config::{
    Compression, EXPECTED_ENDPOINT, Endpoint, Exporter, SignalKeys, TelemetryKeys, header,
};

const EXPORTERS: [(&str, Exporter); 5] = [
    ("otlp", Exporter::Otlp),
    ("console", Exporter::Console),
    ("logging", Exporter::Console),
    ("none", Exporter::None),
    ("prometheus", Exporter::Prometheus),
];

impl TelemetrySettings {
    /// `find` looks a variable of the environment up.
    pub(crate) fn read(keys: &TelemetryKeys, find: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let mut env = Env::new(find);
        let env = &mut env;
        unread(env);
        let (traces, _) = signal(env, keys, &keys.traces, "traces");
        let (metrics, prometheus) = signal(env, keys, &keys.metrics, "metrics");
        let (logs, _) = signal(env, keys, &keys.logs, "logs");
        let batch = keys.batch;
        let disabled = env.boolean("OTEL_SDK_DISABLED").unwrap_or(false);
        let (limits, record_limits) = limits(env);
        let mut settings = Self {
            disabled,
            sampling: sampling(env, keys),
            propagators: propagators(env, keys),
            traces,
            metrics,
            logs,
            spans: self::batch(env, "OTEL_BSP", batch.size, batch.queue, batch.delay),
            records: self::batch(env, "OTEL_BLRP", batch.size, batch.queue, batch.records_delay),
            metrics_interval: env.interval("OTEL_METRIC_EXPORT_INTERVAL").unwrap_or(keys.interval),
            temporality: env
                .choice(
                    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
                    &[
                        ("cumulative", Temporality::Cumulative),
                        ("delta", Temporality::Delta),
                        ("lowmemory", Temporality::LowMemory),
                    ],
                )
                .unwrap_or(Temporality::Cumulative),
            exponential_histograms: env
                .choice(
                    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
                    &[
                        ("explicit_bucket_histogram", false),
                        ("base2_exponential_bucket_histogram", true),
                    ],
                )
                .unwrap_or(false),
            prometheus: prometheus && !disabled,
            scrape_at: scrape_at(env).filter(|_| prometheus && !disabled),
            limits,
            record_limits,
            resource: resource(env, keys),
            older: older(env),
            kratos_names: keys.kratos_names,
            request_headers: keys.request_headers.clone(),
            response_headers: keys.response_headers.clone(),
            known_methods: known_methods(env),
            warnings: Vec::new(),
        };
        settings.warnings = std::mem::take(&mut env.warnings);
        settings
    }
}

/// What is asked for and cannot be had here.
fn unread(env: &mut Env<'_>) {
    for (name, what) in [
        ("OTEL_CONFIG_FILE", "the file is not read: the section `telemetry` has its place"),
        ("OTEL_ENTITIES", "OTEL_RESOURCE_ATTRIBUTES has its place"),
        ("OTEL_METRICS_EXEMPLAR_FILTER", "metrics have no exemplars"),
        ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "exceptions are log records"),
    ] {
        if env.text(name).is_some() {
            env.warn(name, what);
        }
    }
}

/// How spans or log records are gathered.
fn batch(
    env: &mut Env<'_>,
    prefix: &str,
    size: usize,
    queue: usize,
    delay: Duration,
) -> BatchSettings {
    let name = format!("{prefix}_MAX_EXPORT_BATCH_SIZE");
    let told = env.positive(&name);
    let queue = env.positive(&format!("{prefix}_MAX_QUEUE_SIZE")).unwrap_or(queue);
    let delay = env.millis(&format!("{prefix}_SCHEDULE_DELAY")).unwrap_or(delay);
    if let Some(told) = told.filter(|told| *told > queue) {
        env.warn(&name, format_args!("expected at most {queue}, as may wait, found {told}"));
    }
    let batch = told.filter(|told| *told <= queue).unwrap_or(size).min(queue);
    BatchSettings { batch, queue, delay }
}

fn sampling(env: &mut Env<'_>, keys: &TelemetryKeys) -> SamplingSettings {
    #[derive(Clone, Copy)]
    enum Root {
        On,
        Off,
        Ratio,
    }
    let sampling = &keys.sampling;
    let mut settings = SamplingSettings {
        share: keys.sample,
        parent_based: sampling.parent_based,
        per_second: sampling.per_second,
        rules: sampling.rules.clone(),
        priority: sampling.priority,
    };
    let chosen = env.choice(
        "OTEL_TRACES_SAMPLER",
        &[
            ("always_on", (false, Root::On)),
            ("always_off", (false, Root::Off)),
            ("traceidratio", (false, Root::Ratio)),
            ("parentbased_always_on", (true, Root::On)),
            ("parentbased_always_off", (true, Root::Off)),
            ("parentbased_traceidratio", (true, Root::Ratio)),
        ],
    );
    if let Some((parent_based, root)) = chosen {
        settings.parent_based = parent_based;
        settings.rules = Vec::new();
        settings.per_second = None;
        settings.share = match root {
            Root::On => 1.0,
            Root::Off => 0.0,
            Root::Ratio => ratio(env),
        };
        // Off is off.
        settings.priority &= parent_based || !matches!(root, Root::Off);
    }
    settings
}

fn ratio(env: &mut Env<'_>) -> f64 {
    const NAME: &str = "OTEL_TRACES_SAMPLER_ARG";
    match env.number::<f64>(NAME) {
        Some(share) if (0.0..=1.0).contains(&share) => share,
        Some(share) => {
            env.warn(NAME, format_args!("expected a share from 0 to 1, found {share}"));
            1.0
        }
        None => 1.0,
    }
}

fn propagators(env: &mut Env<'_>, keys: &TelemetryKeys) -> Vec<Propagator> {
    let words = [
        ("tracecontext", Some(Propagator::TraceContext)),
        ("baggage", Some(Propagator::Baggage)),
        ("b3", Some(Propagator::B3)),
        ("b3multi", Some(Propagator::B3Multi)),
        ("jaeger", Some(Propagator::Jaeger)),
        ("none", None),
    ];
    match env.choices("OTEL_PROPAGATORS", &words) {
        Some(chosen) if chosen.contains(&None) => Vec::new(),
        Some(chosen) => chosen.into_iter().flatten().collect(),
        None => keys.propagators.clone(),
    }
}

/// Where one signal goes, and whether Prometheus may fetch it.
fn signal(
    env: &mut Env<'_>,
    keys: &TelemetryKeys,
    own: &SignalKeys,
    signal: &'static str,
) -> (SignalSettings, bool) {
    let upper = signal.to_ascii_uppercase();
    // Prometheus, the last one, is for metrics.
    let known = if signal == "metrics" { EXPORTERS.len() } else { EXPORTERS.len() - 1 };
    let asked = env.choices(&format!("OTEL_{upper}_EXPORTER"), &EXPORTERS[..known]);
    let by_environment = asked.is_some();
    let exporters = asked.unwrap_or_else(|| own.exporters.clone());
    let wanted = |exporter| exporters.contains(&exporter) && !exporters.contains(&Exporter::None);
    let otlp = match wanted(Exporter::Otlp) {
        true => otlp(env, keys, own, signal, by_environment),
        false => None,
    };
    let console = wanted(Exporter::Console);
    (SignalSettings { otlp, console }, wanted(Exporter::Prometheus))
}

fn otlp(
    env: &mut Env<'_>,
    keys: &TelemetryKeys,
    own: &SignalKeys,
    signal: &'static str,
    by_environment: bool,
) -> Option<OtlpSettings> {
    let upper = signal.to_ascii_uppercase();
    // The signal's own variable comes first.
    let names = |what: &str| {
        [format!("OTEL_EXPORTER_OTLP_{upper}_{what}"), format!("OTEL_EXPORTER_OTLP_{what}")]
    };
    let protocol = first(env, &names("PROTOCOL"), |env, name| {
        let words = [("grpc", OtlpProtocol::Grpc), ("http/protobuf", OtlpProtocol::HttpProtobuf)];
        env.choice(name, &words)
    });
    // Where it goes, and whether that is the signal's own place.
    let [its, generic] = names("ENDPOINT");
    let from_environment = [(its, true), (generic, false)]
        .into_iter()
        .find_map(|(name, its)| endpoint(env, &name).map(|endpoint| (endpoint, its)));
    let in_environment = from_environment.is_some();
    let from_keys = || {
        let its = own.endpoint.clone().map(|endpoint| (endpoint, true));
        its.or_else(|| keys.otlp.endpoint.clone().map(|endpoint| (endpoint, false)))
    };
    let (endpoint, its) = match from_environment.or_else(from_keys) {
        Some(found) => found,
        // Asked for by name: OpenTelemetry's own default.
        None if by_environment => {
            let grpc = protocol.or(keys.otlp.protocol) == Some(OtlpProtocol::Grpc);
            let usual = if grpc { "http://localhost:4317" } else { "http://localhost:4318" };
            (Endpoint::parse(usual)?, false)
        }
        None => return None,
    };
    let by_port = match endpoint.port() {
        Some(4317) => Some(OtlpProtocol::Grpc),
        Some(4318) => Some(OtlpProtocol::HttpProtobuf),
        _ => None,
    };
    // The key is about the endpoint that stands beside it; of another its port knows better.
    let protocol = protocol.unwrap_or_else(|| match in_environment {
        true => by_port.or(keys.otlp.protocol).unwrap_or(OtlpProtocol::HttpProtobuf),
        false => keys.otlp.protocol.or(by_port).unwrap_or(OtlpProtocol::Grpc),
    });
    let insecure = first(env, &names("INSECURE"), Env::boolean);
    let scheme = if insecure == Some(false) { "https" } else { "http" };
    let endpoint = match protocol == OtlpProtocol::HttpProtobuf && !its {
        true => endpoint.below(&format!("/v1/{signal}")),
        false => endpoint,
    };
    let compression = first(env, &names("COMPRESSION"), |env, name| {
        env.choice(name, &[("gzip", Compression::Gzip), ("none", Compression::None)])
    });
    let ca = first(env, &names("CERTIFICATE"), file);
    Some(OtlpSettings {
        endpoint: endpoint.url(scheme),
        protocol,
        headers: headers(env, keys, &names("HEADERS")),
        gzip: compression.unwrap_or(keys.otlp.compression) == Compression::Gzip,
        timeout: timeout(env, keys, signal, &names("TIMEOUT")),
        ca: ca.or_else(|| keys.otlp.ca.clone()),
        identity: identity(env, keys, &names("CLIENT_CERTIFICATE"), &names("CLIENT_KEY")),
    })
}

/// What the first of these variables says that can be read.
fn first<'e, T>(
    env: &mut Env<'e>,
    names: &[String; 2],
    read: impl Fn(&mut Env<'e>, &str) -> Option<T>,
) -> Option<T> {
    names.iter().find_map(|name| read(env, name))
}

fn file(env: &mut Env<'_>, name: &str) -> Option<PathBuf> {
    env.text(name).map(PathBuf::from)
}

fn endpoint(env: &mut Env<'_>, name: &str) -> Option<Endpoint> {
    let endpoint = Endpoint::parse(&env.text(name)?);
    if endpoint.is_none() {
        env.warn(name, EXPECTED_ENDPOINT);
    }
    endpoint
}

/// A certificate and its key: both from the environment or both from the configuration.
fn identity(
    env: &mut Env<'_>,
    keys: &TelemetryKeys,
    certs: &[String; 2],
    own_keys: &[String; 2],
) -> Option<(PathBuf, PathBuf)> {
    let cert = first(env, certs, file);
    let key = first(env, own_keys, file);
    let alone = match (&cert, &key) {
        (Some(_), None) => Some((certs, own_keys)),
        (None, Some(_)) => Some((own_keys, certs)),
        _ => None,
    };
    if let Some((there, missing)) = alone {
        let name = there.iter().find(|name| env.text(name).is_some()).unwrap_or(&there[1]);
        env.warn(name, format_args!("expected {} beside it", missing[1]));
    }
    cert.zip(key).or_else(|| keys.otlp.identity.clone())
}

/// The longest that an export may take: the shorter of what bounds an export and what bounds a batch.
fn timeout(env: &mut Env<'_>, keys: &TelemetryKeys, signal: &str, names: &[String; 2]) -> Duration {
    let batch = match signal {
        "traces" => "OTEL_BSP_EXPORT_TIMEOUT",
        "logs" => "OTEL_BLRP_EXPORT_TIMEOUT",
        _ => "OTEL_METRIC_EXPORT_TIMEOUT",
    };
    let export = first(env, names, Env::timeout).unwrap_or(keys.otlp.timeout);
    env.timeout(batch).map_or(export, |batch| export.min(batch))
}

/// Those of the configuration, with those of the environment over them, with the signal's own over these.
fn headers(env: &mut Env<'_>, keys: &TelemetryKeys, names: &[String; 2]) -> Vec<(String, Secret)> {
    let mut headers = keys.otlp.headers.clone();
    for variable in names.iter().rev() {
        for (name, value) in env.pairs(variable).unwrap_or_default() {
            match header(&name, value) {
                Ok(found) => {
                    headers.retain(|(known, _)| *known != found.0);
                    headers.push(found);
                }
                Err(what) => env.warn(variable, what),
            }
        }
    }
    headers
}

/// Where Prometheus finds the metrics, if anybody says, by OpenTelemetry's defaults for what is not said.
fn scrape_at(env: &mut Env<'_>) -> Option<String> {
    let host = env.text("OTEL_EXPORTER_PROMETHEUS_HOST");
    let port = env.number::<u16>("OTEL_EXPORTER_PROMETHEUS_PORT");
    if host.is_none() && port.is_none() {
        return None;
    }
    let (host, port) = (host.unwrap_or_else(|| "localhost".to_owned()), port.unwrap_or(9464));
    let bare = host.contains(':') && !host.starts_with('[');
    Some(if bare { format!("[{host}]:{port}") } else { format!("{host}:{port}") })
}

/// Of spans, and of log records.
fn limits(env: &mut Env<'_>) -> (SpanLimitSettings, RecordLimitSettings) {
    /// How many attributes anything has at most, where nobody says.
    const USUAL: u32 = 128;
    let attributes = env.number("OTEL_ATTRIBUTE_COUNT_LIMIT");
    let length = env.number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT");
    let spans = SpanLimitSettings {
        attributes: env.number("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT").or(attributes).unwrap_or(USUAL),
        value_length: env.number("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT").or(length),
        events: env.number("OTEL_SPAN_EVENT_COUNT_LIMIT").unwrap_or(USUAL),
        links: env.number("OTEL_SPAN_LINK_COUNT_LIMIT").unwrap_or(USUAL),
        event_attributes: env
            .number("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT")
            .or(attributes)
            .unwrap_or(USUAL),
        link_attributes: env
            .number("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT")
            .or(attributes)
            .unwrap_or(USUAL),
    };
    let records = RecordLimitSettings {
        attributes: env
            .number("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT")
            .or(attributes)
            .unwrap_or(USUAL),
        value_length: env.number("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT").or(length),
    };
    (spans, records)
}

fn resource(env: &mut Env<'_>, keys: &TelemetryKeys) -> ResourceSettings {
    let mut attributes = keys.resource.clone();
    if let Some(environment) = &keys.environment {
        let key = "deployment.environment.name".to_owned();
        attributes.entry(key).or_insert_with(|| environment.clone());
    }
    attributes.extend(env.pairs("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default());
    let service_name = env.text("OTEL_SERVICE_NAME");
    ResourceSettings { service_name, attributes, command_line: keys.command_line }
}

fn older(env: &mut Env<'_>) -> OlderNames {
    let text = env.text("OTEL_SEMCONV_STABILITY_OPT_IN").unwrap_or_default();
    let has = |word| text.split(',').any(|part| part.trim().eq_ignore_ascii_case(word));
    OlderNames { http: has("http/dup"), rpc: has("rpc/dup") }
}

fn known_methods(env: &mut Env<'_>) -> Option<Vec<String>> {
    let text = env.text("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS")?;
    Some(text.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect())
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
