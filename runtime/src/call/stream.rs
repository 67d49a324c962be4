//! A call whose answer is a stream: the user's method and the stream that it returns are one future, which is driven as far
//! as somebody takes what it writes.
//!
//! The future goes on after the answer's head is known, so that a stream may borrow from the service and from the
//! arguments. What it writes waits in a buffer of [`ROOM`] bytes; a producer never runs ahead of that and of one message.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http::StatusCode;

use super::guard::{Guard, GuardedStream};
use super::reply::{Encoded, EncodedBody, Meta};
use super::{BoxFuture, Call, Context, Reply};
use crate::Result;
use crate::message::Message;
use crate::service::{Incoming, Input};
use crate::surface::Encoder;

/// What may wait to be sent before the producer waits too. Messages that are ready together leave together.
const ROOM: usize = 32 * 1024;
/// Sent by a browser that takes up a stream of events again. It would do so for ever where it is given an empty one, and stops
/// at a 204.
const LAST_EVENT_ID: &str = "last-event-id";

/// Any number of messages in, many out. Over a surface that has no streams this is an error.
pub(crate) fn serve_stream<In, F, Fut>(call: Call, f: F) -> BoxFuture<'static, Result<Reply>>
where
    In: Input,
    F: FnOnce(Context, In, Answers) -> Fut + Send + 'static,
    Fut: Future<Output = Result<()>> + Send + 'static,
{
    let (context, mut body, limit, codec) = call.into_parts();
    Box::pin(Guard::new(context.clone(), async move {
        let encoder = match codec.encoder() {
            Ok(encoder) => encoder,
            Err(error) => {
                Box::pin(body.drain()).await;
                return Err(error);
            }
        };
        let fails_early = encoder.fails_early();
        let resumable = encoder.resumable();
        let slot = Arc::new(Slot::default());
        let answers = Answers { slot: slot.clone(), encoder };
        let handed = context.clone();
        let future: BoxFuture<'static, Result<()>> = Box::pin(async move {
            let input = In::read(Incoming::new(&codec, &mut body, limit)).await?;
            drop(body);
            handed.show(&input);
            input.trace(&handed);
            f(handed, input, answers).await
        });
        let mut driver = Driver { future: Some(future), ended: None, fails_early, slot };
        let mut meta = poll_fn(|cx| driver.poll_head(cx)).await?;
        if resumable && driver.is_over() && context.header(LAST_EVENT_ID).is_some() {
            meta.status.get_or_insert(StatusCode::NO_CONTENT);
        }
        let stream = EncodedBody::Stream(Box::pin(GuardedStream::new(context, driver)));
        Ok(Reply { message: Encoded { body: stream }, meta })
    }))
}

/// Where a method's stream of messages goes.
pub(crate) struct Answers {
    slot: Arc<Slot>,
    encoder: Encoder,
}

impl Answers {
    /// Lets the head of the answer go.
    pub(crate) fn open(&self, mut meta: Meta) {
        self.encoder.begin(&mut meta);
        self.slot.lock().head = Some(meta);
    }

    /// Sends a stream, or what took its place.
    #[cfg(test)]
    pub(crate) async fn send<M: Message>(
        self,
        items: Result<impl Stream<Item = Result<M>>>,
    ) -> Result<()> {
        let mut items = std::pin::pin!(items?);
        let mut head = self.begin(Meta::default());
        poll_fn(|cx| self.poll_send(cx, items.as_mut(), &mut head, |item| item)).await
    }

    /// Lets the head of the answer go, unless the first message has to describe it: then it is given back.
    pub(crate) fn begin(&self, head: Meta) -> Option<Meta> {
        if self.encoder.needs_first() {
            return Some(head);
        }
        self.open(head);
        None
    }

    /// Sends a stream as far as it is ready and there is room, and the head before it if that is still here. Items are
    /// messages once `message` has had them, and none lives longer than it takes to encode it. Those that are ready
    /// together take the lock together.
    pub(crate) fn poll_send<S: Stream, M: Message>(
        &self,
        cx: &mut Task<'_>,
        mut items: Pin<&mut S>,
        head: &mut Option<Meta>,
        message: impl Fn(S::Item) -> Result<M>,
    ) -> Poll<Result<()>> {
        let mut written = self.slot.lock();
        while written.has_room() {
            let item = ready!(items.as_mut().poll_next(cx));
            let message = item.map(&message).transpose()?;
            if let Some(mut head) = head.take() {
                if let Some(message) = &message {
                    self.encoder.describe(message, &mut head)?;
                }
                written.head = Some(head);
            }
            match message {
                Some(message) => self.encoder.write(&message, &mut written.bytes)?,
                None => return Poll::Ready(Ok(())),
            }
        }
        Poll::Pending
    }

    /// Writes one message, and waits where too much is unsent.
    pub(crate) async fn put<M: Message>(&self, message: &M) -> Result<()> {
        self.encoder.write(message, &mut self.slot.lock().bytes)?;
        poll_fn(|_| if self.slot.lock().has_room() { Poll::Ready(()) } else { Poll::Pending })
            .await;
        Ok(())
    }
}

/// What goes from the future to whoever drives it. Both are polled by one task, one inside the other: nobody waits for the
/// lock, and nobody need be woken.
#[derive(Default)]
struct Slot(Mutex<Written>);

#[derive(Default)]
struct Written {
    head: Option<Meta>,
    bytes: Vec<u8>,
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<Bytes> {
        let bytes = std::mem::take(&mut self.lock().bytes);
        (!bytes.is_empty()).then(|| Bytes::from(bytes))
    }
}

impl Written {
    /// Where there is none, the driver makes it: it polls again after every piece that it gives away.
    fn has_room(&self) -> bool {
        self.bytes.len() < ROOM
    }
}

/// Drives the future, and gives what it has written.
struct Driver {
    /// `None` once it has ended.
    future: Option<BoxFuture<'static, Result<()>>>,
    /// How it ended, until that has been told.
    ended: Option<Result<()>>,
    /// Whether an error before the first message takes the place of the head.
    fails_early: bool,
    slot: Arc<Slot>,
}

impl Driver {
    fn drive(&mut self, cx: &mut Task<'_>) {
        if let Some(future) = &mut self.future
            && let Poll::Ready(ended) = future.as_mut().poll(cx)
        {
            self.ended = Some(ended);
            self.future = None;
        }
    }

    /// Whether the stream has ended well, with nothing more to send.
    fn is_over(&self) -> bool {
        matches!(self.ended, Some(Ok(()))) && self.slot.lock().bytes.is_empty()
    }

    /// What goes beside the messages, once the method has returned its stream; an error where it returned one.
    fn poll_head(&mut self, cx: &mut Task<'_>) -> Poll<Result<Meta>> {
        self.drive(cx);
        let (head, empty) = {
            let mut written = self.slot.lock();
            (written.head.take(), written.bytes.is_empty())
        };
        match (head, self.ended.take()) {
            (Some(head), Some(Err(error))) if self.fails_early && empty => {
                Poll::Ready(Err(match head.beside {
                    Some(beside) => error.with_added(beside),
                    None => error,
                }))
            }
            (Some(head), ended) => {
                self.ended = ended;
                Poll::Ready(Ok(head))
            }
            (None, None) => Poll::Pending,
            (None, Some(ended)) => Poll::Ready(ended.map(|()| Meta::default())),
        }
    }
}

impl Stream for Driver {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Option<Result<Bytes>>> {
        let this = &mut *self;
        // Left over from when the head was waited for.
        if let Some(bytes) = this.slot.take() {
            return Poll::Ready(Some(Ok(bytes)));
        }
        this.drive(cx);
        if let Some(bytes) = this.slot.take() {
            return Poll::Ready(Some(Ok(bytes)));
        }
        match this.ended.take() {
            Some(Ok(())) => Poll::Ready(None),
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            None if this.future.is_some() => Poll::Pending,
            None => Poll::Ready(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::task::Waker;

    use futures_util::stream;

    use super::*;
    use crate::surface::Wire;

    #[crate::message]
    struct Text {
        text: String,
    }

    #[test]
    fn a_producer_is_ahead_by_what_has_room_and_one_message() {
        // The text, its tag and length, the prefix of gRPC.
        for (length, framed) in [(1000, 1008), (30_000, 30_009), (100_000, 100_009)] {
            const ALL: usize = 100;
            let made = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&made);
            let items = stream::repeat_with(move || {
                counted.fetch_add(1, Relaxed);
                Ok(Text { text: "x".repeat(length) })
            });
            let slot = Arc::new(Slot::default());
            let encoder = Encoder::Enveloped(Wire::default());
            let answers = Answers { slot: Arc::clone(&slot), encoder };
            let future: BoxFuture<'static, Result<()>> =
                Box::pin(answers.send(Ok(stream::StreamExt::take(items, ALL))));
            let mut driver = Driver { future: Some(future), ended: None, fails_early: false, slot };

            let cx = &mut Task::from_waker(Waker::noop());
            assert!(driver.poll_head(cx).is_ready());
            let mut taken = 0;
            loop {
                let ahead = made.load(Relaxed) * framed - taken;
                assert!(ahead < ROOM + framed, "{ahead} bytes are ahead");
                match Pin::new(&mut driver).poll_next(cx) {
                    Poll::Ready(Some(piece)) => taken += piece.unwrap().len(),
                    Poll::Ready(None) => break,
                    Poll::Pending => panic!("nobody else makes room"),
                }
            }
            assert_eq!(taken, ALL * framed);
        }
    }
}
