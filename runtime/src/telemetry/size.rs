//! How long a body is, as it is on the wire.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use http_body::Body as _;

use crate::call::Body;

/// The length of a body.
pub(super) enum Size {
    Known(u64),
    /// What has passed so far; what nobody reads is not known.
    Counted(Counter),
}

/// Counts the bytes of a body that passes.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<AtomicU64>);

impl Counter {
    pub(crate) fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl Size {
    /// That of this body, which counts itself from now on where nobody has said it.
    pub(super) fn of(body: &mut Body) -> Self {
        if let Some(length) = body.size_hint().exact() {
            return Self::Known(length);
        }
        let counter = Counter::default();
        *body = mem::take(body).counted(counter.clone());
        Self::Counted(counter)
    }

    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Known(bytes) => *bytes,
            Self::Counted(counter) => counter.bytes(),
        }
    }
}
