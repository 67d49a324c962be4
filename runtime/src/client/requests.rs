//! The requests of a call on their way out: messages as the body of one HTTP request.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_core::Stream as _;
use http_body::Frame;

use super::form::Form;
use crate::call::{Body, Streaming};
use crate::error::BoxError;
use crate::message::{self, Dialect, Message};
use crate::surface::Wire;
use crate::{Error, Result};

/// How a stream of messages is written.
#[derive(Debug)]
pub(super) enum Write {
    Enveloped(Wire),
    /// A JSON document a line, with original names.
    Lines,
    /// Messages that are the parts of a form.
    Form(Form),
}

impl Write {
    fn message<M: Message>(&mut self, message: &M) -> Result<Bytes> {
        match self {
            Self::Enveloped(wire) => wire.write(message),
            Self::Lines => {
                let mut line = message::to_json(message, Dialect::Original)?;
                // In JSON a line break is never part of a value.
                for byte in &mut line {
                    if *byte == b'\n' {
                        *byte = b' ';
                    }
                }
                line.push(b'\n');
                Ok(line.into())
            }
            // A part by its name is one by its encoding, whatever type it has here.
            Self::Form(form) => form.part(&message::decode(message::encode(message).into())?),
        }
    }

    /// What stands behind the last message.
    fn end(&self) -> Option<Result<Bytes>> {
        match self {
            Self::Form(form) => Some(form.end()),
            Self::Enveloped(_) | Self::Lines => None,
        }
    }
}

/// What the call and the stream of its requests tell each other.
#[derive(Default)]
struct Told {
    /// What ended the caller's own stream, for the caller to hear: the wire only tells that the call was given up.
    broken: Option<Error>,
    /// Nobody waits for the call any more.
    over: bool,
    /// The requests had to be waited for.
    waited: bool,
    /// Whoever sends the requests.
    sender: Option<Waker>,
    /// Whoever opens the call.
    opener: Option<Waker>,
}

/// The call's end of what it shares with its requests. Dropped with the call, it ends their stream: HTTP/2 keeps a call
/// open for as long as either side of it is.
#[derive(Default)]
pub(super) struct Link(Arc<Mutex<Told>>);

impl Link {
    /// The body of a request whose messages come one by one.
    pub(super) fn body<M: Message>(&self, messages: Streaming<M>, write: Write) -> Body {
        Body::new(Requests { messages: Some(messages), write, told: self.0.clone() })
    }

    /// What ended the caller's own stream, else `error`.
    pub(super) fn own_or(&self, error: Error) -> Error {
        lock(&self.0).broken.take().unwrap_or(error)
    }

    /// Whether the requests that were there have been taken and the next one is not there yet. Wakes when it comes to that.
    pub(super) fn waits(&self, cx: &mut Context<'_>) -> bool {
        let mut told = lock(&self.0);
        told.opener = Some(cx.waker().clone());
        told.waited
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let sender = {
            let mut told = lock(&self.0);
            told.over = true;
            told.sender.take()
        };
        if let Some(sender) = sender {
            sender.wake();
        }
    }
}

fn lock(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Messages as the body of a request.
struct Requests<M> {
    /// `None` once they have ended.
    messages: Option<Streaming<M>>,
    write: Write,
    told: Arc<Mutex<Told>>,
}

impl<M> Requests<M> {
    /// Tells whoever opens the call, once, that it may take a message of theirs to go on.
    fn waits(&self) {
        let opener = {
            let mut told = lock(&self.told);
            told.waited = true;
            told.opener.take()
        };
        if let Some(opener) = opener {
            opener.wake();
        }
    }
}

impl<M: Message> http_body::Body for Requests<M> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        {
            let mut told = lock(&self.told);
            if told.over {
                return Poll::Ready(Some(Err(h2::Error::from(h2::Reason::CANCEL).into())));
            }
            told.sender = Some(cx.waker().clone());
        }
        let this = &mut *self;
        let Some(messages) = &mut this.messages else { return Poll::Ready(None) };
        let bytes = match Pin::new(messages).poll_next(cx) {
            Poll::Pending => {
                this.waits();
                return Poll::Pending;
            }
            Poll::Ready(Some(message)) => message.and_then(|message| this.write.message(&message)),
            Poll::Ready(None) => {
                this.messages = None;
                match this.write.end() {
                    Some(end) => end,
                    None => return Poll::Ready(None),
                }
            }
        };
        Poll::Ready(Some(bytes.map(Frame::data).map_err(|error| {
            let text = error.to_string();
            lock(&this.told).broken = Some(error);
            text.into()
        })))
    }
}
