//! Placeholder.
use super::settings::TelemetrySettings;
pub(crate) fn resource(_: &TelemetrySettings, name: &str, _: &str) -> opentelemetry_sdk::Resource {
    opentelemetry_sdk::Resource::builder().with_service_name(name.to_owned()).build()
}
