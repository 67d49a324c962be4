//! What the outside tells one of the loops on the export thread, and how it waits for an answer.

use std::sync::Mutex;
use std::sync::mpsc::{self as blocking, RecvTimeoutError};
use std::time::Duration;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// A flush that somebody waits for.
pub(super) struct Flush {
    pub(super) asked: Instant,
    answer: blocking::SyncSender<bool>,
}

impl Flush {
    /// Says whether everything arrived that was waiting when it was asked for.
    pub(super) fn answer(self, arrived: bool) {
        // Whoever asked may have gone.
        let _ = self.answer.try_send(arrived);
    }
}

/// The end that gives orders. Whoever waits here is no task of the export thread, so that neither waits for the other.
pub(in crate::telemetry) struct Boss {
    flush: mpsc::UnboundedSender<Flush>,
    closing: watch::Sender<Option<Instant>>,
    ended: Mutex<blocking::Receiver<()>>,
}

/// The end of the loop that takes them.
pub(super) struct Orders {
    pub(super) flush: mpsc::UnboundedReceiver<Flush>,
    pub(super) close: Close,
    /// Gone with the loop, which is how the other end sees that it is over.
    _ended: blocking::Sender<()>,
}

/// When the loop is to end.
pub(super) struct Close(watch::Receiver<Option<Instant>>);

pub(super) fn pair() -> (Boss, Orders) {
    let (flush, flushes) = mpsc::unbounded_channel();
    let (closing, closed) = watch::channel(None);
    let (ended, end) = blocking::channel();
    let boss = Boss { flush, closing, ended: Mutex::new(end) };
    (boss, Orders { flush: flushes, close: Close(closed), _ended: ended })
}

impl Boss {
    /// Has everything sent that waits now.
    pub(super) fn flush(&self, within: Duration) -> OTelSdkResult {
        let (answer, answered) = blocking::sync_channel(1);
        if self.flush.send(Flush { asked: Instant::now(), answer }).is_err() {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        match answered.recv_timeout(within) {
            Ok(true) => Ok(()),
            Ok(false) => Err(OTelSdkError::InternalFailure("not everything arrived".to_owned())),
            Err(RecvTimeoutError::Timeout) => Err(OTelSdkError::Timeout(within)),
            Err(RecvTimeoutError::Disconnected) => Err(OTelSdkError::AlreadyShutdown),
        }
    }

    /// Tells the loop to send what waits and to give up after `within`. Told twice, the shorter time holds.
    pub(in crate::telemetry) fn close(&self, within: Duration) {
        let deadline = Instant::now() + within;
        self.closing.send_modify(|closing| {
            *closing = Some(closing.map_or(deadline, |earlier| earlier.min(deadline)));
        });
    }

    /// The same, and waits until it has ended.
    pub(in crate::telemetry) fn stop(&self, within: Duration) -> OTelSdkResult {
        self.close(within);
        let ended = self.ended.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // The loop gives up by itself at the deadline; what is added lets it say so.
        match ended.recv_timeout(within + Duration::from_millis(500)) {
            Err(RecvTimeoutError::Timeout) => Err(OTelSdkError::Timeout(within)),
            _ => Ok(()),
        }
    }
}

impl Close {
    /// Waits until the loop is to close.
    pub(super) async fn begun(&mut self) {
        // Without a boss there is nobody left to export for.
        let _ = self.0.wait_for(Option::is_some).await;
    }

    /// Waits until what is not sent by now is lost.
    pub(super) async fn over(&mut self) {
        self.begun().await;
        loop {
            let Some(deadline) = *self.0.borrow_and_update() else { return };
            tokio::select! {
                () = tokio::time::sleep_until(deadline) => return,
                // A shorter time was set.
                changed = self.0.changed() => if changed.is_err() { return },
            }
        }
    }
}
