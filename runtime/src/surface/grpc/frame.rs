//! gRPC's message frames: a flag, four bytes of length, the message.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use futures_core::Stream;

use crate::call::{Body, Gathered};
use crate::error::reasons;
use crate::message::{self, Message};
use crate::surface::envelope::{Envelopes, PREFIX, read_prefix};
use crate::{Error, Result};

/// Reads a body that is one message of at most `limit` bytes. A message that arrives in one piece is read in place.
///
/// # Errors
/// `CODEC` for anything but exactly one message, `BODY_TOO_LARGE` as soon as the prefix says so.
pub(crate) async fn read<M: Message>(mut body: Body, limit: usize) -> Result<M> {
    let mut gathered = Gathered::default();
    let mut announced = None;
    while announced.is_none_or(|length| gathered.len() < PREFIX + length) {
        let Some(piece) = body.piece().await? else {
            return Err(Error::codec(match gathered.len() {
                0 => "the call has no message",
                _ => "the message ends too early",
            }));
        };
        gathered.push(piece);
        if announced.is_none() && gathered.len() >= PREFIX {
            announced = Some(length(&gathered.head::<PREFIX>(), limit)?);
        }
    }
    let mut bytes = gathered.finish();
    let more = bytes.len() > PREFIX + announced.unwrap_or(0)
        || (!http_body::Body::is_end_stream(&body) && body.piece().await?.is_some());
    if more {
        return Err(Error::codec("the call has more than one message"));
    }
    bytes.advance(PREFIX);
    Ok(message::decode(bytes)?)
}

/// The message's length by its prefix.
fn length(prefix: &[u8; PREFIX], limit: usize) -> Result<usize> {
    let (flags, length) = read_prefix(prefix, limit)?;
    check_flags(flags).map(|()| length)
}

fn check_flags(flags: u8) -> Result<()> {
    match flags {
        0 => Ok(()),
        1 => Err(super::unknown_encoding("an encoding that was not named")),
        _ => Err(Error::codec("a message starts with 0 or 1")),
    }
}

/// One message as one frame, in one allocation of the exact size.
///
/// # Errors
/// A message of 4 GiB or more, which is the handler's mistake: `INTERNAL`.
pub(crate) fn write<M: Message>(message: &M) -> Result<Bytes> {
    message::encode_framed(message).map_err(unwritable)
}

/// Writes one message as one frame behind those before it.
///
/// # Errors
/// As [`write`].
pub(crate) fn append<M: Message>(message: &M, out: &mut Vec<u8>) -> Result<()> {
    message::append_framed(message, out).map_err(unwritable)
}

#[cold]
fn unwritable(fault: message::Fault) -> Error {
    Error::internal(reasons::INTERNAL, format!("the reply: {fault}"))
}

/// The messages of a stream, decoded as they arrive. The first error is the last item.
pub(crate) struct Requests<M> {
    /// `None` once the stream has ended, well or not.
    body: Option<Body>,
    frames: Envelopes,
    message: PhantomData<fn() -> M>,
}

impl<M: Message> Requests<M> {
    pub(crate) fn new(body: Body, limit: usize) -> Self {
        Self { body: Some(body), frames: Envelopes::new(limit), message: PhantomData }
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M>>> {
        loop {
            if let Some((flags, bytes)) = self.frames.next()? {
                check_flags(flags)?;
                return Poll::Ready(message::decode(bytes).map(Some).map_err(Error::from));
            }
            let Some(body) = &mut self.body else { return Poll::Ready(Ok(None)) };
            match ready!(body.poll_piece(cx))? {
                Some(piece) => self.frames.push(piece),
                None if self.frames.is_empty() => return Poll::Ready(Ok(None)),
                None => return Poll::Ready(Err(Error::codec("the message ends too early"))),
            }
        }
    }
}

impl<M: Message> Stream for Requests<M> {
    type Item = Result<M>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        if self.body.is_none() {
            return Poll::Ready(None);
        }
        let item = ready!(self.poll_message(cx)).transpose();
        if !matches!(item, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(item)
    }
}
