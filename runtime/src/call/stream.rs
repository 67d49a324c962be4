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

use super::guard::{Guard, GuardedStream};
use super::reply::{Encoded, EncodedBody, Meta};
use super::{BoxFuture, Call, Context, Reply};
use crate::Result;
use crate::message::Message;
use crate::service::{Incoming, Input};
use crate::surface::Encoder;

/// What may wait to be sent before the producer waits too. Messages that are ready together leave together.
const ROOM: usize = 32 * 1024;

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
        let meta = poll_fn(|cx| driver.poll_head(cx)).await?;
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
        self.send_all(Meta::default(), items?, |item| item).await
    }

    /// Sends the head of an answer and all of a stream, whose items are messages once `message` has had them. None lives
    /// longer than it takes to encode it. Those that are ready together take the lock together.
    pub(crate) async fn send_all<S: Stream, M: Message>(
        &self,
        mut head: Meta,
        items: S,
        mut message: impl FnMut(S::Item) -> Result<M>,
    ) -> Result<()> {
        self.encoder.begin(&mut head);
        // Where the first message has to describe it, the head waits.
        let mut head = Some(head);
        if !self.encoder.needs_first() {
            self.slot.lock().head = head.take();
        }
        let mut items = std::pin::pin!(items);
        poll_fn(|cx| {
            let mut written = self.slot.lock();
            while written.has_room() {
                let Some(item) = ready!(items.as_mut().poll_next(cx)) else {
                    if let Some(head) = head.take() {
                        written.head = Some(head);
                    }
                    return Poll::Ready(Ok(()));
                };
                let message = message(item)?;
                if let Some(mut head) = head.take() {
                    self.encoder.describe(&message, &mut head)?;
                    written.head = Some(head);
                }
                self.encoder.write(&message, &mut written.bytes)?;
            }
            Poll::Pending
        })
        .await
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
