//! What became of every call: counted by those who make them, awaited by the test.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::sync::watch;
use tokio::time::timeout;

/// How many calls and lanes are where.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    /// Calls sent and not yet ended.
    pub(crate) in_flight: usize,
    /// Lanes that have been answered by the present server.
    pub(crate) warm: usize,
    answered: usize,
}

/// The record that all lanes share.
pub(crate) struct Ledger {
    counts: watch::Sender<Counts>,
    /// The last generation whose server was sent SIGTERM. The lock orders a call's start against the signal.
    signalled: Mutex<u64>,
    lost: Mutex<Vec<String>>,
}

impl Ledger {
    pub(crate) fn new() -> Ledger {
        Ledger {
            counts: watch::Sender::new(Counts::default()),
            signalled: Mutex::new(0),
            lost: Mutex::new(Vec::new()),
        }
    }

    /// A new server is up: no lane has been answered by it.
    pub(crate) fn new_generation(&self) {
        self.counts.send_modify(|counts| counts.warm = 0);
    }

    /// Notes that a call has been sent to the server of `generation`. Its answer is promised if SIGTERM was not sent yet.
    pub(crate) fn sent(&self, generation: u64) -> Sent {
        let signalled = lock(&self.signalled);
        self.counts.send_modify(|counts| counts.in_flight += 1);
        Sent { promised: *signalled < generation }
    }

    /// Notes a right answer.
    pub(crate) fn answered_right(&self, _: Sent, first: bool) {
        self.counts.send_modify(|counts| {
            counts.in_flight -= 1;
            counts.answered += 1;
            counts.warm += usize::from(first);
        });
    }

    /// Notes that a call failed. It is lost if its answer was promised, or if a part of an answer had come.
    pub(crate) fn failed(&self, sent: Sent, begun: bool, why: &str) {
        if sent.promised || begun {
            lock(&self.lost).push(why.to_owned());
        }
        self.counts.send_modify(|counts| counts.in_flight -= 1);
    }

    /// Notes a failure outside of a call that the server has no excuse for.
    pub(crate) fn lost_outside(&self, why: String) {
        lock(&self.lost).push(why);
    }

    /// Sends the signal by `send` and says how many calls were in flight at that moment.
    pub(crate) fn signal(
        &self,
        generation: u64,
        send: impl FnOnce() -> Result<()>,
    ) -> Result<usize> {
        let mut signalled = lock(&self.signalled);
        let in_flight = self.counts.borrow().in_flight;
        *signalled = generation;
        send()?;
        Ok(in_flight)
    }

    /// Whether the server of `generation` has been sent SIGTERM.
    pub(crate) fn is_signalled(&self, generation: u64) -> bool {
        *lock(&self.signalled) >= generation
    }

    /// Waits until the counts are as wanted.
    pub(crate) async fn wait(
        &self,
        bound: Duration,
        wanted: impl FnMut(&Counts) -> bool,
    ) -> Result<()> {
        let mut counts = self.counts.subscribe();
        timeout(bound, counts.wait_for(wanted)).await??;
        Ok(())
    }

    pub(crate) fn answered(&self) -> usize {
        self.counts.borrow().answered
    }

    pub(crate) fn lost(&self) -> Vec<String> {
        lock(&self.lost).clone()
    }
}

/// A call under way.
pub(crate) struct Sent {
    promised: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A lane that panics fails the test by itself; what it left behind is still a count.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
