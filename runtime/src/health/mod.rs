//! Whether this instance wants calls: `grpc.health.v1`, `/healthz` and `/readyz`, all from one state.
//!
//! Every service of an app shares that state. Nothing in here checks anything: the lifecycle says what holds.

mod service;

pub(crate) use service::{SPEC, mount};

use tokio::sync::watch;

/// Where an app is in its life, as callers may know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not serving yet.
    Starting,
    Serving,
    /// Still serving, for those who have not noticed that it ends.
    Stopping,
    /// Only finishing what has begun: whoever watches is let go.
    Draining,
}

/// The state of an app. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Health(watch::Sender<Phase>);

impl Health {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Phase::Starting))
    }

    pub(crate) fn set(&self, phase: Phase) {
        self.0.send_replace(phase);
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.0.borrow()
    }

    /// Whether calls are wanted.
    pub(crate) fn ready(&self) -> bool {
        self.phase() == Phase::Serving
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Phase> {
        self.0.subscribe()
    }
}
