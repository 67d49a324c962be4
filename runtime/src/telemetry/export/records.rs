//! Log records, on their way into the queues.

use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};

use super::{FLUSH, Target, otlp};
use crate::telemetry::settings::RecordLimitSettings;

pub(in crate::telemetry) struct Records {
    targets: Vec<Target>,
    limits: RecordLimitSettings,
}

impl Records {
    pub(super) fn new(targets: Vec<Target>, limits: RecordLimitSettings) -> Self {
        Self { targets, limits }
    }
}

impl std::fmt::Debug for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records").field("targets", &self.targets.len()).finish()
    }
}

impl LogProcessor for Records {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        // The target, which is the module that logs, stands for the name.
        let name = record.target().map_or_else(|| scope.name(), AsRef::as_ref);
        let scope = otlp::scope(name, scope);
        let written = otlp::records::record(record, self.limits);
        for (queue, _) in &self.targets {
            queue.put(scope.written(), written.written());
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        super::each(&self.targets, |(_, boss)| boss.flush(FLUSH))
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        super::stop_all(self.targets.iter().map(|(_, boss)| boss), timeout)
    }
}
