//! What was lost, counted exactly and told sparingly.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::OTelSdkError;

/// The least time between two lines about the same signal.
const BETWEEN_LINES: Duration = Duration::from_secs(30);

/// What one exporter has lost.
pub(in crate::telemetry) struct Losses {
    signal: &'static str,
    /// Where to, without what may be secret in it.
    target: String,
    total: AtomicU64,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    last: Option<Instant>,
    /// How many all lines together have told of.
    lost: u64,
    /// Why an export failed after the last line.
    cause: Option<String>,
}

impl Losses {
    pub(super) fn new(signal: &'static str, target: String) -> Self {
        Self { signal, target, total: AtomicU64::new(0), told: Mutex::default() }
    }

    pub(in crate::telemetry) fn signal(&self) -> &'static str {
        self.signal
    }

    pub(in crate::telemetry) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// One that there was no room for: nothing but a count, for this is the caller's time.
    pub(super) fn refused(&self) {
        self.total.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self, number: usize, cause: String) {
        self.told().cause = Some(cause);
        self.total.fetch_add(number as u64, Ordering::Relaxed);
    }

    /// One line for everything since the last, if there is anything and the last is long enough ago; at the end in any
    /// case.
    pub(super) fn tell(&self, now: Instant, end: bool) {
        let mut told = self.told();
        let total = self.total();
        let soon = told.last.is_some_and(|last| now.duration_since(last) < BETWEEN_LINES);
        if total == told.lost || (soon && !end) {
            return;
        }
        let lost = total - told.lost;
        // A queue is full because exports fail or are slow: where one failed, that is the cause.
        let cause = told.cause.take().unwrap_or_else(|| "the queue was full".to_owned());
        told.last = Some(now);
        told.lost = total;
        drop(told);
        tracing::warn!(
            target: "bident::telemetry",
            signal = self.signal,
            endpoint = self.target,
            lost,
            cause,
            "telemetry was lost"
        );
    }
}

/// What an exporter says went wrong, without what is always before it.
pub(super) fn cause(error: OTelSdkError) -> String {
    match error {
        OTelSdkError::InternalFailure(cause) => cause,
        other => other.to_string(),
    }
}
