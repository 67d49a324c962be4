//! The guard around a body of the user's: what an axum route or a tonic service sends.

use std::pin::Pin;
use std::task::{Context as Task, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use super::{Clock, Owned};
use crate::call::{Added, Body, Context};
use crate::error::BoxError;
use crate::{Error, Result};

/// A body whose panics, and whose deadline once it has passed, are errors; each is its last frame, and an [`Error`].
pub(crate) struct GuardedBody {
    /// `None` at the end, well or not.
    body: Option<Body>,
    clock: Clock,
    context: Owned,
    /// What the body last said of itself: it is the user's, and is not asked outside of its call.
    hint: SizeHint,
}

impl GuardedBody {
    /// The body of an answer, guarded where there is anything to run.
    pub(super) fn around(context: &Context, body: Body) -> Result<Body> {
        if body.is_plain() {
            return Ok(body);
        }
        let clock = Clock::new(context.deadline());
        let mut context = Owned::new(context.clone());
        let (body, hint) = context.run(|| {
            let body = (!body.is_end_stream()).then_some(body);
            let hint = body.as_ref().map_or_else(SizeHint::default, Body::size_hint);
            (body, hint)
        })?;
        let Some(body) = body else { return Ok(Body::empty()) };
        Ok(Body::guarded(Self { body: Some(body), clock, context, hint }))
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.body.is_none()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.hint
    }

    /// What the call's context has been given for the trailers.
    pub(crate) fn added(&self) -> Option<Box<Added>> {
        self.context.added()
    }

    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self { body, clock, context, hint } = self;
        let polled = context.run(|| {
            let Some(theirs) = body else { return Poll::Ready(None) };
            let polled = Pin::new(&mut *theirs).poll_frame(cx);
            let ended = match &polled {
                Poll::Pending => false,
                Poll::Ready(Some(Ok(frame))) => frame.is_trailers() || theirs.is_end_stream(),
                Poll::Ready(_) => true,
            };
            if ended {
                // Dropped here, while its call is still the current one.
                *body = None;
                *hint = SizeHint::with_exact(0);
            } else if polled.is_ready() {
                *hint = theirs.size_hint();
            }
            polled
        });
        let error = match polled {
            // A body that always has more never waits, and its time is up all the same.
            Ok(Poll::Ready(Some(Ok(_)))) if body.is_some() && clock.late() => {
                Error::deadline_passed()
            }
            Ok(Poll::Pending) if clock.passed(cx) => Error::deadline_passed(),
            Ok(Poll::Ready(Some(Err(error)))) => Error::from(error),
            Ok(polled) => return polled,
            Err(panic) => panic,
        };
        let late = body.take();
        // Its destructor may panic as well; the first mistake is the one to tell.
        let _ = context.run(|| drop(late));
        Poll::Ready(Some(Err(error.into())))
    }
}

impl Drop for GuardedBody {
    fn drop(&mut self) {
        if let Some(body) = self.body.take() {
            let _ = self.context.run(|| drop(body));
        }
    }
}
