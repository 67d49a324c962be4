//! The guard around everything that is a user's: it sets the scope, catches panics, and drops what is late.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as Task, Poll};
use std::time::Instant;

use futures_core::Stream;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep_until};

use super::scope::within;
use super::{Context, Reply};
use crate::{Error, Result};

pin_project! {
    /// A handler's future, as the middleware above sees it: a panic and a passed deadline are errors.
    pub(crate) struct Guard<F> {
        #[pin]
        future: Option<F>,
        #[pin]
        clock: Clock,
        context: Owned,
    }
}

pin_project! {
    /// A handler's stream of messages, guarded in the same way; its first error is its last item.
    pub(crate) struct GuardedStream<S> {
        #[pin]
        stream: Option<S>,
        #[pin]
        clock: Clock,
        context: Owned,
    }
}

impl<F> Guard<F> {
    pub(crate) fn new(context: Context, future: F) -> Self {
        let clock = Clock::new(context.deadline());
        Self { future: Some(future), clock, context: Owned(Some(context)) }
    }
}

impl<F: Future<Output = Result<Reply>>> Future for Guard<F> {
    type Output = Result<Reply>;

    fn poll(self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = this.context.run(|| match this.future.as_mut().as_pin_mut() {
            Some(future) => future.poll(cx),
            None => Poll::Pending,
        });
        let result = match polled {
            Ok(Poll::Ready(result)) => result,
            Ok(Poll::Pending) if this.clock.passed(cx) => Err(Error::deadline_passed()),
            Ok(Poll::Pending) => return Poll::Pending,
            Err(panic) => Err(panic),
        };
        // What is late or broken is dropped here, while its call is still the current one.
        let dropped = this.context.run(|| this.future.set(None));
        Poll::Ready(this.context.add(dropped.and(result)))
    }
}

impl<S> GuardedStream<S> {
    pub(crate) fn new(context: Context, stream: S) -> Self {
        let clock = Clock::new(context.deadline());
        Self { stream: Some(stream), clock, context: Owned(Some(context)) }
    }
}

impl<S, T> Stream for GuardedStream<S>
where
    S: Stream<Item = Result<T>>,
{
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Option<Result<T>>> {
        let mut this = self.project();
        let Some(stream) = this.stream.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let item = match this.context.run(|| stream.poll_next(cx)) {
            Ok(Poll::Ready(item)) => item,
            Ok(Poll::Pending) if this.clock.passed(cx) => Some(Err(Error::deadline_passed())),
            Ok(Poll::Pending) => return Poll::Pending,
            Err(panic) => Some(Err(panic)),
        };
        match item {
            Some(Ok(message)) => Poll::Ready(Some(Ok(message))),
            last => {
                let dropped = this.context.run(|| this.stream.set(None));
                Poll::Ready(match (last, dropped) {
                    (None, Err(panic)) => Some(Err(panic)),
                    (last, _) => last,
                })
            }
        }
    }
}

/// Runs user code, turning a panic into an error.
pub(crate) fn caught<T>(f: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| Error::panicked(text(&*panic)))
}

fn text(panic: &(dyn Any + Send)) -> &str {
    match panic.downcast_ref::<&str>() {
        Some(text) => text,
        None => panic.downcast_ref::<String>().map_or("a value that is no text", String::as_str),
    }
}

pin_project! {
    /// A deadline whose timer is made when something has to wait for it, and not before.
    pub(crate) struct Clock {
        deadline: Option<Instant>,
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl Clock {
    pub(crate) fn new(deadline: Option<Instant>) -> Self {
        Self { deadline, sleep: None }
    }

    /// Whether the deadline has passed; where not, the task is woken when it does.
    pub(crate) fn passed(self: Pin<&mut Self>, cx: &mut Task<'_>) -> bool {
        let mut this = self.project();
        let Some(deadline) = *this.deadline else { return false };
        if this.sleep.is_none() {
            this.sleep.set(Some(sleep_until(deadline.into())));
        }
        this.sleep.as_pin_mut().is_some_and(|sleep| sleep.poll(cx).is_ready())
    }
}

/// A call's context, which is over when its handler is.
struct Owned(Option<Context>);

impl Owned {
    fn run<T>(&mut self, f: impl FnOnce() -> T) -> Result<T> {
        let span = self.0.as_ref().map(|context| context.span()).filter(|span| !span.is_disabled());
        match span.cloned() {
            Some(span) => span.in_scope(|| caught(|| within(&mut self.0, f))),
            None => caught(|| within(&mut self.0, f)),
        }
    }

    /// Puts what the handler added through its context beside the outcome.
    fn add(&self, result: Result<Reply>) -> Result<Reply> {
        let Some(added) = self.0.as_ref().and_then(Context::take_added) else { return result };
        match result {
            Ok(mut reply) => {
                reply.meta.headers.extend(added.headers);
                reply.meta.trailers.extend(added.trailers);
                Ok(reply)
            }
            Err(error) => Err(error.with_added(added)),
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(context) = &self.0 {
            context.end();
        }
    }
}
