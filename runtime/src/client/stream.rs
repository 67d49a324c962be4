//! An answer that is a stream: opened, read message by message, and given up when it is dropped.

use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use http::HeaderMap;

use super::flow::answered;
use super::reader::Reader;
use super::requests::Link;
use super::transport::Opened;
use crate::call::{Beside, BoxFuture, Streaming};
use crate::error::{CallError, Reason};
use crate::message::Message;
use crate::telemetry::Outbound;
use crate::{Error, Result};

/// An answer whose head is good. Nothing follows it where there is no reader.
pub(super) type Begun = (Opened, Option<Reader>);

/// A call whose head is waited for, with its telemetry.
type Opening = BoxFuture<'static, (Result<Begun>, Outbound)>;

/// The messages of an answer, as they arrive. The first error is the last item.
struct Replies<M> {
    state: State,
    operation: &'static str,
    link: Link,
    beside: Beside,
    /// None of it before the head has arrived.
    outbound: Outbound,
    message: PhantomData<fn() -> M>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "it is boxed with its stream, and open for most of its life"
)]
enum State {
    /// The head has not arrived.
    Opening(Opening),
    Open(Opened, Reader),
    Over,
}

/// Waits for the head of an answer; or, where the requests are a stream, until the next of them has to be waited for. A peer
/// may answer nothing before it has read that one, and whoever sends it may be waiting for the call.
pub(super) async fn open<M: Message, E: Reason>(
    mut opening: Opening,
    link: Link,
    operation: &'static str,
) -> Result<Streaming<M, CallError<E>>> {
    let begun = poll_fn(|cx| match opening.as_mut().poll(cx) {
        Poll::Pending if link.waits(cx) => Poll::Ready(None),
        polled => polled.map(Some),
    });
    let begun = begun.await;
    let beside = Beside::default();
    let mut replies = Replies {
        state: State::Opening(opening),
        operation,
        link,
        beside: beside.clone(),
        outbound: Outbound::default(),
        message: PhantomData,
    };
    if let Some((begun, outbound)) = begun
        && let Err(error) = replies.begin(begun, outbound)
    {
        replies.outbound.end(Some(&error));
        return Err(error);
    }
    Ok(Streaming::new(Typed { replies, error: PhantomData }).with_beside(beside))
}

impl<M: Message> Replies<M> {
    fn begin(&mut self, begun: Result<Begun>, outbound: Outbound) -> Result<()> {
        self.state = State::Over;
        self.outbound = outbound;
        let (mut answer, reader) = begun.map_err(|error| self.link.own_or(error))?;
        let headers = answered(std::mem::take(&mut answer.head.headers));
        match reader {
            Some(reader) => self.state = State::Open(answer, reader),
            // What came in place of messages is both.
            None => {
                let _ = self.beside.trailers.set(headers.clone());
            }
        }
        let _ = self.beside.headers.set(headers);
        Ok(())
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M>>> {
        loop {
            let (answer, reader) = match &mut self.state {
                State::Over => return Poll::Ready(Ok(None)),
                State::Opening(opening) => {
                    let (begun, outbound) = ready!(opening.as_mut().poll(cx));
                    self.begin(begun, outbound)?;
                    continue;
                }
                State::Open(answer, reader) => (answer, reader),
            };
            if let Some(message) = reader.next(self.operation)? {
                return Poll::Ready(Ok(Some(message)));
            }
            let trailers = match ready!(answer.poll_frame(cx)) {
                Ok(Some(frame)) => match frame.into_data() {
                    Ok(_) if answer.is_late() => {
                        return Poll::Ready(Err(Error::deadline_passed()));
                    }
                    Ok(data) => {
                        reader.push(data);
                        continue;
                    }
                    Err(frame) => frame.into_trailers().unwrap_or_default(),
                },
                Ok(None) => HeaderMap::new(),
                Err(error) => return Poll::Ready(Err(self.link.own_or(error))),
            };
            let last = reader.end(&trailers);
            self.state = State::Over;
            let _ = self.beside.trailers.set(answered(trailers));
            return Poll::Ready(last);
        }
    }
}

/// The same messages with the method's own errors.
struct Typed<M, E> {
    replies: Replies<M>,
    error: PhantomData<fn() -> E>,
}

impl<M: Message, E: Reason> Stream for Typed<M, E> {
    type Item = Result<M, CallError<E>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let replies = &mut self.replies;
        let item = ready!(replies.poll_message(cx));
        match &item {
            Ok(Some(_)) => {}
            Ok(None) => replies.outbound.end(None),
            Err(error) => {
                replies.outbound.end(Some(error));
                replies.state = State::Over;
            }
        }
        Poll::Ready(item.transpose().map(|item| item.map_err(CallError::from_error)))
    }
}
