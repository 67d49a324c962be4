//! All connections of a server: who is there, and which of them are over time.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::Duration;

use super::Limits;
use super::clock::Clock;
use super::state::{Order, Phase, State};

/// How long an HTTP/2 connection that was told to go may take to do so when nothing is under way on it.
pub(super) const FAREWELL: Duration = Duration::from_secs(1);

/// The connections of a server.
pub(super) struct Connections {
    pub(super) clock: Clock,
    limits: OnceLock<Limits>,
    /// Woken when there is something to sweep again.
    sweeper: OnceLock<Thread>,
    closed: AtomicBool,
    draining: AtomicBool,
    live: Mutex<HashMap<u64, Arc<State>>>,
    next: AtomicU64,
}

impl Connections {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            clock: Clock::new(),
            limits: OnceLock::new(),
            sweeper: OnceLock::new(),
            closed: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            live: Mutex::default(),
            next: AtomicU64::new(0),
        })
    }

    /// Enters a new connection. It is taken out when what is returned is dropped.
    pub(super) fn enter(self: &Arc<Self>) -> Entered {
        let id = self.next.fetch_add(1, Relaxed);
        self.clock.tick();
        let state = Arc::new(State::new(Arc::clone(self), self.retires(id)));
        let first = {
            let mut live = self.lock();
            live.insert(id, Arc::clone(&state));
            live.len() == 1
        };
        if first && let Some(sweeper) = self.sweeper.get() {
            sweeper.unpark();
        }
        Entered { id, state }
    }

    /// When a connection that begins now is old, by the clock. Connections that began together do not come back together.
    fn retires(&self, id: u64) -> u64 {
        let age = self.limits.get().and_then(|limits| limits.max_age);
        age.map_or(u64::MAX, |age| {
            let age = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
            let tenth = age / 10;
            let shift = RandomState::new().hash_one(id) % (2 * tenth + 1);
            self.clock.now().saturating_add(age - tenth).saturating_add(shift)
        })
    }

    /// Sets the limits that hold from now on, once.
    pub(super) fn limit(&self, limits: Limits) {
        self.limits.get_or_init(|| limits);
    }

    pub(super) fn swept_by(&self, sweeper: Thread) {
        self.sweeper.get_or_init(|| sweeper);
    }

    /// Looks at every connection's time limits.
    pub(super) fn sweep(&self) {
        self.clock.tick();
        let Some(limits) = self.limits.get() else { return };
        self.clock.lap_after(limits.idle / 2);
        for state in self.snapshot() {
            let age = state.age();
            match state.overdue() {
                None => {}
                // A socket is told before it is cut, and has time left to say so to its peer.
                Some(overdue) if overdue < limits.age_grace => {
                    let last_word =
                        overdue >= limits.age_grace - FAREWELL.min(limits.age_grace / 2);
                    let switched = state.switched().is_some();
                    state.ask(if switched && last_word { Order::Close } else { Order::Finish });
                }
                Some(_) => state.ask(Order::Abort),
            }
            // One stream that its peer takes nothing of for so long costs the others their connection, so that they get
            // as long again to end.
            match state.unsent().stood(self.clock.lap()) {
                0 | 1 => {}
                2 | 3 => state.ask(Order::Finish),
                _ => state.ask(Order::Abort),
            }
            match state.phase() {
                // A peer that takes nothing at all for so long is stuck, whatever its call is about to do.
                Phase::Active | Phase::Switched if state.blocked() && age >= limits.idle => {
                    state.ask(Order::Abort);
                }
                Phase::Switched => {}
                // It has longer than a head has to arrive, and no limit but this one.
                _ if state.blocked() => {
                    state.ask(if age >= limits.idle { Order::Close } else { Order::None });
                }
                Phase::Fresh | Phase::Reading if age >= limits.header_read => {
                    state.ask(Order::Close);
                }
                Phase::Idle if state.http2() && age >= limits.idle + FAREWELL => {
                    state.ask(Order::Close);
                }
                Phase::Idle if age >= limits.idle => {
                    state.ask(if state.http2() { Order::Finish } else { Order::Close });
                }
                _ => {}
            }
        }
    }

    /// Nothing will be served any more. What the user's routes have taken over is nobody else's to end.
    pub(super) fn close(&self) {
        self.closed.store(true, Relaxed);
        for state in self.snapshot() {
            state.ask(Order::Abort);
        }
    }

    pub(super) fn closed(&self) -> bool {
        self.closed.load(Relaxed)
    }

    /// The connections of this moment.
    pub(super) fn snapshot(&self) -> Vec<Arc<State>> {
        self.lock().values().cloned().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    pub(super) fn start_draining(&self) {
        self.draining.store(true, Relaxed);
    }

    pub(super) fn draining(&self) -> bool {
        self.draining.load(Relaxed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<State>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's place among the live ones.
pub(super) struct Entered {
    id: u64,
    pub(super) state: Arc<State>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.state.server().lock().remove(&self.id);
    }
}
