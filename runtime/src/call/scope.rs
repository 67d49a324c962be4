//! The call that the running task works for: one thread-local, set at each poll.
//!
//! Outgoing calls read it to send deadline, metadata and trace on. Nothing in here keeps a call alive beyond the future
//! that carries it.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
#[cfg(feature = "telemetry")]
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use pin_project_lite::pin_project;

use super::{Context, Said};
#[cfg(feature = "telemetry")]
use crate::telemetry::Telemetry;
use crate::telemetry::{self, Presence};

thread_local! {
    static CURRENT: RefCell<Option<Context>> = const { RefCell::new(None) };
    /// What the call that middleware works on is to OpenTelemetry. The call itself is middleware's until its handler has it.
    static AROUND: RefCell<Option<Presence>> = const { RefCell::new(None) };
}

/// The call that this code runs for, if any.
pub fn current() -> Option<Context> {
    CURRENT.with_borrow(Clone::clone)
}

/// Whether the current trace is recorded, as middleware and programs of their own have one too; `true` where there is none.
pub fn sampled() -> bool {
    CURRENT.with_borrow(|current| match current {
        Some(context) => context.trace().sampled(),
        None => telemetry::sampled(),
    })
}

/// What the handler of the current call has said of the compression of its answer.
#[inline]
pub(crate) fn said() -> Option<Said> {
    CURRENT.with_borrow(|current| current.as_ref().and_then(|context| context.compression().said()))
}

/// The same, for the head of a stream, which leaves now.
pub(crate) fn leaving() -> Option<Said> {
    CURRENT
        .with_borrow(|current| current.as_ref().and_then(|context| context.compression().leave()))
}

/// Tells the current call whether the message that is read now came compressed.
pub(crate) fn heard(compressed: bool) {
    CURRENT.with_borrow(|current| {
        if let Some(context) = current {
            context.hear_compression(compressed);
        }
    });
}

/// The current call's trace.
#[cfg(feature = "telemetry")]
pub(crate) fn trace() -> Option<super::Trace> {
    CURRENT.with_borrow(|current| current.as_ref().map(Context::trace))
}

/// Runs `f` with `context` as the current call. The context is lent, so that no reference count moves.
pub(crate) fn within<T>(context: &mut Option<Context>, f: impl FnOnce() -> T) -> T {
    struct Back<'a>(&'a mut Option<Context>);

    impl Drop for Back<'_> {
        fn drop(&mut self) {
            CURRENT.with_borrow_mut(|current| std::mem::swap(current, self.0));
        }
    }

    // The user's own spans and propagators see the call's context too.
    let _attached = context.as_ref().and_then(|context| context.presence().attach());
    CURRENT.with_borrow_mut(|current| std::mem::swap(current, context));
    let _back = Back(context);
    f()
}

/// Runs `f`, which is middleware of a call, as part of the call's trace.
pub(crate) fn around<T>(presence: &mut Option<Presence>, f: impl FnOnce() -> T) -> T {
    struct Back<'a>(&'a mut Option<Presence>);

    impl Drop for Back<'_> {
        fn drop(&mut self) {
            AROUND.with_borrow_mut(|around| std::mem::swap(around, self.0));
        }
    }

    let _attached = presence.as_ref().and_then(Presence::attach);
    AROUND.with_borrow_mut(|around| std::mem::swap(around, presence));
    let _back = Back(presence);
    f()
}

/// The telemetry of the app whose call is worked on.
#[cfg(feature = "telemetry")]
pub(crate) fn telemetry() -> Option<Arc<Telemetry>> {
    let of = |presence: &Presence| presence.telemetry().cloned();
    match CURRENT.with_borrow(|current| current.as_ref().map(|call| of(call.presence()))) {
        Some(telemetry) => telemetry,
        None => AROUND.with_borrow(|around| around.as_ref().and_then(of)),
    }
}

pin_project! {
    /// A future that belongs to a call.
    pub(crate) struct Scoped<F> {
        context: Option<Context>,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<F::Output> {
        let this = self.project();
        within(this.context, || this.future.poll(cx))
    }
}

/// Spawns a task that keeps the call's context: deadline, metadata and trace flow into its outgoing calls too.
///
/// The task outlives the call, and a stop of the app does not wait for it. Await [`Context::cancelled`] inside where it
/// should not.
///
/// # Panics
/// Outside of a tokio runtime, as [`tokio::spawn`] does.
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(Scoped { context: current(), future })
}
