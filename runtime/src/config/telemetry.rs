//! `telemetry`: what the configuration says of traces, metrics and logs. The standard variables of OpenTelemetry come over
//! it where it is used, in the room `telemetry`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use http::HeaderName;
use serde::Deserialize;

use super::settings::Source;

/// The section as it was written, checked.
#[derive(Debug, Clone)]
#[cfg_attr(
    not(feature = "telemetry"),
    allow(dead_code, reason = "checked all the same; only telemetry reads it")
)]
pub(crate) struct TelemetryKeys {
    pub(crate) sample: f64,
    pub(crate) sampling: SamplingKeys,
    pub(crate) propagators: Vec<Propagator>,
    pub(crate) otlp: OtlpKeys,
    pub(crate) traces: SignalKeys,
    pub(crate) metrics: SignalKeys,
    pub(crate) logs: SignalKeys,
    pub(crate) interval: Duration,
    pub(crate) batch: BatchKeys,
    pub(crate) resource: BTreeMap<String, String>,
    pub(crate) environment: Option<String>,
    pub(crate) command_line: bool,
    pub(crate) kratos_names: bool,
    /// In lower case.
    pub(crate) request_headers: Vec<String>,
    pub(crate) response_headers: Vec<String>,
}

/// `telemetry.sampling`.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "see `TelemetryKeys`")]
pub(crate) struct SamplingKeys {
    pub(crate) per_second: Option<f64>,
    pub(crate) rules: Vec<SamplingRule>,
    pub(crate) priority: bool,
    pub(crate) parent_based: bool,
}

/// One rule for operations.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SamplingRule {
    /// `/shop.v1.Users/Get`, or a prefix that ends in `*`.
    pub(crate) operation: String,
    pub(crate) share: f64,
}

/// How a trace travels between services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Propagator {
    TraceContext,
    Baggage,
    B3,
    B3Multi,
    Jaeger,
}

/// `telemetry.otlp`.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "see `TelemetryKeys`")]
pub(crate) struct OtlpKeys {
    pub(crate) endpoint: Option<String>,
    pub(crate) protocol: Option<OtlpProtocol>,
    pub(crate) headers: BTreeMap<String, Secret>,
    pub(crate) compression: Compression,
    pub(crate) timeout: Duration,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) cert: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum OtlpProtocol {
    #[serde(rename = "grpc")]
    Grpc,
    #[serde(rename = "http/protobuf")]
    HttpProtobuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Compression {
    None,
    Gzip,
}

/// `telemetry.traces`, `telemetry.metrics`, `telemetry.logs`.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "see `TelemetryKeys`")]
pub(crate) struct SignalKeys {
    pub(crate) exporters: Vec<Exporter>,
    pub(crate) endpoint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Exporter {
    Otlp,
    Console,
    /// Of metrics alone.
    Prometheus,
    None,
}

/// `telemetry.batch`.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "see `TelemetryKeys`")]
pub(crate) struct BatchKeys {
    pub(crate) size: usize,
    pub(crate) queue: usize,
    pub(crate) delay: Duration,
}

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Source<'_> {
    pub(super) fn telemetry(&mut self) -> Option<TelemetryKeys> {
        // As everywhere: each line is read before any may end this.
        let sample = self.share("telemetry.sample");
        let sampling = self.sampling();
        let propagators = self.list("telemetry.propagators");
        let otlp = self.otlp();
        let traces = self.signal("traces");
        let metrics = self.signal("metrics");
        let logs = self.signal("logs");
        let interval = self.some_duration("telemetry.metrics.interval");
        let batch = self.batch();
        let resource = self.get("telemetry.resource");
        let environment = self.get("telemetry.environment");
        let command_line = self.get("telemetry.command_line");
        let kratos_names = self.get("telemetry.kratos_names");
        let request_headers = self.header_names("telemetry.request_headers");
        let response_headers = self.header_names("telemetry.response_headers");
        Some(TelemetryKeys {
            sample: sample?,
            sampling: sampling?,
            propagators: propagators?,
            otlp: otlp?,
            traces: traces?,
            metrics: metrics?,
            logs: logs?,
            interval: interval?,
            batch: batch?,
            resource: resource?,
            environment: environment?,
            command_line: command_line?,
            kratos_names: kratos_names?,
            request_headers: request_headers?,
            response_headers: response_headers?,
        })
    }

    /// A number from 0 to 1.
    fn share(&mut self, key: &str) -> Option<f64> {
        let share: f64 = self.get(key)?;
        self.within_one(key, share)
    }

    fn within_one(&mut self, key: &str, share: f64) -> Option<f64> {
        if (0.0..=1.0).contains(&share) {
            return Some(share);
        }
        self.mistake(key, format!("expected a share from 0 to 1, found {share}"));
        None
    }

    fn sampling(&mut self) -> Option<SamplingKeys> {
        let per_second: Option<Option<f64>> = self.get("telemetry.sampling.per_second");
        let rules: Option<Vec<SamplingRule>> = self.list("telemetry.sampling.rules");
        let priority = self.get("telemetry.sampling.priority");
        let parent_based = self.get("telemetry.sampling.parent_based");
        let (per_second, rules) = (per_second?, rules?);
        for rule in &rules {
            self.within_one("telemetry.sampling.rules", rule.share)?;
            if !rule.operation.starts_with('/') && rule.operation != "*" {
                let what = format!(
                    "expected an operation such as /shop.v1.Users/Get or /shop.v1.*, found {:?}",
                    rule.operation
                );
                self.mistake("telemetry.sampling.rules", what);
                return None;
            }
        }
        if let Some(per_second) = per_second
            && !(per_second.is_finite() && per_second >= 0.0)
        {
            let what = format!("expected a number of traces a second, found {per_second}");
            self.mistake("telemetry.sampling.per_second", what);
            return None;
        }
        Some(SamplingKeys { per_second, rules, priority: priority?, parent_based: parent_based? })
    }

    fn otlp(&mut self) -> Option<OtlpKeys> {
        let endpoint = self.get("telemetry.otlp.endpoint");
        let protocol = self.get("telemetry.otlp.protocol");
        let headers: Option<BTreeMap<String, Secret>> = self.get("telemetry.otlp.headers");
        let compression: Option<Option<Compression>> = self.get("telemetry.otlp.compression");
        let timeout = self.some_duration("telemetry.otlp.timeout");
        let ca = self.get("telemetry.otlp.tls.ca");
        let cert: Option<Option<PathBuf>> = self.get("telemetry.otlp.tls.cert");
        let key: Option<Option<PathBuf>> = self.get("telemetry.otlp.tls.key");
        let (headers, cert, key) = (headers?, cert?, key?);
        if let Some(name) = headers.keys().find(|name| HeaderName::try_from(name.as_str()).is_err())
        {
            let what = format!("expected names of headers, found {name:?}");
            self.mistake("telemetry.otlp.headers", what);
            return None;
        }
        if cert.is_some() != key.is_some() {
            let (missing, there) = if cert.is_some() { ("key", "cert") } else { ("cert", "key") };
            let what =
                format!("expected the path of a file, to go with telemetry.otlp.tls.{there}");
            self.mistake(&format!("telemetry.otlp.tls.{missing}"), what);
            return None;
        }
        Some(OtlpKeys {
            endpoint: endpoint?,
            protocol: protocol?,
            headers,
            compression: compression?.unwrap_or(Compression::None),
            timeout: timeout?,
            ca: ca?,
            cert,
            key,
        })
    }

    fn signal(&mut self, signal: &str) -> Option<SignalKeys> {
        let key = format!("telemetry.{signal}.exporters");
        let exporters: Option<Vec<Exporter>> = self.list(&key);
        let endpoint = self.get(&format!("telemetry.{signal}.endpoint"));
        let exporters = exporters?;
        if signal != "metrics" && exporters.contains(&Exporter::Prometheus) {
            self.mistake(&key, "expected otlp, console or none: prometheus is for metrics".into());
            return None;
        }
        Some(SignalKeys { exporters, endpoint: endpoint? })
    }

    fn batch(&mut self) -> Option<BatchKeys> {
        let size = self.some_number("telemetry.batch.size");
        let queue = self.some_number("telemetry.batch.queue");
        let delay = self.some_duration("telemetry.batch.delay");
        Some(BatchKeys { size: size?, queue: queue?, delay: delay? })
    }

    fn some_number(&mut self, key: &str) -> Option<usize> {
        let number: std::num::NonZeroUsize = self.get(key)?;
        Some(number.get())
    }

    /// A duration above zero.
    fn some_duration(&mut self, key: &str) -> Option<Duration> {
        let duration = self.duration(key)?;
        if !duration.is_zero() {
            return Some(duration);
        }
        self.mistake(key, "expected more than 0s".into());
        None
    }

    /// A list; a key without a value is an empty one.
    fn list<T: for<'de> Deserialize<'de>>(&mut self, key: &str) -> Option<Vec<T>> {
        let list: Option<Vec<T>> = self.get(key)?;
        Some(list.unwrap_or_default())
    }

    fn header_names(&mut self, key: &str) -> Option<Vec<String>> {
        let mut names = Vec::new();
        for text in self.list::<String>(key)? {
            match HeaderName::try_from(text.as_str()) {
                Ok(name) => names.push(name.as_str().to_owned()),
                Err(_) => {
                    self.mistake(key, format!("expected names of headers, found {text:?}"));
                    return None;
                }
            }
        }
        Some(names)
    }
}
