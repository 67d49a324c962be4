//! The guard around a handler's stream of messages.

use std::pin::Pin;
use std::task::{Context as Task, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http_body::Frame;
use pin_project_lite::pin_project;

use super::{Clock, Owned};
use crate::call::Context;
use crate::{Error, Result};

pin_project! {
    /// A handler's stream, whose first error is its last item. What the handler has added to the trailers by then comes
    /// last: in a frame of its own, or with the error.
    pub(crate) struct GuardedStream<S> {
        #[pin]
        stream: Option<S>,
        clock: Clock,
        context: Owned,
    }

    impl<S> PinnedDrop for GuardedStream<S> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.context.give_up(this.stream);
        }
    }
}

impl<S> GuardedStream<S> {
    pub(crate) fn new(context: Context, stream: S) -> Self {
        let clock = Clock::new(context.deadline());
        Self { stream: Some(stream), clock, context: Owned::new(context) }
    }
}

impl<S> Stream for GuardedStream<S>
where
    S: Stream<Item = Result<Bytes>>,
{
    type Item = Result<Frame<Bytes>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        let Some(stream) = this.stream.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let last = match this.context.run(|| stream.poll_next(cx)) {
            // A stream that always has more never waits, and its time is up all the same.
            Ok(Poll::Ready(Some(Ok(_)))) if this.clock.late() => Err(Error::deadline_passed()),
            Ok(Poll::Ready(Some(Ok(bytes)))) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Ok(Poll::Ready(Some(Err(error)))) | Err(error) => Err(error),
            Ok(Poll::Ready(None)) => Ok(()),
            Ok(Poll::Pending) if this.clock.passed(cx) => Err(Error::deadline_passed()),
            Ok(Poll::Pending) => return Poll::Pending,
        };
        let dropped = this.context.drop(this.stream);
        let added = this.context.added();
        Poll::Ready(match (last.and(dropped), added) {
            (Ok(()), added) => added.map(|added| Ok(Frame::trailers(added.trailers))),
            (Err(error), Some(added)) => Some(Err(error.with_added(added))),
            (Err(error), None) => Some(Err(error)),
        })
    }
}
