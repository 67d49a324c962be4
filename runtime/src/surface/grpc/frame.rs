//! gRPC's message frames: a flag, four bytes of length, the message.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use futures_core::Stream;

use crate::call::{Body, Gathered};
use crate::error::reasons;
use crate::message::{self, Message};
use crate::{Error, Result};

const PREFIX: usize = 5;

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
    let [flag, length @ ..] = *prefix;
    match flag {
        0 => {}
        1 => return Err(super::unknown_encoding("an encoding that was not named")),
        _ => return Err(Error::codec("a message starts with 0 or 1")),
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > limit { Err(Error::body_too_large(limit)) } else { Ok(length) }
}

/// One message as one frame, in one allocation of the exact size.
///
/// # Errors
/// A message of 4 GiB or more, which is the handler's mistake: `INTERNAL`.
pub(crate) fn write<M: Message>(message: &M) -> Result<Bytes> {
    message::encode_framed(message)
        .map_err(|fault| Error::internal(reasons::INTERNAL, format!("the reply: {fault}")))
}

/// Writes the messages of a stream.
pub(crate) struct Encoder(());

impl Encoder {
    pub(crate) fn new() -> Self {
        Self(())
    }

    pub(crate) fn write<M: Message>(&self, message: &M) -> Result<Bytes> {
        write(message)
    }
}

/// The messages of a stream, decoded as they arrive. The first error is the last item.
pub(crate) struct Requests<M> {
    /// `None` once the stream has ended, well or not.
    body: Option<Body>,
    limit: usize,
    buffer: BytesMut,
    message: PhantomData<fn() -> M>,
}

impl<M> Requests<M> {
    pub(crate) fn new(body: Body, limit: usize) -> Self {
        Self { body: Some(body), limit, buffer: BytesMut::new(), message: PhantomData }
    }

    /// The next whole message, where the buffer holds one.
    fn buffered(&mut self) -> Result<Option<Bytes>> {
        let Some(prefix) = self.buffer.first_chunk::<PREFIX>() else { return Ok(None) };
        let length = length(prefix, self.limit)?;
        if self.buffer.len() < PREFIX + length {
            return Ok(None);
        }
        self.buffer.advance(PREFIX);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M>>>
    where
        M: Message,
    {
        loop {
            if let Some(bytes) = self.buffered()? {
                return Poll::Ready(message::decode(bytes).map(Some).map_err(Error::from));
            }
            let Some(body) = &mut self.body else { return Poll::Ready(Ok(None)) };
            match ready!(body.poll_piece(cx))? {
                Some(piece) => self.buffer.extend_from_slice(&piece),
                None if self.buffer.is_empty() => return Poll::Ready(Ok(None)),
                None => return Poll::Ready(Err(Error::codec("the message ends too early"))),
            }
        }
    }
}

impl<M: Message> Stream for Requests<M> {
    type Item = Result<M>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        let item = ready!(self.poll_message(cx)).transpose();
        if !matches!(item, Some(Ok(_))) {
            self.body = None;
            self.buffer.clear();
        }
        Poll::Ready(item)
    }
}
