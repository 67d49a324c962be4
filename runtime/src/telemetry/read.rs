//! From the configuration and the standard variables to what telemetry is told. The variables always win.

use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, Uri};

use super::env::Env;
use super::settings::*;
use crate::config::{Compression, Exporter, SignalKeys, TelemetryKeys};

const EXPORTERS: [(&str, Exporter); 5] = [
    ("otlp", Exporter::Otlp),
    ("console", Exporter::Console),
    ("logging", Exporter::Console),
    ("none", Exporter::None),
    ("prometheus", Exporter::Prometheus),
];

/// How long records wait for others at most: a log is read while things happen.
const RECORDS_DELAY: Duration = Duration::from_secs(1);

impl TelemetrySettings {
    /// `find` looks a variable of the environment up.
    pub(crate) fn read(keys: &TelemetryKeys, find: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut env = Env::new(find);
        let env = &mut env;
        unread(env);
        let (traces, _) = signal(env, keys, &keys.traces, "traces");
        let (metrics, prometheus) = signal(env, keys, &keys.metrics, "metrics");
        let (logs, _) = signal(env, keys, &keys.logs, "logs");
        let batch = keys.batch;
        let disabled = env.boolean("OTEL_SDK_DISABLED");
        let mut settings = Self {
            disabled,
            sampling: sampling(env, keys),
            propagators: propagators(env, keys),
            traces,
            metrics,
            logs,
            spans: BatchSettings {
                batch: env.positive("OTEL_BSP_MAX_EXPORT_BATCH_SIZE").unwrap_or(batch.size),
                queue: env.positive("OTEL_BSP_MAX_QUEUE_SIZE").unwrap_or(batch.queue),
                delay: env.millis("OTEL_BSP_SCHEDULE_DELAY").unwrap_or(batch.delay),
            },
            records: BatchSettings {
                batch: env.positive("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE").unwrap_or(batch.size),
                queue: env.positive("OTEL_BLRP_MAX_QUEUE_SIZE").unwrap_or(batch.queue),
                delay: env
                    .millis("OTEL_BLRP_SCHEDULE_DELAY")
                    .unwrap_or(batch.delay.min(RECORDS_DELAY)),
            },
            metrics_interval: env.millis("OTEL_METRIC_EXPORT_INTERVAL").unwrap_or(keys.interval),
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
            limits: limits(env),
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
    if env.text("OTEL_CONFIG_FILE").is_some() {
        env.warn("OTEL_CONFIG_FILE", "the file is not read: the section `telemetry` has its place");
    }
    for name in ["OTEL_EXPORTER_PROMETHEUS_HOST", "OTEL_EXPORTER_PROMETHEUS_PORT"] {
        if env.text(name).is_some() {
            env.warn(name, "/metrics is served where `admin.addr` says");
        }
    }
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
        Some(chosen) if !chosen.is_empty() => chosen.into_iter().flatten().collect(),
        _ => keys.propagators.clone(),
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
    let asked = env.choices(&format!("OTEL_{upper}_EXPORTER"), &EXPORTERS);
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
    let names = |what: &str| {
        [format!("OTEL_EXPORTER_OTLP_{upper}_{what}"), format!("OTEL_EXPORTER_OTLP_{what}")]
    };
    // Where it goes, and whether that is the signal's own place.
    let [its, generic] = names("ENDPOINT");
    let from_environment = [(its, true), (generic, false)].into_iter().find_map(|(name, its)| {
        let text = env.text(&name)?;
        let fine = endpoint_of(&text).is_some();
        if !fine {
            env.warn(&name, "expected an address such as http://127.0.0.1:4317");
        }
        fine.then_some((text, its))
    });
    let in_environment = from_environment.is_some();
    let from_keys = || {
        let its = own.endpoint.clone().map(|text| (text, true));
        its.or_else(|| keys.otlp.endpoint.clone().map(|text| (text, false)))
    };
    let (endpoint, its) = match from_environment.or_else(from_keys) {
        Some(found) => found,
        // Asked for by name: OpenTelemetry's own default.
        None if by_environment => {
            let [its, generic] = names("PROTOCOL");
            let grpc = env.first(&[&its, &generic]).is_some_and(|text| text == "grpc");
            (format!("http://localhost:{}", if grpc { 4317 } else { 4318 }), false)
        }
        None => return None,
    };
    let protocol = protocol(env, &names("PROTOCOL")).or(keys.otlp.protocol).unwrap_or_else(|| {
        match endpoint_of(&endpoint).as_ref().and_then(Uri::port_u16) {
            Some(4317) => OtlpProtocol::Grpc,
            Some(4318) => OtlpProtocol::HttpProtobuf,
            _ if in_environment => OtlpProtocol::HttpProtobuf,
            _ => OtlpProtocol::Grpc,
        }
    });
    let insecure = names("INSECURE").iter().find_map(|name| env.text(name));
    let secure = insecure.is_some_and(|text| text.eq_ignore_ascii_case("false"));
    let mut endpoint = match endpoint.contains("://") {
        true => endpoint,
        false => format!("{}://{endpoint}", if secure { "https" } else { "http" }),
    };
    if protocol == OtlpProtocol::HttpProtobuf && !its {
        endpoint = format!("{}/v1/{signal}", endpoint.trim_end_matches('/'));
    }
    let file = |env: &Env<'_>, what: &str| {
        let [its, generic] = names(what);
        env.first(&[&its, &generic]).map(PathBuf::from)
    };
    let cert = file(env, "CLIENT_CERTIFICATE").or_else(|| keys.otlp.cert.clone());
    let key = file(env, "CLIENT_KEY").or_else(|| keys.otlp.key.clone());
    Some(OtlpSettings {
        endpoint,
        protocol,
        headers: headers(env, keys, &names("HEADERS")),
        gzip: compression(env, &names("COMPRESSION")).unwrap_or(keys.otlp.compression)
            == Compression::Gzip,
        timeout: timeout(env, signal, &names("TIMEOUT")).unwrap_or(keys.otlp.timeout),
        ca: file(env, "CERTIFICATE").or_else(|| keys.otlp.ca.clone()),
        identity: cert.zip(key),
    })
}

/// The address, with or without a scheme.
fn endpoint_of(text: &str) -> Option<Uri> {
    let with_scheme = match text.split_once("://") {
        Some(("http" | "https", _)) => text.to_owned(),
        Some(_) => return None,
        None => format!("http://{text}"),
    };
    let uri: Uri = with_scheme.parse().ok()?;
    uri.host().is_some_and(|host| !host.is_empty()).then_some(uri)
}

fn protocol(env: &mut Env<'_>, names: &[String]) -> Option<OtlpProtocol> {
    let words = [("grpc", OtlpProtocol::Grpc), ("http/protobuf", OtlpProtocol::HttpProtobuf)];
    names.iter().find_map(|name| env.choice(name, &words))
}

fn compression(env: &mut Env<'_>, names: &[String]) -> Option<Compression> {
    let words = [("gzip", Compression::Gzip), ("none", Compression::None)];
    names.iter().find_map(|name| env.choice(name, &words))
}

/// The longest that an export may take; the processors' own variables bound it too.
fn timeout(env: &mut Env<'_>, signal: &str, names: &[String]) -> Option<Duration> {
    let own = match signal {
        "traces" => "OTEL_BSP_EXPORT_TIMEOUT",
        "logs" => "OTEL_BLRP_EXPORT_TIMEOUT",
        _ => "OTEL_METRIC_EXPORT_TIMEOUT",
    };
    let told = names.iter().find_map(|name| env.millis(name));
    told.or_else(|| env.millis(own))
}

/// Those of the configuration, with those of the environment over them, with the signal's own over these.
fn headers(env: &mut Env<'_>, keys: &TelemetryKeys, names: &[String]) -> Vec<(String, Secret)> {
    let mut headers: Vec<(String, Secret)> = keys
        .otlp
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .collect();
    for variable in names.iter().rev() {
        for (name, value) in env.pairs(variable) {
            let name = name.to_ascii_lowercase();
            if HeaderName::try_from(name.as_str()).is_err() {
                env.warn(variable, format_args!("{name:?} is no name of a header"));
                continue;
            }
            headers.retain(|(known, _)| *known != name);
            headers.push((name, Secret(value)));
        }
    }
    headers
}

fn limits(env: &mut Env<'_>) -> SpanLimitSettings {
    const USUAL: u32 = 128;
    let attributes = env.number("OTEL_ATTRIBUTE_COUNT_LIMIT");
    let length = env.number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT");
    SpanLimitSettings {
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
    }
}

fn resource(env: &mut Env<'_>, keys: &TelemetryKeys) -> ResourceSettings {
    let mut attributes = keys.resource.clone();
    if let Some(environment) = &keys.environment {
        let key = "deployment.environment.name".to_owned();
        attributes.entry(key).or_insert_with(|| environment.clone());
    }
    attributes.extend(env.pairs("OTEL_RESOURCE_ATTRIBUTES"));
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
