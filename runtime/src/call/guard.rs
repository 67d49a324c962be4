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

use super::reply::{Encoded, EncodedBody};
use super::scope::within;
use super::{Context, Reply};
use crate::{Error, Result};

pin_project! {
    /// A handler's future, as the middleware above sees it: a panic and a passed deadline are errors.
    pub(crate) struct Guard<F> {
        #[pin]
        future: Option<F>,
        clock: Clock,
        context: Owned,
    }
}

pin_project! {
    /// A handler's stream of messages, guarded in the same way; its first error is its last item.
    pub(crate) struct GuardedStream<S> {
        #[pin]
        stream: Option<S>,
        clock: Clock,
        context: Owned,
    }
}

impl<F> Guard<F> {
    pub(crate) fn new(context: Context, future: F) -> Self {
        let clock = Clock::new(context.deadline());
        Self { future: Some(future), clock, context: Owned::new(context) }
    }
}

impl<F: Future<Output = Result<Reply>>> Future for Guard<F> {
    type Output = Result<Reply>;

    fn poll(self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = this.context.run(|| {
            let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Pending };
            let polled = future.poll(cx);
            if polled.is_ready() {
                // Dropped here, while its call is still the current one.
                this.future.set(None);
            }
            polled
        });
        let result = match polled {
            Ok(Poll::Ready(result)) => result,
            Ok(Poll::Pending) if this.clock.passed(cx) => {
                Err(this.context.drop(this.future).err().unwrap_or_else(Error::deadline_passed))
            }
            Ok(Poll::Pending) => return Poll::Pending,
            Err(panic) => {
                // Its destructor may panic as well; the first panic is the one to tell.
                let _ = this.context.drop(this.future);
                Err(panic)
            }
        };
        if let Ok(Reply { message: Encoded { body: EncodedBody::Stream(_) }, .. }) = &result {
            this.context.handed_on = true;
        }
        Poll::Ready(this.context.add(result))
    }
}

impl<S> GuardedStream<S> {
    pub(crate) fn new(context: Context, stream: S) -> Self {
        let clock = Clock::new(context.deadline());
        Self { stream: Some(stream), clock, context: Owned::new(context) }
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
            // A stream that always has more never waits, and its time is up all the same.
            Ok(Poll::Ready(Some(Ok(_)))) if this.clock.late() => {
                Some(Err(Error::deadline_passed()))
            }
            Ok(Poll::Ready(item)) => item,
            Ok(Poll::Pending) if this.clock.passed(cx) => Some(Err(Error::deadline_passed())),
            Ok(Poll::Pending) => return Poll::Pending,
            Err(panic) => Some(Err(panic)),
        };
        match item {
            Some(Ok(message)) => Poll::Ready(Some(Ok(message))),
            last => {
                let dropped = this.context.drop(this.stream);
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
    fn late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Whether the deadline has passed; where not, the task is woken when it does.
    pub(crate) fn passed(&mut self, cx: &mut Task<'_>) -> bool {
        let Some(deadline) = self.deadline else { return false };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline.into())));
        sleep.as_mut().poll(cx).is_ready()
    }
}

pin_project! {
    /// A chain of middleware with a last deadline of its own.
    pub(crate) struct Bounded<F> {
        #[pin]
        future: F,
        clock: Clock,
    }
}

impl<F> Bounded<F> {
    pub(crate) fn new(deadline: Option<Instant>, future: F) -> Self {
        Self { future, clock: Clock::new(deadline) }
    }
}

impl<F: Future<Output = Result<Reply>>> Future for Bounded<F> {
    type Output = Result<Reply>;

    fn poll(self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.future.poll(cx) {
            Poll::Pending if this.clock.passed(cx) => Poll::Ready(Err(Error::deadline_passed())),
            polled => polled,
        }
    }
}

/// A call's context, which is over when its handler is.
struct Owned {
    context: Option<Context>,
    /// Whether something else goes on with the call: the stream that the handler returned.
    handed_on: bool,
}

impl Owned {
    fn new(context: Context) -> Self {
        Self { context: Some(context), handed_on: false }
    }

    fn run<T>(&mut self, f: impl FnOnce() -> T) -> Result<T> {
        let span =
            self.context.as_ref().map(|context| context.span()).filter(|span| !span.is_disabled());
        match span.cloned() {
            Some(span) => span.in_scope(|| caught(|| within(&mut self.context, f))),
            None => caught(|| within(&mut self.context, f)),
        }
    }

    /// Drops what is the user's, while its call is still the current one.
    fn drop<T>(&mut self, mut theirs: Pin<&mut Option<T>>) -> Result<()> {
        self.run(|| theirs.set(None))
    }

    /// Puts what the handler added through its context beside the outcome.
    fn add(&self, result: Result<Reply>) -> Result<Reply> {
        let Some(added) = self.context.as_ref().and_then(Context::take_added) else {
            return result;
        };
        match result {
            Ok(mut reply) => {
                match &mut reply.meta.beside {
                    Some(beside) => {
                        beside.headers.extend(added.headers);
                        beside.trailers.extend(added.trailers);
                    }
                    none => *none = Some(added),
                }
                Ok(reply)
            }
            Err(error) => Err(error.with_added(added)),
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(context) = &self.context
            && !self.handed_on
        {
            context.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use super::super::{Opening, Protocol, Trace, current, spawn};
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn context() -> Context {
        Context::open(Opening {
            operation: "/a.B/C".into(),
            protocol: Protocol::Grpc,
            headers: http::HeaderMap::new(),
            extensions: http::Extensions::new(),
            deadline: None,
            peer: None,
            trace: Trace::open(None),
        })
    }

    fn operation() -> Option<String> {
        current().map(|context| context.operation().to_owned())
    }

    #[tokio::test]
    async fn the_call_is_the_current_one_while_its_future_is_polled() {
        let outcome = Guard::new(context(), async {
            assert_eq!(operation().as_deref(), Some("/a.B/C"));
            tokio::task::yield_now().await;
            assert_eq!(operation().as_deref(), Some("/a.B/C"));
            Err(Error::not_found("GONE", operation().unwrap()))
        });
        let mut outcome = std::pin::pin!(outcome);
        let first = std::future::poll_fn(|cx| Poll::Ready(outcome.as_mut().poll(cx))).await;
        assert!(first.is_pending());
        assert_eq!(operation(), None);
        assert_eq!(outcome.await.err().unwrap().message(), "/a.B/C");
        assert_eq!(operation(), None);
    }

    #[tokio::test]
    async fn a_spawned_task_keeps_the_call_and_hears_of_its_end() {
        let (told, spawned) = tokio::sync::oneshot::channel();
        let mut guard = Box::pin(Guard::new(context(), async {
            let task = spawn(async {
                current().unwrap().cancelled().await;
                operation()
            });
            told.send(task).unwrap();
            pending().await
        }));
        assert!(std::future::poll_fn(|cx| Poll::Ready(guard.as_mut().poll(cx))).await.is_pending());
        let task = spawned.await.unwrap();
        tokio::task::yield_now().await;
        assert!(!task.is_finished());
        drop(guard);
        let ended = tokio::time::timeout(PATIENCE, task).await.unwrap().unwrap();
        assert_eq!(ended.as_deref(), Some("/a.B/C"));
    }

    #[tokio::test]
    async fn who_asks_late_is_told_at_once() {
        let context = context();
        context.end();
        tokio::time::timeout(PATIENCE, context.cancelled()).await.unwrap();
    }

    #[tokio::test]
    async fn a_destructor_that_panics_is_an_error_too() {
        struct Bomb;

        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("while being dropped");
            }
        }

        let bomb = Bomb;
        let outcome = Guard::new(context(), async move {
            let _bomb = &bomb;
            Err(Error::not_found("GONE", ""))
        });
        let error = outcome.await.err().unwrap();
        assert!(error.message().contains("while being dropped"), "{error:?}");
    }
}
