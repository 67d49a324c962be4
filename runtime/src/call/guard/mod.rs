//! The guard around everything that is a user's: it sets the scope, catches panics, and drops what is late.

mod body;
mod clock;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use body::GuardedBody;
pub(crate) use clock::{Bounded, Clock};
pub(crate) use stream::GuardedStream;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Task, Poll};

use pin_project_lite::pin_project;

use super::reply::EncodedBody;
use super::scope::within;
use super::{Added, Context, Protocol, Reply, caught};
use crate::{Error, Result};

pin_project! {
    /// A handler's future, as the middleware above sees it: a panic and a passed deadline are errors.
    pub(crate) struct Guard<F> {
        #[pin]
        future: Option<F>,
        clock: Clock,
        context: Owned,
    }

    impl<F> PinnedDrop for Guard<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.context.give_up(this.future);
        }
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
        let mut result = match polled {
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
        if let Ok(reply) = &mut result {
            if let Err(error) = this.context.hand_on(reply) {
                result = Err(error);
            }
        } else if let Some(added) = this.context.added() {
            result = result.map_err(|error| error.with_added(added));
        }
        Poll::Ready(result)
    }
}

/// A call's context, which is over when its handler is.
struct Owned {
    context: Option<Context>,
    /// Whether something else goes on with the call: the stream or the body that the handler returned.
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

    /// Drops what has not come to its end, if that is so. Nobody is left to be told of a panic.
    fn give_up<T>(&mut self, theirs: Pin<&mut Option<T>>) {
        if theirs.is_some() {
            let _ = self.drop(theirs);
        }
    }

    /// What the handler has added through its context so far.
    fn added(&self) -> Option<Box<Added>> {
        self.context.as_ref().and_then(Context::take_added)
    }

    /// The handler's answer, with what it has added beside it. A body that goes on is guarded in its turn, and trailers are
    /// left to it where they come last.
    #[inline]
    fn hand_on(&mut self, reply: &mut Reply) -> Result<()> {
        let Some(context) = &self.context else { return Ok(()) };
        let mut trailers_later = false;
        match &mut reply.message.body {
            EncodedBody::Unary(_) => {}
            EncodedBody::Stream(_) => {
                self.handed_on = true;
                trailers_later = context.protocol().has_trailers();
            }
            EncodedBody::Raw(_, body) => {
                **body = GuardedBody::around(context, std::mem::take(&mut **body))?;
                self.handed_on = body.is_guarded();
                trailers_later = self.handed_on && context.protocol() == Protocol::Grpc;
            }
        }
        let added =
            if trailers_later { context.take_added_headers() } else { context.take_added() };
        match (&mut reply.meta.beside, added) {
            (_, None) => {}
            (Some(beside), Some(added)) => {
                beside.headers.extend(added.headers);
                beside.trailers.extend(added.trailers);
            }
            (none, added) => *none = added,
        }
        Ok(())
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
