//! The streams of a call over gRPC: messages on their way out as frames, and frames on their way in as messages.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderMap;
use http_body::Frame;

use super::flow::answered;
use super::transport::Opened;
use super::{grpc, unreadable};
use crate::call::{Beside, Body, Streaming};
use crate::error::{BoxError, CallError, Reason};
use crate::message::{self, Message};
use crate::service::Given;
use crate::surface::envelope::Envelopes;
use crate::{Error, Result};

/// What the call and the stream of its requests tell each other.
#[derive(Default)]
struct Link {
    /// What ended the caller's own stream, for the caller to hear: the wire only tells that the call was given up.
    broken: Option<Error>,
    /// Nobody waits for the call any more.
    over: bool,
    /// Whoever sends the requests.
    sender: Option<Waker>,
}

/// The call's end of what it shares with its requests. Dropped with the call, it ends their stream: HTTP/2 keeps a call
/// open for as long as either side of it is.
#[derive(Default)]
pub(super) struct Broken(Arc<Mutex<Link>>);

impl Drop for Broken {
    fn drop(&mut self) {
        let sender = {
            let mut link = lock(&self.0);
            link.over = true;
            link.sender.take()
        };
        if let Some(sender) = sender {
            sender.wake();
        }
    }
}

fn lock(link: &Mutex<Link>) -> MutexGuard<'_, Link> {
    link.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Messages as the body of a request.
struct Requests<M> {
    messages: Streaming<M>,
    link: Arc<Mutex<Link>>,
}

impl<M: Message> http_body::Body for Requests<M> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        {
            let mut link = lock(&self.link);
            if link.over {
                return Poll::Ready(Some(Err(h2::Error::from(h2::Reason::CANCEL).into())));
            }
            link.sender = Some(cx.waker().clone());
        }
        let Some(message) = ready!(Pin::new(&mut self.messages).poll_next(cx)) else {
            return Poll::Ready(None);
        };
        let frame = message.and_then(|message| Ok(message::encode_framed(&message)?));
        Poll::Ready(Some(frame.map(Frame::data).map_err(|error| {
            let text = error.to_string();
            lock(&self.link).broken = Some(error);
            text.into()
        })))
    }
}

/// The body of a request, and where its stream says what broke it.
pub(super) fn body<M: Message>(request: Given<M>) -> Result<(Body, Broken)> {
    let broken = Broken::default();
    let body = match request {
        Given::One(message) => message::encode_framed(&message)?.into(),
        Given::Many(messages) => Body::new(Requests { messages, link: broken.0.clone() }),
    };
    Ok((body, broken))
}

/// The messages of an answer, as they arrive. The first error is the last item.
pub(super) struct Replies<M> {
    /// `None` once the call has ended.
    answer: Option<Opened>,
    frames: Envelopes,
    operation: &'static str,
    broken: Broken,
    trailers: Arc<OnceLock<HeaderMap>>,
    message: PhantomData<fn() -> M>,
}

impl<M: Message> Replies<M> {
    /// The messages of an answer whose head is good.
    pub(super) fn of<E: Reason>(
        mut answer: Opened,
        more: bool,
        operation: &'static str,
        broken: Broken,
        limit: usize,
    ) -> Streaming<M, CallError<E>> {
        let headers = answered(std::mem::take(&mut answer.head.headers));
        let beside = Beside { headers: Arc::new(headers), trailers: Arc::default() };
        if !more {
            // What came in place of messages is both.
            let _ = beside.trailers.set(beside.headers.as_ref().clone());
        }
        let replies = Self {
            answer: more.then_some(answer),
            frames: Envelopes::new(limit),
            operation,
            broken,
            trailers: beside.trailers.clone(),
            message: PhantomData,
        };
        Streaming::new(Typed { replies, error: PhantomData }).with_beside(beside)
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M>>> {
        loop {
            if let Some((flags, bytes)) = self.frames.next().map_err(grpc::oversized)? {
                grpc::check_flags(flags)?;
                let message = message::decode(bytes);
                return Poll::Ready(message.map(Some).map_err(|e| unreadable(self.operation, &e)));
            }
            let Some(answer) = &mut self.answer else { return Poll::Ready(Ok(None)) };
            match ready!(answer.poll_frame(cx)) {
                Ok(Some(frame)) => match frame.into_data() {
                    Ok(data) => self.frames.push(data),
                    Err(frame) => {
                        let trailers = frame.into_trailers().unwrap_or_default();
                        return Poll::Ready(self.end(trailers).map(|()| None));
                    }
                },
                Ok(None) => return Poll::Ready(self.end(HeaderMap::new()).map(|()| None)),
                Err(error) => return Poll::Ready(Err(own(&self.broken).unwrap_or(error))),
            }
        }
    }

    fn end(&mut self, trailers: HeaderMap) -> Result<()> {
        let ended = grpc::ended(&trailers);
        let _ = self.trailers.set(answered(trailers));
        ended?;
        if self.frames.is_empty() {
            Ok(())
        } else {
            Err(grpc::broken("a message that is cut short"))
        }
    }
}

/// What ended the caller's own stream, if anything did.
pub(super) fn own(broken: &Broken) -> Option<Error> {
    lock(&broken.0).broken.take()
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
        if replies.answer.is_none() {
            return Poll::Ready(None);
        }
        let item = ready!(replies.poll_message(cx)).transpose();
        if !matches!(item, Some(Ok(_))) {
            replies.answer = None;
        }
        Poll::Ready(item.map(|item| item.map_err(CallError::from_error)))
    }
}
