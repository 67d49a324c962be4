//! A stream made of one async step per item: what health and reflection answer with.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

/// A step: from what is known to the next item and what is known then, or the end.
type Step<S, T> = Pin<Box<dyn Future<Output = Option<(T, S)>> + Send>>;

/// Calls `next` for each item until it gives none.
pub(crate) fn unfold<S, T, F, Fut>(start: S, next: F) -> Unfold<S, T, F>
where
    F: Fn(S) -> Fut,
    Fut: Future<Output = Option<(T, S)>> + Send + 'static,
{
    Unfold { step: Some(Box::pin(next(start))), next }
}

pub(crate) struct Unfold<S, T, F> {
    step: Option<Step<S, T>>,
    next: F,
}

impl<S, T, F, Fut> Stream for Unfold<S, T, F>
where
    F: Fn(S) -> Fut + Unpin,
    Fut: Future<Output = Option<(T, S)>> + Send + 'static,
{
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = &mut *self;
        let Some(step) = &mut this.step else { return Poll::Ready(None) };
        match ready!(step.as_mut().poll(cx)) {
            Some((item, state)) => {
                this.step = Some(Box::pin((this.next)(state)));
                Poll::Ready(Some(item))
            }
            None => {
                this.step = None;
                Poll::Ready(None)
            }
        }
    }
}

/// The next item of a stream.
pub(crate) async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    std::future::poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}
