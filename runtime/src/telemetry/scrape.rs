//! The text of `/metrics`.

use opentelemetry_prometheus::PrometheusExporter;
use prometheus::{Registry, TextEncoder};

/// Gauges whose names in the conventions end as only a part of a histogram may to `promtool`, and what Prometheus's own
/// clients call them.
const GAUGES: [(&str, &str); 2] = [
    ("process_thread_count", "process_threads"),
    ("process_unix_file_descriptor_count", "process_open_fds"),
];

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
    pub(super) fn text(&self) -> String {
        let mut families = self.registry.gather();
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
        text
    }
}
