//! How the messages of one RPC are written: the format, and what they are compressed with. The protocols differ in how they
//! say so and in what stands around the messages, not in this.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;

use super::compression::{Encoding, WORTH};
use super::envelope::{self, Envelopes, PREFIX};
use crate::call::{self, Body, BoxFuture, Gathered, Said};
use crate::error::reasons;
use crate::message::{self, Dialect, Fault, Message};
use crate::{Error, Result};

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    #[default]
    Proto,
    /// Canonical ProtoJSON.
    Json,
}

/// How the messages of both directions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Wire {
    pub(crate) format: Format,
    /// What requests may be compressed with.
    pub(crate) received: Encoding,
    /// What replies are compressed with, where they are large enough.
    pub(crate) sent: Encoding,
    /// Whether the size of a message counts for nothing: the handler has said what it wants.
    pub(crate) always: bool,
    /// The caller named another format than those: nothing is read, and it is told so in its own protocol.
    pub(crate) alien: bool,
}

/// The flag of a compressed message, in every protocol.
const COMPRESSED: u8 = 1;

impl Format {
    /// A message that is a part of `source`, or all of it.
    pub(crate) fn read<M: Message>(self, source: &Bytes, message: &[u8]) -> Result<M> {
        Ok(match self {
            Self::Proto => message::decode_part(source, message)?,
            Self::Json => message::from_json(message)?,
        })
    }

    /// One message alone.
    ///
    /// # Errors
    /// A message without an encoding, which is the handler's mistake: `INTERNAL`.
    pub(crate) fn write<M: Message>(self, message: &M) -> Result<Vec<u8>> {
        match self {
            Self::Proto => Ok(message::encode(message)),
            Self::Json => message::to_json(message, Dialect::Proto).map_err(unwritable),
        }
    }
}

impl Wire {
    /// Reads a body that is one message of at most `limit` bytes. A message that arrives in one piece is read in place.
    ///
    /// # Errors
    /// `CODEC` for anything but exactly one message, `BODY_TOO_LARGE` as soon as the prefix says so.
    pub(crate) async fn read<M: Message>(self, body: &mut Body, limit: usize) -> Result<M> {
        let Some(first) = body.piece().await? else {
            return Err(one_message("the call has no message"));
        };
        let whole = match first.first_chunk::<PREFIX>() {
            Some(prefix) => first.len() >= PREFIX + envelope::read_prefix(prefix, limit)?.1,
            None => false,
        };
        let bytes = if whole {
            first
        } else {
            // Few messages come in pieces: they are not worth room in every call's future.
            Box::pin(gather(first, body, limit)).await?
        };
        let prefix = bytes.first_chunk::<PREFIX>().copied().unwrap_or_default();
        let (flags, length) = envelope::read_prefix(&prefix, limit)?;
        let more = bytes.len() > PREFIX + length
            || (!http_body::Body::is_end_stream(body) && body.piece().await?.is_some());
        if more {
            return Err(one_message("the call has more than one message"));
        }
        if flags == COMPRESSED {
            call::heard(true);
        }
        self.open(flags, &bytes, &bytes[PREFIX..], limit)
    }

    /// The message in an envelope of at most `limit` bytes, compressed or not. It is a part of `source`.
    pub(crate) fn open<M: Message>(
        self,
        flags: u8,
        source: &Bytes,
        message: &[u8],
        limit: usize,
    ) -> Result<M> {
        match flags {
            0 => self.format.read(source, message),
            COMPRESSED if self.received != Encoding::Identity => {
                let bytes = self.received.decompress(source.slice_ref(message), limit)?;
                self.format.read(&bytes, &bytes)
            }
            COMPRESSED => Err(not_named()),
            _ => Err(Error::codec("a message starts with 0 or 1")),
        }
    }

    /// The same, with messages compressed as the handler says.
    #[inline]
    pub(crate) fn saying(self, said: Option<Said>) -> Self {
        match said {
            None => self,
            Some(said) => Self { sent: said.message(self.sent), always: true, ..self },
        }
    }

    /// One message in an envelope, behind those before it.
    ///
    /// # Errors
    /// A message without an encoding, or of 4 GiB or more, which is the handler's mistake: `INTERNAL`.
    pub(crate) fn append<M: Message>(self, message: &M, out: &mut Vec<u8>) -> Result<()> {
        if (self.format, self.sent) == (Format::Proto, Encoding::Identity) {
            return message::append_framed(message, out).map_err(unwritable);
        }
        let bytes = self.format.write(message)?;
        let packed = self.sent != Encoding::Identity && (self.always || bytes.len() >= WORTH);
        envelope::append(u8::from(packed) * COMPRESSED, out, |out| {
            let encoding = if packed { self.sent } else { Encoding::Identity };
            encoding.compress(&bytes, out)
        })
        .map_err(|error| Error::internal(reasons::INTERNAL, format!("the message: {error}")))
    }

    /// One message in an envelope of its own, in one allocation of the exact size where it is plain.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub(crate) fn write<M: Message>(self, message: &M) -> Result<Bytes> {
        let mut out = Vec::new();
        self.append(message, &mut out)?;
        Ok(Bytes::from(out))
    }
}

#[cold]
fn unwritable(fault: Fault) -> Error {
    Error::internal(reasons::INTERNAL, format!("the message has no encoding: {fault}"))
}

/// UNIMPLEMENTED, as others say it: whoever sends none or many takes the method for one that streams.
#[cold]
fn one_message(what: &'static str) -> Error {
    Error::codec(what).with_grpc(crate::Code::Unimplemented)
}

/// A peer that compresses a message without saying how has broken the protocol.
#[cold]
fn not_named() -> Error {
    Error::codec("a message is compressed, and no header says how").with_grpc(crate::Code::Internal)
}

/// A message whose first piece is not all of it, with whatever came along behind it.
async fn gather(first: Bytes, body: &mut Body, limit: usize) -> Result<Bytes> {
    let mut gathered = Gathered::default();
    gathered.push(first);
    let mut announced = None;
    loop {
        if announced.is_none() && gathered.len() >= PREFIX {
            announced = Some(envelope::read_prefix(&gathered.head::<PREFIX>(), limit)?.1);
        }
        if announced.is_some_and(|length| gathered.len() >= PREFIX + length) {
            return Ok(gathered.finish());
        }
        let Some(piece) = body.piece().await? else {
            return Err(Error::codec("the message ends too early"));
        };
        gathered.push(piece);
    }
}

/// The messages of a request that is a stream of envelopes, decoded as they arrive. The first error is the last item.
pub(crate) struct Requests<M> {
    wire: Wire,
    /// Whose messages they are, where some may be compressed.
    call: Option<call::Context>,
    /// `None` once the stream has ended, well or not.
    body: Option<Body>,
    envelopes: Envelopes,
    limit: usize,
    /// What went wrong, until the rest of the request has been read for it.
    failed: Option<(Error, BoxFuture<'static, ()>)>,
    message: PhantomData<fn() -> M>,
}

impl<M: Message> Requests<M> {
    pub(crate) fn new(wire: Wire, body: Body, limit: usize) -> Self {
        Self {
            wire,
            call: if wire.received == Encoding::Identity { None } else { call::current() },
            body: Some(body),
            envelopes: Envelopes::new(limit),
            limit,
            failed: None,
            message: PhantomData,
        }
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M>>> {
        loop {
            let (wire, limit, call) = (self.wire, self.limit, &self.call);
            let open = |flags, source: &Bytes, message: &[u8]| {
                if let Some(call) = call {
                    call.hear_compression(flags == COMPRESSED);
                }
                wire.open(flags, source, message, limit)
            };
            if let Some(message) = self.envelopes.read(open)? {
                return Poll::Ready(Ok(Some(message)));
            }
            let Some(body) = &mut self.body else { return Poll::Ready(Ok(None)) };
            match ready!(body.poll_piece(cx))? {
                Some(piece) => self.envelopes.push(piece),
                None if self.envelopes.is_empty() => return Poll::Ready(Ok(None)),
                None => return Poll::Ready(Err(Error::codec("the message ends too early"))),
            }
        }
    }
}

impl<M: Message> Stream for Requests<M> {
    type Item = Result<M>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        if self.body.is_some() {
            match ready!(self.poll_message(cx)) {
                Ok(Some(message)) => return Poll::Ready(Some(Ok(message))),
                Ok(None) => self.body = None,
                Err(error) => {
                    let rest = self.body.take().unwrap_or_default();
                    self.failed = Some((error, Box::pin(rest.drain())));
                }
            }
        }
        if let Some((_, rest)) = &mut self.failed {
            ready!(rest.as_mut().poll(cx));
        }
        Poll::Ready(self.failed.take().map(|(error, _)| Err(error)))
    }
}
