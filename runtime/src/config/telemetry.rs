//! `telemetry`: what the configuration says of traces, metrics and logs. The standard variables of OpenTelemetry come over
//! it where it is used, in the room `telemetry`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use http::HeaderName;
use serde::Deserialize;
use serde::de::{self, Deserializer};

use super::endpoint::Endpoint;
use super::secret::{Headers, Secret};
use super::settings::Source;
use super::tree::{Mistake, Node, Origin, Value};

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
    #[serde(deserialize_with = "operations")]
    pub(crate) operation: String,
    #[serde(deserialize_with = "share")]
    pub(crate) share: f64,
}

/// One operation, or how several begin.
fn operations<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    let text = String::deserialize(input)?;
    let named = text.strip_suffix('*').unwrap_or(&text);
    if (named.starts_with('/') || text == "*") && !named.contains('*') {
        return Ok(text);
    }
    let expected = "an operation such as /shop.v1.Users/Get or /shop.v1.*";
    Err(de::Error::invalid_value(de::Unexpected::Str(&text), &expected))
}

/// A number from 0 to 1.
fn share<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
    let share = f64::deserialize(input)?;
    if (0.0..=1.0).contains(&share) {
        return Ok(share);
    }
    Err(de::Error::invalid_value(de::Unexpected::Float(share), &"a share from 0 to 1"))
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Share(#[serde(deserialize_with = "share")] f64);

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
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) protocol: Option<OtlpProtocol>,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) compression: Compression,
    pub(crate) timeout: Duration,
    pub(crate) ca: Option<PathBuf>,
    /// A certificate and its key.
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
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
    pub(crate) endpoint: Option<Endpoint>,
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
    /// Of log records, which wait for less where nobody says how long.
    pub(crate) records_delay: Duration,
}

/// How long log records wait for others where nobody says: a log is read while things happen.
const RECORDS_DELAY: Duration = Duration::from_secs(1);

impl Source<'_> {
    pub(super) fn telemetry(&mut self) -> Option<TelemetryKeys> {
        // As everywhere: each line is read before any may end this.
        let sample: Option<Share> = self.get("telemetry.sample");
        let sampling = self.sampling();
        let propagators = self.list("telemetry.propagators");
        let otlp = self.otlp();
        let traces = self.signal("traces");
        let metrics = self.signal("metrics");
        let logs = self.signal("logs");
        let interval = self.some_duration("telemetry.metrics.interval");
        let batch = self.batch();
        let resource = self.resource();
        let environment = self.get("telemetry.environment");
        let command_line = self.get("telemetry.command_line");
        let kratos_names = self.get("telemetry.kratos_names");
        let request_headers = self.header_names("telemetry.request_headers");
        let response_headers = self.header_names("telemetry.response_headers");
        Some(TelemetryKeys {
            sample: sample?.0,
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

    fn sampling(&mut self) -> Option<SamplingKeys> {
        let per_second: Option<Option<f64>> = self.get("telemetry.sampling.per_second");
        let rules: Option<Vec<SamplingRule>> = self.list("telemetry.sampling.rules");
        let priority = self.get("telemetry.sampling.priority");
        let parent_based = self.get("telemetry.sampling.parent_based");
        let (per_second, rules) = (per_second?, rules?);
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
        let headers: Option<Option<Headers>> = self.get("telemetry.otlp.headers");
        let compression: Option<Option<Compression>> = self.get("telemetry.otlp.compression");
        let timeout = self.some_duration("telemetry.otlp.timeout");
        let ca = self.get("telemetry.otlp.tls.ca");
        let cert: Option<Option<PathBuf>> = self.get("telemetry.otlp.tls.cert");
        let key: Option<Option<PathBuf>> = self.get("telemetry.otlp.tls.key");
        let (cert, key) = (cert?, key?);
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
            headers: headers?.map_or_else(Vec::new, |headers| headers.0),
            compression: compression?.unwrap_or(Compression::None),
            timeout: timeout?,
            ca: ca?,
            identity: cert.zip(key),
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
        let (size, queue, delay) = (size?, queue?, delay?);
        if size > queue {
            let what = format!("expected at most {queue}, as telemetry.batch.queue, found {size}");
            self.mistake("telemetry.batch.size", what);
            return None;
        }
        let said = self.tree.find("telemetry.batch.delay").map(|node| &node.origin);
        let records_delay = if said == Some(&Origin::Default) { RECORDS_DELAY } else { delay };
        Some(BatchKeys { size, queue, delay, records_delay })
    }

    /// The attributes of the resource: a dot in a key and a section below it are the same.
    fn resource(&mut self) -> Option<BTreeMap<String, String>> {
        let (mut found, mut fine) = (BTreeMap::new(), true);
        if let Some(node) = self.tree.find("telemetry.resource") {
            fine = flatten("", node, &mut found, self.mistakes);
        }
        fine.then_some(found)
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
        let mut names: Vec<String> = Vec::new();
        for text in self.list::<String>(key)? {
            match HeaderName::try_from(text.as_str()) {
                Ok(name) if names.iter().any(|known| known == name.as_str()) => {}
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

/// Whether all below a key are attributes. That it is a map at all has been looked at with all sections.
fn flatten(
    key: &str,
    node: &Node,
    found: &mut BTreeMap<String, String>,
    mistakes: &mut Vec<Mistake>,
) -> bool {
    match &node.value {
        Value::Scalar(scalar) if !key.is_empty() => {
            found.insert(key.to_owned(), scalar.text.clone());
        }
        Value::Null | Value::Scalar(_) => {}
        Value::List(_) => {
            let (origin, key) = (Some(node.origin.clone()), format!("telemetry.resource.{key}"));
            mistakes.push(Mistake { origin, key, what: "expected a text, found a list".into() });
            return false;
        }
        Value::Map(entries) => {
            let dot = if key.is_empty() { "" } else { "." };
            let mut fine = true;
            for entry in entries {
                fine &= flatten(&format!("{key}{dot}{}", entry.key), &entry.node, found, mistakes);
            }
            return fine;
        }
    }
    true
}

#[cfg(test)]
mod tests;
