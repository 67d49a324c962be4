//! Telemetry for people and for scripts: one line of JSON on stdout for each span, metric and record.

mod items;
mod metrics;

use std::io::Write as _;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use serde_json::Value as Json;

pub(super) use self::items::Items;
pub(super) use self::metrics::Metrics;

fn print(lines: impl Iterator<Item = Json>) -> OTelSdkResult {
    // One write for all of them: whoever reads along sees whole lines.
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| OTelSdkError::InternalFailure(error.to_string()))
}
