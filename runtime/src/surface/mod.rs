//! The surfaces: translation between the wire and a call, and nothing else.

pub(crate) mod envelope;
pub(crate) mod grpc;
pub(crate) mod rest;

use bytes::Bytes;
use http::{Method, Uri, Version};

use crate::call::{Added, Body, Frames, Streaming};
use crate::foreign::Otherwise;
use crate::message::Message;
use crate::{Error, Result};

/// How one call is decoded and encoded.
pub(crate) enum Codec {
    /// gRPC with protobuf messages.
    Grpc,
    /// REST, and JSON on the RPC path.
    Rest(rest::Rest),
    /// Not at all: the call goes on as the HTTP request that it is.
    Raw(Box<Head>),
    /// Not at all: what is wrong is known before the body is read. The error is told inside the middleware.
    Refused(Error),
}

/// What a raw call keeps of its request beside headers and body.
pub(crate) struct Head {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) version: Version,
    /// The answer where nobody else has one.
    pub(crate) otherwise: Otherwise,
}

impl Codec {
    /// The request message, from a body of at most `limit` bytes.
    pub(crate) async fn read<M: Message>(&self, body: Body, limit: usize) -> Result<M> {
        match self {
            Self::Grpc => grpc::read(body, limit).await,
            Self::Rest(rest) if rest.reads_body() => rest.decode(body.collect(limit).await?),
            Self::Rest(rest) => rest.decode(Bytes::new()),
            Self::Raw(_) => Err(no_messages()),
            Self::Refused(error) => Err(error.repeated()),
        }
    }

    /// A reply in the form that the surface sends.
    pub(crate) fn write<M: Message>(&self, message: &M) -> Result<Bytes> {
        match self {
            Self::Grpc => grpc::write(message),
            Self::Rest(rest) => rest.encode(message),
            Self::Raw(_) => Err(no_messages()),
            Self::Refused(error) => Err(error.repeated()),
        }
    }

    /// The messages of a request that is a stream.
    pub(crate) fn requests<M: Message>(&self, body: Body, limit: usize) -> Result<Streaming<M>> {
        match self {
            Self::Grpc => Ok(Streaming::new(grpc::Requests::new(body, limit))),
            _ => Err(Error::needs_streams()),
        }
    }

    /// How the messages of an answer that is a stream are written.
    pub(crate) fn encoder(&self) -> Result<Encoder> {
        match self {
            Self::Grpc => Ok(Encoder::Grpc),
            _ => Err(Error::needs_streams()),
        }
    }
}

/// Writes the messages of a stream, one after the other.
pub(crate) enum Encoder {
    /// Each with its prefix.
    Grpc,
}

impl Encoder {
    pub(crate) fn write<M: Message>(&self, message: &M, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Grpc => grpc::append(message, out),
        }
    }
}

/// Raw calls have handlers that never ask for a message.
#[cold]
fn no_messages() -> Error {
    Error::internal(crate::error::reasons::INTERNAL, "a raw call has no messages")
}

/// The body of an answer, before it is tied to its call's record.
pub(crate) enum Payload {
    /// Nothing at all.
    Empty,
    /// These bytes.
    Full(Bytes),
    /// One gRPC frame, then a good end with what the handler adds to its trailers.
    Trailed(Bytes, Option<Box<Added>>),
    /// gRPC frames; the trailers are for a good end.
    Stream(Frames, Option<Box<Added>>),
    /// Someone else's, with what goes into its trailers over gRPC.
    Body(Box<Body>, Option<Box<Added>>),
}

impl Payload {
    /// How many bytes it has, where that is known.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Full(bytes) => Some(bytes.len() as u64),
            // gRPC's answers carry no length.
            Self::Trailed(..) | Self::Stream(..) => None,
            Self::Body(body, _) => http_body::Body::size_hint(&**body).exact(),
        }
    }
}
