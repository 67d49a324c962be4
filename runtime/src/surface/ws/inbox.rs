//! What a socket's peer has sent and the call has not read yet. The session fills it, the call's body empties it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::Frame;

use crate::Result;
use crate::call::Body;
use crate::error::BoxError;

/// How much may wait before the socket is not read any further: by then nobody hears, either, that the peer has gone.
const ROOM: usize = 32 * 1024;
/// How many messages may, however small they are.
const MESSAGES: usize = 256;

/// Messages on their way to a call.
#[derive(Default)]
pub(crate) struct Inbox(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    messages: VecDeque<Bytes>,
    bytes: usize,
    /// How the messages end, once that has been heard and until it has been told.
    end: Option<Result<()>>,
    ended: bool,
    /// Whether the call has asked for a message.
    asked: bool,
    /// Nobody reads any more.
    closed: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The body of the call that reads from here: each of its frames is one message.
    pub(crate) fn body(self: &Arc<Self>) -> Body {
        Body::new(Reading(Arc::clone(self)))
    }

    /// Ready once the call has asked for a message.
    pub(crate) fn poll_asked(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut waiting = self.lock();
        if waiting.asked {
            return Poll::Ready(());
        }
        waiting.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Ready while there is room for a message.
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut waiting = self.lock();
        if waiting.closed || (waiting.bytes < ROOM && waiting.messages.len() < MESSAGES) {
            return Poll::Ready(());
        }
        waiting.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// A message. After the end there is none.
    pub(super) fn push(&self, message: Bytes) {
        let mut waiting = self.lock();
        if !waiting.closed && !waiting.ended {
            waiting.bytes += message.len();
            waiting.messages.push_back(message);
            wake(&mut waiting.reader);
        }
    }

    /// There will be no more messages. The first word on that counts.
    pub(super) fn end(&self, how: Result<()>) {
        let mut waiting = self.lock();
        if !waiting.ended {
            waiting.ended = true;
            waiting.end = Some(how);
            wake(&mut waiting.reader);
        }
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

/// The call's end of an inbox.
struct Reading(Arc<Inbox>);

impl http_body::Body for Reading {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut waiting = self.0.lock();
        if !waiting.asked {
            waiting.asked = true;
            wake(&mut waiting.writer);
        }
        if let Some(message) = waiting.messages.pop_front() {
            waiting.bytes -= message.len();
            wake(&mut waiting.writer);
            return Poll::Ready(Some(Ok(Frame::data(message))));
        }
        if waiting.ended {
            return Poll::Ready(match waiting.end.take() {
                Some(Err(error)) => Some(Err(BoxError::from(error))),
                Some(Ok(())) | None => None,
            });
        }
        waiting.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.closed = true;
        waiting.messages.clear();
        waiting.bytes = 0;
        wake(&mut waiting.writer);
    }
}

#[cfg(test)]
mod tests {
    use http_body::Body as _;

    use super::*;

    /// How many messages of this size find room.
    fn fill(inbox: &Inbox, size: usize, cx: &mut Context<'_>) -> usize {
        let mut pushed = 0;
        while inbox.poll_room(cx).is_ready() {
            inbox.push(Bytes::from(vec![0; size]));
            pushed += 1;
            assert!(pushed <= 2 * MESSAGES);
        }
        pushed
    }

    #[test]
    fn what_waits_is_bounded_in_bytes_and_in_messages() {
        let cx = &mut Context::from_waker(Waker::noop());
        for (size, most) in [(1024, 32), (1025, 32), (40 * 1024, 1), (ROOM - 1, 2), (0, 256)] {
            let inbox = Arc::new(Inbox::default());
            let mut body = inbox.body();
            assert_eq!(fill(&inbox, size, cx), most, "of {size} bytes");
            for _ in 0..3 {
                assert!(Pin::new(&mut body).poll_frame(cx).is_ready());
                assert_eq!(fill(&inbox, size, cx), 1, "in the place of the one of {size} bytes");
                assert!(inbox.lock().bytes < ROOM + size);
            }
        }
    }
}
