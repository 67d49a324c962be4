//! What happens to the configuration, kept until there is somebody to tell: telemetry is itself configured.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// One thing that happened.
#[derive(Debug)]
#[cfg_attr(not(feature = "telemetry"), allow(dead_code, reason = "only telemetry reads it"))]
pub(crate) struct Happening {
    pub(crate) what: What,
    pub(crate) began: SystemTime,
    pub(crate) ended: SystemTime,
    /// What was wrong, where something was.
    pub(crate) error: Option<String>,
}

#[derive(Debug)]
#[cfg_attr(not(feature = "telemetry"), allow(dead_code, reason = "only telemetry reads it"))]
pub(crate) enum What {
    /// All of it was read.
    Load,
    /// Somebody began to watch a key.
    Watch { key: String },
    /// Something changed, or would have.
    Update { key: String, source: String, revision: u64 },
}

/// Where that is written down.
pub(crate) struct Journal(Mutex<State>);

enum State {
    Early(Vec<Happening>),
    Told(Tell),
}

type Tell = Box<dyn Fn(&Happening) + Send>;

/// The most that waits: a program that never serves may read its configuration as often as it likes.
const MOST: usize = 100;

impl Journal {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::Early(Vec::new())))
    }

    pub(super) fn note(&self, what: What, began: SystemTime, error: Option<String>) {
        let happening = Happening { what, began, ended: SystemTime::now(), error };
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Early(early) if early.len() < MOST => early.push(happening),
            State::Early(_) => {}
            State::Told(tell) => tell(&happening),
        }
    }

    /// Tells what has happened so far and everything that will.
    pub(crate) fn open(&self, tell: impl Fn(&Happening) + Send + 'static) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Early(early) = &*state {
            early.iter().for_each(&tell);
        }
        *state = State::Told(Box::new(tell));
    }
}
