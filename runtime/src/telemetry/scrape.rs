//! The text of `/metrics`.

use opentelemetry_prometheus::PrometheusExporter;
use prometheus::{Registry, TextEncoder};

use crate::call::caught;

/// Gauges whose names in the conventions end as only a part of a histogram may to `promtool`, and what Prometheus's own
/// clients call them.
const GAUGES: [(&str, &str); 2] = [
    ("process_thread_count", "process_threads"),
    ("process_unix_file_descriptor_count", "process_open_fds"),
];

const PANICKED: &str =
    "a callback of an instrument panicked: there are no metrics here until the program starts anew";

pub(super) struct Scrape {
    registry: Registry,
}

impl Scrape {
    /// What is asked for the text, and the reader that the meters feed.
    pub(super) fn open() -> Result<(Self, PrometheusExporter), String> {
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            // Which crate an instrument is from would stand on every line of a histogram, and is the same for all of the
            // kit's. Who has two instruments of one name in different scopes sees both as one metric.
            .scope_info_enabled(false)
            .build()
            .map_err(|error| format!("/metrics: {error}"))?;
        Ok((Self { registry }, reader))
    }

    /// Asks all instruments now.
    ///
    /// # Errors
    /// Why there is no text: a callback of an instrument has panicked. The SDK reads none of them from then on.
    pub(super) fn text(&self) -> Result<String, &'static str> {
        let gathered = caught(|| self.registry.gather());
        let mut families = gathered.unwrap_or_else(|panic| {
            tracing::error!(target: "bident::telemetry", error = ?panic, "{PANICKED}");
            Vec::new()
        });
        // There is one of the program itself, always.
        if families.is_empty() {
            return Err(PANICKED);
        }
        for family in &mut families {
            if let Some((_, name)) = GAUGES.iter().find(|(name, _)| *name == family.name()) {
                family.set_name((*name).to_owned());
            }
        }
        let mut text = String::new();
        if TextEncoder::new().encode_utf8(&families, &mut text).is_err() {
            // A family without points is what the encoder refuses; what is before it is whole.
            tracing::debug!(target: "bident::telemetry", "the text of /metrics ends early");
        }
        Ok(text)
    }
}
