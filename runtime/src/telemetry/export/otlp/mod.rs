//! Exporters over OTLP, made from settings. What is sent is written here, but for metrics, of which there are few.

mod backwards;
mod exporter;
pub(super) mod records;
mod request;
mod send;
pub(in crate::telemetry) mod spans;
#[cfg(test)]
mod tests;
pub(in crate::telemetry) mod values;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use opentelemetry_sdk::Resource;
use percent_encoding::percent_decode_str;

pub(in crate::telemetry) use self::backwards::Backwards;
use self::exporter::{Exporter, Metrics};
pub(super) use self::request::scope;
use self::send::Sender;
use super::Signal;
use super::metrics::Push;
use super::queue::Export;
use crate::config::shown;
use crate::telemetry::settings::OtlpSettings;

/// Makes the exporters of all signals.
pub(super) struct Opened<'s> {
    settings: &'s OtlpSettings,
    endpoint: Uri,
    /// The same as it is told, without what may be secret in it.
    pub(super) shown: String,
    headers: HeaderMap,
    #[cfg(feature = "tls")]
    tls: Option<crate::client::Secured>,
}

impl<'s> Opened<'s> {
    /// Checks everything that can be checked without a connection.
    pub(super) fn new(settings: &'s OtlpSettings) -> Result<Self, Vec<String>> {
        let (endpoint, user) = without_user(&settings.endpoint);
        let shown = shown(&endpoint);
        let mut mistakes = Vec::new();
        let mut headers = HeaderMap::new();
        for (name, value) in &settings.headers {
            let name_read = HeaderName::from_bytes(name.as_bytes());
            match (name_read, HeaderValue::from_str(&value.0)) {
                (Ok(name), Ok(mut value)) => {
                    value.set_sensitive(true);
                    headers.insert(name, value);
                }
                (Err(_), _) => mistakes.push(format!("`{name}` is no name of a header")),
                (_, Err(_)) => {
                    mistakes
                        .push(format!("the value of the header `{name}` is none that can be sent"));
                }
            }
        }
        if let Some(user) = user
            && let Ok(value) = HeaderValue::from_str(&format!("Basic {}", BASE64.encode(user)))
        {
            headers.entry(http::header::AUTHORIZATION).or_insert(value);
        }
        #[cfg(feature = "tls")]
        let mut tls = None;
        let endpoint = endpoint.parse::<Uri>().unwrap_or_default();
        match (endpoint.scheme_str(), endpoint.authority()) {
            (Some("http"), Some(_)) => {}
            #[cfg(feature = "tls")]
            (Some("https"), Some(_)) => match super::tls::secured(settings, &endpoint) {
                Ok(secured) => tls = Some(secured),
                Err(mistake) => mistakes.push(format!("{shown}: {mistake}")),
            },
            #[cfg(not(feature = "tls"))]
            (Some("https"), Some(_)) => mistakes.push(format!(
                "{shown}: this program was built without TLS: bident's cargo feature `tls` is off"
            )),
            _ => mistakes.push(format!(
                "`{shown}` is no endpoint: expected `http://host:port` or `https://host:port`"
            )),
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(Self {
            settings,
            endpoint,
            shown,
            headers,
            #[cfg(feature = "tls")]
            tls,
        })
    }

    /// Of spans or log records.
    pub(super) fn items(
        &self,
        signal: Signal,
        resource: &Resource,
    ) -> Result<impl Export + use<>, String> {
        let sender = self.sender(match signal {
            Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        })?;
        Ok(Exporter::new(sender, resource))
    }

    pub(super) fn metrics(&self) -> Result<impl Push + use<>, String> {
        self.sender("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export").map(Metrics)
    }

    fn sender(&self, method: &'static str) -> Result<Sender, String> {
        Sender::new(
            self.settings,
            self.endpoint.clone(),
            method,
            self.headers.clone(),
            #[cfg(feature = "tls")]
            self.tls.clone(),
        )
    }
}

/// An endpoint and the `user:password` that stood in it, decoded.
fn without_user(endpoint: &str) -> (String, Option<Vec<u8>>) {
    let (scheme, rest) = endpoint
        .split_once("://")
        .map_or(("", endpoint), |(scheme, rest)| (&endpoint[..scheme.len() + 3], rest));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        None => (endpoint.to_owned(), None),
        Some((user, host)) => {
            let user = percent_decode_str(user).collect();
            (format!("{scheme}{host}{}", &rest[end..]), Some(user))
        }
    }
}
