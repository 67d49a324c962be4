//! A stream of messages with a name: what a handler of a client stream takes, and what a client sends and gets.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use http::HeaderMap;
use pin_project_lite::pin_project;

use crate::Error;
use crate::error::NO_HEADERS;

/// The messages of one side of a streaming call, in order.
///
/// As an argument of an `#[rpc]` method it makes the method a client stream; items arrive as the peer sends them, and the
/// first error is the last item. To call such a method, or to test it, make one of any stream or of a list:
///
/// ```
/// use bident::Streaming;
///
/// let of_a_list: Streaming<u32> = [1, 2, 3].into_iter().collect();
/// let of_a_stream = Streaming::of(of_a_list);
/// # let _: Streaming<Result<u32, bident::Error>> = of_a_stream;
/// ```
pub struct Streaming<T, E = Error> {
    /// Whoever reads has the stream alone and takes no lock. The mutex lets a reference to the stream, as to its headers, be
    /// held across an `.await`.
    items: Mutex<Items<T, E>>,
    beside: Beside,
}

type Items<T, E> = Pin<Box<dyn Stream<Item = Result<T, E>> + Send>>;

/// What came beside the messages of an answer.
#[derive(Clone, Default)]
pub(crate) struct Beside {
    /// There when the answer has begun.
    pub(crate) headers: Arc<OnceLock<HeaderMap>>,
    /// There when the stream has ended.
    pub(crate) trailers: Arc<OnceLock<HeaderMap>>,
}

impl<T, E> Streaming<T, E> {
    /// A stream of messages or an error. Where a client sends it, an error ends the call.
    pub fn new(items: impl Stream<Item = Result<T, E>> + Send + 'static) -> Self {
        Self { items: Mutex::new(Box::pin(items)), beside: Beside::default() }
    }

    /// A stream of messages that has no errors of its own.
    pub fn of(messages: impl Stream<Item = T> + Send + 'static) -> Self
    where
        E: 'static,
    {
        Self::new(Sound { messages, error: PhantomData })
    }

    pub(crate) fn with_beside(mut self, beside: Beside) -> Self {
        self.beside = beside;
        self
    }

    /// The next message; `None` after the last one, and after an error.
    pub async fn next(&mut self) -> Option<Result<T, E>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The headers of an answer, there with its first message at the latest; none on any other stream.
    pub fn headers(&self) -> &HeaderMap {
        self.beside.headers.get().unwrap_or(&*NO_HEADERS)
    }

    /// The trailers of an answer that has ended, well or not; `None` before its end.
    pub fn trailers(&self) -> Option<&HeaderMap> {
        self.beside.trailers.get()
    }
}

impl<T, E> Stream for Streaming<T, E> {
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.items.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll_next(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.try_lock().map_or((0, None), |items| items.size_hint())
    }
}

impl<T: Send + 'static, E: 'static> FromIterator<T> for Streaming<T, E> {
    fn from_iter<I: IntoIterator<Item = T>>(messages: I) -> Self {
        let messages: Vec<T> = messages.into_iter().collect();
        Self::of(Listed(messages.into_iter()))
    }
}

impl<T, E> fmt::Debug for Streaming<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming").finish_non_exhaustive()
    }
}

pin_project! {
    /// A stream without errors as one that might have them.
    struct Sound<S, E> {
        #[pin]
        messages: S,
        error: PhantomData<fn() -> E>,
    }
}

impl<S: Stream, E> Stream for Sound<S, E> {
    type Item = Result<S::Item, E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.project().messages.poll_next(cx).map(|message| message.map(Ok))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.messages.size_hint()
    }
}

/// The messages of a list.
struct Listed<T>(std::vec::IntoIter<T>);

impl<T> Unpin for Listed<T> {}

impl<T> Stream for Listed<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready(self.0.next())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}
