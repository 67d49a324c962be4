//! How telemetry leaves the process: queues that lose rather than wait, and one thread that empties them.

mod batch;
mod console;
mod losses;
mod metrics;
mod orders;
pub(super) mod otlp;
mod queue;
mod records;
mod spans;
#[cfg(test)]
mod tests;
mod thread;
#[cfg(feature = "tls")]
mod tls;

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::{ManualReader, Temporality};

pub(super) use self::losses::Losses;
pub(super) use self::metrics::Pushed;
pub(super) use self::orders::Boss;
pub(super) use self::records::Records;
pub(super) use self::spans::{Spans, shorten_all, shortened};
pub(super) use self::thread::ExportThread;
use super::settings::{self, BatchSettings, OtlpSettings, SignalSettings, TelemetrySettings};

/// How long a flush takes at most that somebody asks a provider for.
const FLUSH: Duration = Duration::from_secs(5);

/// What goes to people is shown soon.
const CONSOLE_DELAY: Duration = Duration::from_millis(100);

/// What is exported item by item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    Traces,
    Logs,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Logs => "logs",
        }
    }
}

/// Everything that exports, open.
pub(super) struct Exports {
    /// There only where something is exported.
    pub(super) thread: Option<ExportThread>,
    pub(super) spans: Option<Spans>,
    pub(super) records: Option<Records>,
    pub(super) pushed: Vec<Pushed>,
    pub(super) losses: Vec<Arc<Losses>>,
    /// Of all loops, to end them without their providers.
    pub(super) bosses: Vec<Arc<Boss>>,
}

impl Exports {
    /// # Errors
    /// Every mistake in the settings, one text each.
    pub(super) fn open(
        settings: &TelemetrySettings,
        resource: &Resource,
    ) -> Result<Self, Vec<String>> {
        let mut exports = Self {
            thread: None,
            spans: None,
            records: None,
            pushed: Vec::new(),
            losses: Vec::new(),
            bosses: Vec::new(),
        };
        let signals = [&settings.traces, &settings.metrics, &settings.logs];
        if settings.disabled || signals.iter().all(|signal| is_silent(signal)) {
            return Ok(exports);
        }
        let mut mistakes = Vec::new();
        let mut check = |signal: &'static str, otlp: &'_ Option<OtlpSettings>| {
            let opened = otlp.as_ref().map(otlp::Opened::new).transpose();
            if let Err(found) = &opened {
                mistakes.extend(found.iter().map(|mistake| format!("{signal}: {mistake}")));
            }
        };
        check("traces", &settings.traces.otlp);
        check("metrics", &settings.metrics.otlp);
        check("logs", &settings.logs.otlp);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let thread = ExportThread::start()
            .map_err(|error| vec![format!("the thread that exports: {error}")])?;
        let opened = [
            exports.open_spans(settings, resource, &thread),
            exports.open_metrics(settings, &thread),
            exports.open_records(settings, resource, &thread),
        ];
        exports.thread = Some(thread);
        let mistakes: Vec<_> = opened.into_iter().filter_map(Result::err).flatten().collect();
        if mistakes.is_empty() { Ok(exports) } else { Err(mistakes) }
    }

    fn open_spans(
        &mut self,
        settings: &TelemetrySettings,
        resource: &Resource,
        thread: &ExportThread,
    ) -> Result<(), Vec<String>> {
        let traces = &settings.traces;
        let targets = self.targets(Signal::Traces, traces, settings.spans, resource, thread)?;
        if !targets.is_empty() {
            self.spans = Some(Spans::new(targets, settings.limits));
        }
        Ok(())
    }

    fn open_records(
        &mut self,
        settings: &TelemetrySettings,
        resource: &Resource,
        thread: &ExportThread,
    ) -> Result<(), Vec<String>> {
        let logs = &settings.logs;
        let targets = self.targets(Signal::Logs, logs, settings.records, resource, thread)?;
        if !targets.is_empty() {
            self.records = Some(Records::new(targets, settings.record_limits));
        }
        Ok(())
    }

    /// Wherever the items of a signal go, each with a queue of its own.
    fn targets(
        &mut self,
        signal: Signal,
        settings: &SignalSettings,
        batch: BatchSettings,
        resource: &Resource,
        thread: &ExportThread,
    ) -> Result<Vec<Target>, Vec<String>> {
        let mut targets = Vec::new();
        if let Some(otlp) = &settings.otlp {
            let opened = otlp::Opened::new(otlp)?;
            let losses = self.losses(signal.name(), opened.shown.clone());
            let exporter = opened.items(signal, resource).map_err(|mistake| vec![mistake])?;
            targets.push(self.queue(thread, batch, losses, exporter, otlp.timeout));
        }
        if settings.console {
            let losses = self.losses(signal.name(), "console".to_owned());
            let batch = BatchSettings { delay: CONSOLE_DELAY, ..batch };
            targets.push(self.queue(thread, batch, losses, console::Items(signal), FLUSH));
        }
        Ok(targets)
    }

    fn open_metrics(
        &mut self,
        settings: &TelemetrySettings,
        thread: &ExportThread,
    ) -> Result<(), Vec<String>> {
        let temporality = match settings.temporality {
            settings::Temporality::Cumulative => Temporality::Cumulative,
            settings::Temporality::Delta => Temporality::Delta,
            settings::Temporality::LowMemory => Temporality::LowMemory,
        };
        if let Some(otlp) = &settings.metrics.otlp {
            let opened = otlp::Opened::new(otlp)?;
            let losses = self.losses("metrics", opened.shown.clone());
            let exporter = opened.metrics().map_err(|mistake| vec![mistake])?;
            let interval = settings.metrics_interval;
            self.push(thread, exporter, temporality, losses, interval, otlp.timeout);
        }
        if settings.metrics.console {
            let losses = self.losses("metrics", "console".to_owned());
            let interval = settings.metrics_interval;
            let temporality = Temporality::Cumulative;
            self.push(thread, console::Metrics, temporality, losses, interval, FLUSH);
        }
        Ok(())
    }

    fn losses(&mut self, signal: &'static str, target: String) -> Arc<Losses> {
        let losses = Arc::new(Losses::new(signal, target));
        self.losses.push(Arc::clone(&losses));
        losses
    }

    fn boss(&mut self) -> (Arc<Boss>, orders::Orders) {
        let (boss, orders) = orders::pair();
        let boss = Arc::new(boss);
        self.bosses.push(Arc::clone(&boss));
        (boss, orders)
    }

    fn queue<E: queue::Export>(
        &mut self,
        thread: &ExportThread,
        batch: BatchSettings,
        losses: Arc<Losses>,
        exporter: E,
        timeout: Duration,
    ) -> Target {
        let queue = Arc::new(queue::Queue::new(batch, losses));
        let (boss, orders) = self.boss();
        let delay = batch.delay;
        let (own, failed) = (Arc::clone(&queue), None);
        let worker = queue::Worker { queue: own, exporter, orders, delay, timeout, failed };
        thread.spawn(worker.run());
        (queue, boss)
    }

    fn push<E: metrics::Push>(
        &mut self,
        thread: &ExportThread,
        exporter: E,
        temporality: Temporality,
        losses: Arc<Losses>,
        interval: Duration,
        timeout: Duration,
    ) {
        let reader = Arc::new(ManualReader::builder().with_temporality(temporality).build());
        let (boss, orders) = self.boss();
        self.pushed.push(Pushed { reader: Arc::clone(&reader), boss });
        let collecting = None;
        let worker =
            metrics::Worker { reader, exporter, orders, losses, interval, timeout, collecting };
        thread.spawn(worker.run());
    }
}

/// A queue, and who has a say over the loop that empties it.
type Target = (Arc<queue::Queue>, Arc<Boss>);

fn is_silent(signal: &SignalSettings) -> bool {
    signal.otlp.is_none() && !signal.console
}

/// Does it to all, whatever comes of the first.
fn each<T>(targets: &[T], does: impl Fn(&T) -> OTelSdkResult) -> OTelSdkResult {
    targets.iter().map(does).reduce(Result::and).unwrap_or(Ok(()))
}

/// Ends loops within a time that is for all of them together.
pub(super) fn stop_all<'b>(
    bosses: impl Iterator<Item = &'b Arc<Boss>> + Clone,
    within: Duration,
) -> OTelSdkResult {
    let start = Instant::now();
    bosses.clone().for_each(|boss| boss.close(within));
    bosses
        .map(|boss| boss.stop(within.saturating_sub(start.elapsed())))
        .reduce(Result::and)
        .unwrap_or(Ok(()))
}
