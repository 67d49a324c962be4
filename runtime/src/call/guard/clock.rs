//! Deadlines: of what a guard holds, and of a whole chain of middleware.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Task, Poll};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep_until};

use crate::call::{Reply, around};
use crate::telemetry::Presence;
use crate::{Error, Result};

/// A deadline whose timer is made when something has to wait for it, and not before.
pub(crate) struct Clock {
    deadline: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Clock {
    pub(crate) fn new(deadline: Option<Instant>) -> Self {
        Self { deadline, sleep: None }
    }

    /// Whether the deadline has passed, for what is not waiting.
    pub(crate) fn late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Whether the deadline has passed, or will so soon that another clock may have come to it.
    pub(crate) fn is_due(&self, within: Duration) -> bool {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        left.is_some_and(|left| left <= within)
    }

    /// Whether the deadline has passed; where not, the task is woken when it does.
    pub(crate) fn passed(&mut self, cx: &mut Task<'_>) -> bool {
        let Some(deadline) = self.deadline else { return false };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline.into())));
        sleep.as_mut().poll(cx).is_ready()
    }
}

pin_project! {
    /// A chain of middleware with a last deadline of its own, as part of its call's trace.
    pub(crate) struct Bounded<F> {
        #[pin]
        future: F,
        clock: Clock,
        presence: Option<Presence>,
    }
}

impl<F> Bounded<F> {
    pub(crate) fn new(deadline: Option<Instant>, presence: Presence, future: F) -> Self {
        Self { future, clock: Clock::new(deadline), presence: Some(presence) }
    }
}

impl<F: Future<Output = Result<Reply>>> Future for Bounded<F> {
    type Output = Result<Reply>;

    fn poll(self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match around(this.presence, || this.future.poll(cx)) {
            Poll::Pending if this.clock.passed(cx) => Poll::Ready(Err(Error::deadline_passed())),
            polled => polled,
        }
    }
}
