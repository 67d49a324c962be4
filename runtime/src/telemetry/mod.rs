//! Traces, metrics and logs of an app: OpenTelemetry over OTLP, `/metrics`, log output.

#[allow(dead_code, reason = "the app opens the pipeline in the next step")]
mod export;
mod ids;
#[allow(dead_code, reason = "the app opens the pipeline in the next step")]
pub(crate) mod pipeline;
mod process;
mod scrape;
pub(crate) mod settings;
