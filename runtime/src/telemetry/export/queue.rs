//! What waits to be exported: a queue with a limit, and the loop that empties it.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::batch::Batch;
use super::losses::Losses;
use super::orders::Orders;
use crate::telemetry::settings::BatchSettings;

/// Takes batches to where they go.
pub(super) trait Export: Send + Sync + 'static {
    fn export(&self, batch: Batch) -> impl Future<Output = Result<(), Lost>> + Send;
}

/// What was not delivered of a batch.
#[derive(Debug, PartialEq)]
pub(super) struct Lost {
    pub(super) number: usize,
    pub(super) cause: String,
}

/// What waits, in batches that are handed on as they are.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    batch: usize,
    limit: usize,
    full: Notify,
    pub(super) losses: Arc<Losses>,
}

#[derive(Default)]
struct Waiting {
    full: VecDeque<Batch>,
    open: Batch,
    number: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn new(settings: BatchSettings, losses: Arc<Losses>) -> Self {
        let limit = settings.queue.max(1);
        Self {
            waiting: Mutex::default(),
            batch: settings.batch.clamp(1, limit),
            limit,
            full: Notify::new(),
            losses,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Takes an encoded item of a scope. Never waits: what there is no room for is lost and counted.
    pub(super) fn put(&self, scope: &[u8], item: &[u8]) {
        let mut waiting = self.lock();
        if waiting.closed || waiting.number == self.limit {
            drop(waiting);
            return self.losses.refused();
        }
        waiting.number += 1;
        waiting.open.push(scope, item);
        if waiting.open.len() == self.batch {
            let whole = waiting.open.take();
            waiting.full.push_back(whole);
            drop(waiting);
            self.full.notify_one();
        }
    }

    /// The oldest batch, whole or not.
    pub(super) fn take(&self) -> Option<Batch> {
        let mut waiting = self.lock();
        let batch = waiting.full.pop_front().unwrap_or_else(|| waiting.open.take());
        waiting.number -= batch.len();
        (batch.len() > 0).then_some(batch)
    }

    /// How many wait, and how many of them in whole batches.
    fn number(&self) -> (usize, usize) {
        let waiting = self.lock();
        (waiting.number, waiting.number - waiting.open.len())
    }

    /// Refuses what comes from now on.
    fn close(&self) {
        self.lock().closed = true;
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// Empties a queue until it is told to close.
pub(super) struct Worker<E> {
    pub(super) queue: Arc<Queue>,
    pub(super) exporter: E,
    pub(super) orders: Orders,
    /// How long a batch waits to be full.
    pub(super) delay: Duration,
    /// The longest that one export may take.
    pub(super) timeout: Duration,
    /// When an export last failed.
    pub(super) failed: Option<tokio::time::Instant>,
}

impl<E: Export> Worker<E> {
    pub(super) async fn run(mut self) {
        let delay = self.delay.max(Duration::from_millis(1));
        let mut due = tokio::time::Instant::now() + delay;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(due) => {
                    self.send(self.queue.number().0).await;
                    due = tokio::time::Instant::now() + delay;
                }
                () = self.queue.full.notified() => {
                    self.send(self.queue.number().1).await;
                }
                Some(flush) = self.orders.flush.recv() => {
                    self.send(self.queue.number().0).await;
                    // What was under way when it was asked for has been waited for too.
                    let arrived = self.failed.is_none_or(|failed| failed < flush.asked);
                    flush.answer(arrived);
                }
                () = self.orders.close.begun() => break,
            }
            self.queue.losses.tell(Instant::now(), false);
        }
        self.queue.close();
        self.send(usize::MAX).await;
        self.queue.losses.tell(Instant::now(), true);
    }

    /// Exports batches until so many are gone.
    async fn send(&mut self, mut number: usize) {
        while number > 0
            && let Some(batch) = self.queue.take()
        {
            let count = batch.len();
            number = number.saturating_sub(count);
            let exporting = tokio::time::timeout(self.timeout, self.exporter.export(batch));
            let all = |cause| Lost { number: count, cause };
            let exported = tokio::select! {
                biased;
                () = self.orders.close.over() => Err(all("it was not sent before the end".to_owned())),
                exported = exporting => exported
                    .unwrap_or_else(|_| Err(all(format!("no answer within {:?}", self.timeout)))),
            };
            if let Err(lost) = exported {
                self.failed = Some(tokio::time::Instant::now());
                self.queue.losses.failed(lost.number, lost.cause);
                self.queue.losses.tell(Instant::now(), false);
            }
        }
    }
}
