//! Traces, metrics and logs of an app: OpenTelemetry over OTLP, `/metrics`, log output.

mod ids;
pub(crate) mod log;
pub(crate) mod settings;

pub use log::layer;
