//! Metrics that are pushed: collected at intervals and exported like everything else.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, Temporality};
use tokio::task::JoinHandle;

use super::FLUSH;
use super::losses::{Losses, cause};
use super::orders::{Boss, Orders};
use super::queue::Lost;

/// Takes what was collected to where it goes.
pub(super) trait Push: Send + Sync + 'static {
    fn push(&self, metrics: &ResourceMetrics) -> impl Future<Output = Result<(), Lost>> + Send;
}

/// What the SDK sees of it.
pub(in crate::telemetry) struct Pushed {
    pub(super) reader: Arc<ManualReader>,
    pub(in crate::telemetry) boss: Arc<Boss>,
}

impl std::fmt::Debug for Pushed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pushed")
    }
}

impl MetricReader for Pushed {
    fn register_pipeline(&self, pipeline: std::sync::Weak<Pipeline>) {
        self.reader.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.reader.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.boss.flush(FLUSH)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        // The reader below is left as it is: nobody asks it any more, and to end it waits for an instrument that hangs.
        self.boss.stop(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.reader.temporality(kind)
    }
}

/// Collects and exports until it is told to close.
pub(super) struct Worker<E> {
    pub(super) reader: Arc<ManualReader>,
    pub(super) exporter: E,
    pub(super) orders: Orders,
    pub(super) losses: Arc<Losses>,
    pub(super) interval: Duration,
    /// The longest that one export may take.
    pub(super) timeout: Duration,
    /// Still calling a user's instruments: one that never returns is waited for once, not once per interval.
    pub(super) collecting: Option<JoinHandle<Result<ResourceMetrics, String>>>,
}

impl<E: Push> Worker<E> {
    pub(super) async fn run(mut self) {
        let interval = self.interval.max(Duration::from_millis(1));
        let mut due = tokio::time::Instant::now() + interval;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(due) => {
                    self.send().await;
                    // Not from when it was due: after a long export there would be two at once.
                    due = tokio::time::Instant::now() + interval;
                }
                Some(flush) = self.orders.flush.recv() => flush.answer(self.send().await),
                () = self.orders.close.begun() => break,
            }
        }
        self.send().await;
        self.losses.tell(Instant::now(), true);
        if let Some(collecting) = self.collecting {
            collecting.abort();
        }
    }

    async fn send(&mut self) -> bool {
        let mut number = 0;
        let Self { reader, exporter, orders, collecting, timeout, .. } = &mut *self;
        let sending = tokio::time::timeout(*timeout, async {
            let collected = collecting.get_or_insert_with(|| collect(Arc::clone(reader)));
            let metrics = collected.await;
            *collecting = None;
            let metrics = metrics.unwrap_or_else(|_| Err(panicked())).map_err(all)?;
            number = points(&metrics);
            exporter.push(&metrics).await
        });
        let sent = tokio::select! {
            biased;
            () = orders.close.over() => Err(all("it was not sent before the end".to_owned())),
            sent = sending => {
                sent.unwrap_or_else(|_| Err(all(format!("no answer within {timeout:?}"))))
            }
        };
        let arrived = sent.is_ok();
        if let Err(lost) = sent {
            self.losses.failed(lost.number.min(number), lost.cause);
        }
        self.losses.tell(Instant::now(), false);
        arrived
    }
}

/// However many there were.
fn all(cause: String) -> Lost {
    Lost { number: usize::MAX, cause }
}

/// Told once: the SDK's reader is of no use after that, and says so each time that it is asked.
fn panicked() -> String {
    let cause = "a callback of an instrument panicked";
    tracing::error!(target: "bident::telemetry", "{cause}: no metrics are exported any more");
    cause.to_owned()
}

/// On a thread of its own: it calls what users wrote, which may take its time or panic.
fn collect(reader: Arc<ManualReader>) -> JoinHandle<Result<ResourceMetrics, String>> {
    tokio::task::spawn_blocking(move || {
        let mut metrics = ResourceMetrics::default();
        reader.collect(&mut metrics).map_err(cause)?;
        Ok(metrics)
    })
}

/// How many points there are in it.
pub(super) fn points(metrics: &ResourceMetrics) -> usize {
    fn of<T>(data: &MetricData<T>) -> usize {
        match data {
            MetricData::Gauge(gauge) => gauge.data_points().count(),
            MetricData::Sum(sum) => sum.data_points().count(),
            MetricData::Histogram(histogram) => histogram.data_points().count(),
            MetricData::ExponentialHistogram(histogram) => histogram.data_points().count(),
        }
    }
    let metrics = metrics.scope_metrics().flat_map(|scope| scope.metrics());
    let points = metrics.map(|metric| match metric.data() {
        AggregatedMetrics::F64(data) => of(data),
        AggregatedMetrics::I64(data) => of(data),
        AggregatedMetrics::U64(data) => of(data),
    });
    points.sum()
}
