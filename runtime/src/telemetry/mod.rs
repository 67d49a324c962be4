//! Traces, metrics and logs of an app: OpenTelemetry over OTLP, `/metrics`, log output.

pub(crate) mod settings;
