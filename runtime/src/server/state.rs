//! What is known of a connection while it lives, shared between its task, its calls and the sweeper.
//!
//! Nothing in here waits. The sweeper looks at every connection a few times a second and tells the ones that are over time;
//! that costs a request three relaxed stores and no timer.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::task::{Wake, Waker};
use std::time::Duration;

use super::clock::Laps;
use super::connections::Connections;
use super::io::Switched;

/// What a connection is doing, as far as its time limits care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// Nothing has arrived yet.
    Fresh = 0,
    /// The head of a request, or HTTP/2's preface, has begun and not ended.
    Reading = 1,
    /// Between calls.
    Idle = 2,
    /// At least one call is under way, or bytes of its answer are.
    Active = 3,
    /// The user's own protocol is spoken.
    Switched = 4,
}

/// What the sweeper asks of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Order {
    /// Nothing.
    None = 0,
    /// Take no further calls: GOAWAY on HTTP/2.
    Finish = 1,
    /// Close, unless a call has begun in the meantime.
    Close = 2,
    /// Close, whatever is going on.
    Abort = 3,
}

/// One connection.
pub(crate) struct State {
    server: Arc<Connections>,
    http2: AtomicBool,
    phase: AtomicU8,
    order: AtomicU8,
    calls: AtomicU32,
    /// Pieces of answers that HTTP/2 has not written yet.
    unsent: Laps,
    /// Whether the socket had no room for what was to be written last.
    blocked: AtomicBool,
    /// When the phase began or bytes were written last, by the server's clock.
    since: AtomicU64,
    /// When it takes no further calls, by the server's clock.
    retires: u64,
    /// The connection's task. A task keeps one waker for life, so it is told once.
    waker: OnceLock<Waker>,
    /// Who waits for the socket once another protocol is spoken on it.
    switched: OnceLock<Box<Switched>>,
}

impl State {
    /// A connection that begins now.
    pub(super) fn new(server: Arc<Connections>, retires: u64) -> Self {
        Self {
            http2: AtomicBool::new(false),
            phase: AtomicU8::new(Phase::Fresh as u8),
            order: AtomicU8::new(Order::None as u8),
            calls: AtomicU32::new(0),
            unsent: Laps::default(),
            blocked: AtomicBool::new(false),
            since: AtomicU64::new(server.clock.now()),
            retires,
            waker: OnceLock::new(),
            switched: OnceLock::new(),
            server,
        }
    }

    pub(super) fn server(&self) -> &Connections {
        &self.server
    }

    pub(super) fn phase(&self) -> Phase {
        // The count rules: a stream that ends in its own task may store `Idle` after the next one has begun.
        if self.calls() > 0 || (self.http2() && !self.unsent.is_empty()) {
            return Phase::Active;
        }
        match self.phase.load(Relaxed) {
            0 => Phase::Fresh,
            1 => Phase::Reading,
            2 => Phase::Idle,
            4 => Phase::Switched,
            _ => Phase::Active,
        }
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
        self.touch();
    }

    /// Something was written: the time limits begin anew.
    pub(super) fn touch(&self) {
        self.since.store(self.server.clock.now(), Relaxed);
    }

    /// Whether there are bytes to send that the peer's slowness holds up. hyper may have taken the whole answer by then, so
    /// that its call is over.
    pub(super) fn blocked(&self) -> bool {
        self.blocked.load(Relaxed)
    }

    /// What came of writing to the socket.
    pub(super) fn wrote(&self, blocked: bool) {
        if !blocked || !self.blocked() {
            self.touch();
        }
        self.blocked.store(blocked, Relaxed);
    }

    /// Whether a call over HTTP/1 is under way.
    pub(super) fn is_called(&self) -> bool {
        self.calls() > 0 && !self.http2() && self.switched.get().is_none()
    }

    /// How long the present phase has lasted, or nothing was written.
    pub(super) fn age(&self) -> Duration {
        let since = self.since.load(Relaxed);
        Duration::from_millis(self.server.clock.now().saturating_sub(since))
    }

    /// For how long it should have taken no further calls.
    pub(super) fn overdue(&self) -> Option<Duration> {
        self.server.clock.now().checked_sub(self.retires).map(Duration::from_millis)
    }

    pub(super) fn http2(&self) -> bool {
        self.http2.load(Relaxed)
    }

    pub(super) fn set_http2(&self) {
        self.http2.store(true, Relaxed);
    }

    /// The present lap of the server's clock.
    #[inline]
    pub(super) fn lap(&self) -> u32 {
        self.server.clock.lap()
    }

    #[inline]
    pub(super) fn unsent(&self) -> &Laps {
        &self.unsent
    }

    /// The connection is about to leave HTTP.
    pub(super) fn switch(&self) {
        self.switched.get_or_init(Box::default);
    }

    pub(super) fn switched(&self) -> Option<&Switched> {
        self.switched.get().map(|switched| &**switched)
    }

    /// How many calls are under way.
    pub(super) fn calls(&self) -> u32 {
        self.calls.load(Relaxed)
    }

    /// Whether the server is stopping or the connection is old, so that this answer should be its last.
    pub(crate) fn ending(&self) -> bool {
        self.server.draining() || self.order() != Order::None
    }

    pub(super) fn order(&self) -> Order {
        match self.order.load(Relaxed) {
            0 => Order::None,
            1 => Order::Finish,
            2 => Order::Close,
            _ => Order::Abort,
        }
    }

    /// Asks something of the connection; a weaker order never replaces a stronger one.
    pub(super) fn ask(&self, order: Order) {
        if self.order.fetch_max(order as u8, Relaxed) < order as u8 {
            if let Some(waker) = self.waker.get() {
                waker.wake_by_ref();
            }
            if let Some(switched) = self.switched() {
                switched.wake();
            }
        }
    }

    /// Takes back an order that a new call has overtaken.
    pub(super) fn forgive(&self) {
        let _ =
            self.order.compare_exchange(Order::Close as u8, Order::None as u8, Relaxed, Relaxed);
    }

    pub(super) fn register(&self, waker: &Waker) {
        self.waker.get_or_init(|| waker.clone());
    }

    /// The connection's task, for as long as the socket is the connection's.
    pub(super) fn task(&self) -> Option<&Waker> {
        self.waker.get().filter(|_| self.switched.get().is_none())
    }
}

impl Wake for State {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(task) = self.waker.get() {
            crate::call::wake(task);
        }
    }
}

/// A call under way on a connection; its end is told when this is dropped.
pub(crate) struct InFlight(Arc<State>);

impl InFlight {
    pub(super) fn new(state: &Arc<State>) -> Self {
        if state.calls.fetch_add(1, Relaxed) == 0 {
            state.set_phase(Phase::Active);
        }
        Self(Arc::clone(state))
    }

    /// The connection.
    #[inline]
    pub(super) fn state(&self) -> &Arc<State> {
        &self.0
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.0.calls.fetch_sub(1, Relaxed) == 1 {
            self.0.set_phase(Phase::Idle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_ends_late_does_not_make_a_busy_connection_idle() {
        let connections = Connections::new();
        let entered = connections.enter();
        let flight = InFlight::new(&entered.state);
        // What the task of an earlier stream does when it was stopped between its two steps.
        entered.state.set_phase(Phase::Idle);
        assert_eq!(entered.state.phase(), Phase::Active);
        drop(flight);
        assert_eq!(entered.state.phase(), Phase::Idle);
    }
}
