//! The bodies that requests are sent with: whole, or in pieces without a length, or never ending, or fed while they are sent.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// Pieces of a body. It says its length when it is whole, so that HTTP/1.1 sends `content-length`; else it goes out in
/// chunks. An open one never ends by itself; a fed one goes on with what it is given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pieces {
    pub(crate) pieces: VecDeque<Bytes>,
    pub(crate) sized: bool,
    pub(crate) open: bool,
    pub(crate) fed: Option<Feed>,
}

type Next = dyn FnMut(&mut Context<'_>) -> Poll<Option<Bytes>> + Send;

/// Where the pieces of a body come from that is not known beforehand. It is asked only when the connection has room.
#[derive(Clone)]
pub struct Feed(Arc<Mutex<Next>>);

impl Feed {
    /// A feed that gives what `next` gives, until that is `None`.
    pub fn new(next: impl FnMut(&mut Context<'_>) -> Poll<Option<Bytes>> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(next)))
    }

    /// What the other end of a channel is given, until that is dropped.
    pub fn channel() -> (tokio::sync::mpsc::UnboundedSender<Bytes>, Self) {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        (sender, Self::new(move |cx| receiver.poll_recv(cx)))
    }

    /// The next piece.
    pub fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)(cx)
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Feed")
    }
}

impl Pieces {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        let pieces = if bytes.is_empty() { VecDeque::new() } else { VecDeque::from([bytes]) };
        Self { pieces, sized: true, ..Self::default() }
    }
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(feed) = self.fed.as_ref().filter(|_| self.pieces.is_empty()) {
            return feed.poll(cx).map(|piece| piece.map(|piece| Ok(Frame::data(piece))));
        }
        match self.pieces.pop_front() {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            // Nobody wakes this: the body stays open until the request is dropped.
            None if self.open => Poll::Pending,
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && !self.open && self.fed.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        if self.sized {
            SizeHint::with_exact(self.pieces.iter().map(|piece| piece.len() as u64).sum())
        } else {
            SizeHint::default()
        }
    }
}
