//! Log records, on their way into the queues.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};

use super::FLUSH;
use super::orders::Boss;
use super::queue::Queue;

/// One record and whose it is. Boxed: a record is large, and most of its room is for attributes that it does not have.
pub(super) type Record = Box<(SdkLogRecord, InstrumentationScope)>;

pub(in crate::telemetry) struct Records {
    targets: Vec<(Arc<Queue<Record>>, Arc<Boss>)>,
}

impl Records {
    pub(super) fn new(targets: Vec<(Arc<Queue<Record>>, Arc<Boss>)>) -> Self {
        Self { targets }
    }
}

impl std::fmt::Debug for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records").field("targets", &self.targets.len()).finish()
    }
}

impl LogProcessor for Records {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        for (queue, _) in &self.targets {
            queue.put(Box::new((record.clone(), scope.clone())));
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        super::each(&self.targets, |(_, boss)| boss.flush(FLUSH))
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        super::stop_all(self.targets.iter().map(|(_, boss)| boss), timeout)
    }
}
