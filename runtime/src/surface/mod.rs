//! The surfaces: translation between the wire and a call, and nothing else.

mod compression;
pub(crate) mod connect;
pub(crate) mod envelope;
pub(crate) mod grpc;
pub(crate) mod lines;
pub(crate) mod rest;
pub(crate) mod web;
mod wire;
#[cfg(feature = "ws")]
pub(crate) mod ws;

pub(crate) use compression::Encoding;
pub(crate) use web::Web;
pub(crate) use wire::{Format, Wire};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, Uri, Version};
use http_body::Frame;

use crate::call::{self, Added, Body, EncodedBody, Frames, Meta, Protocol, Streaming};
use crate::error::BoxError;
use crate::foreign::Otherwise;
use crate::message::Message;
use crate::{Error, Result};

/// How a call is answered: the head of its request says so, before anyone knows what it calls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    Grpc(Wire),
    Web(Web),
    Connect(connect::Answer),
    Rest(rest::Answer),
}

impl Answer {
    /// By the head of a request. `accepting` is only needed where there is an `accept`; `connect` is whether the request
    /// says itself that it is one of Connect's.
    #[inline]
    pub(crate) fn of(
        method: &Method,
        version: Version,
        content_type: Option<&HeaderValue>,
        accepting: Option<&HeaderMap>,
        connect: bool,
    ) -> Self {
        // By far the most calls of HTTP/1.1: nobody else has these.
        if !connect && content_type.is_none_or(|media| media == "application/json") {
            return Self::Rest(rest::Answer::of(method, content_type, accepting));
        }
        if let Some(wire) = grpc::recognise(version, content_type) {
            return Self::Grpc(wire);
        }
        if let Some(web) = web::recognise(content_type, accepting) {
            return Self::Web(web);
        }
        if let Some(answer) = connect::Answer::recognise(content_type, connect) {
            return Self::Connect(answer);
        }
        Self::Rest(rest::Answer::of(method, content_type, accepting))
    }

    /// Finds out what the messages of a call of ours are compressed with. A service built with tonic unpacks its own.
    /// `encoding` is what `grpc-encoding` says.
    ///
    /// # Errors
    /// What is wrong with the head of the request.
    #[inline]
    pub(crate) fn agree(
        &mut self,
        codec: &mut Codec,
        method: &Method,
        encoding: Option<&HeaderValue>,
        headers: &HeaderMap,
    ) -> Result<()> {
        let answered = match self {
            Self::Grpc(wire) => wire,
            Self::Web(web) => &mut web.wire,
            Self::Connect(answer) => return answer.agree(codec, headers),
            Self::Rest(_) => return Ok(()),
        };
        if let Some(error) = grpc::refusal(method) {
            return Err(error);
        }
        if answered.alien {
            return Err(grpc::unknown_format());
        }
        if let (Some(encoding), Codec::Enveloped(wire) | Codec::Text(wire)) = (encoding, codec) {
            [wire.received, wire.sent] = grpc::encodings(encoding, headers)?;
            *answered = *wire;
        }
        Ok(())
    }

    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::Grpc(_) => Protocol::Grpc,
            Self::Web(_) => Protocol::GrpcWeb,
            Self::Connect(_) => Protocol::Connect,
            Self::Rest(_) => Protocol::Http,
        }
    }

    /// The response to a call that ended well, or whose stream has begun.
    #[inline(always)]
    pub(crate) fn reply(self, meta: Meta, body: EncodedBody) -> Response<Payload> {
        match self {
            Self::Grpc(wire) => grpc::reply(wire, meta, body),
            Self::Web(web) => web.reply(meta, body),
            Self::Connect(answer) => answer.reply(meta, body),
            Self::Rest(answer) => answer.reply(meta, body),
        }
    }

    /// The response to a call that failed before anything was sent.
    pub(crate) fn error(self, error: &Error) -> Response<Payload> {
        match self {
            Self::Grpc(wire) => grpc::error(wire, error),
            Self::Web(web) => web.error(error),
            Self::Connect(answer) => answer.error(error),
            Self::Rest(answer) => answer.error(error).map(Payload::full),
        }
    }
}

/// How one call is decoded and encoded.
pub(crate) enum Codec {
    /// Each message in an envelope: gRPC, gRPC-Web, and the streams of Connect.
    Enveloped(Wire),
    /// The same, from a request in base64. What is written becomes base64 when it is sent.
    Text(Wire),
    /// A unary call of Connect's.
    Connect(connect::Unary),
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
    pub(crate) async fn read<M: Message>(&self, body: &mut Body, limit: usize) -> Result<M> {
        match self {
            Self::Enveloped(wire) => wire.read(body, limit).await,
            Self::Text(wire) => {
                *body = web::decoded(std::mem::take(body));
                // Few calls are in base64: they are not worth room in every call's future.
                Box::pin(wire.read(body, limit)).await
            }
            Self::Connect(unary) => Box::pin(unary.read(body, limit)).await,
            Self::Rest(rest) if rest.reads_body() => rest.decode(body.read(limit).await?),
            Self::Rest(rest) => rest.decode(Bytes::new()),
            Self::Raw(_) => Err(no_messages()),
            Self::Refused(error) => Err(error.repeated()),
        }
    }

    /// A reply in the form that the surface sends.
    ///
    /// A message may have something to say in the head of its answer.
    #[inline]
    pub(crate) fn write<M: Message>(&self, message: &M, meta: &mut Meta) -> Result<Bytes> {
        match self {
            Self::Enveloped(wire) | Self::Text(wire) => {
                meta.compression = call::said();
                wire.saying(meta.compression).write(message)
            }
            Self::Connect(unary) => {
                meta.compression = call::said();
                unary.write(message)
            }
            Self::Rest(rest) => rest.encode(message, meta),
            Self::Raw(_) => Err(no_messages()),
            Self::Refused(error) => Err(error.repeated()),
        }
    }

    /// The messages of a request that is a stream.
    pub(crate) fn requests<M: Message>(&self, body: Body, limit: usize) -> Result<Streaming<M>> {
        match self {
            Self::Enveloped(wire) => Ok(Streaming::new(wire::Requests::new(*wire, body, limit))),
            Self::Text(wire) => {
                Ok(Streaming::new(wire::Requests::new(*wire, web::decoded(body), limit)))
            }
            Self::Refused(error) => Err(error.repeated()),
            Self::Rest(rest) => rest.requests(body, limit),
            Self::Connect(_) | Self::Raw(_) => Err(no_messages()),
        }
    }

    /// How the messages of an answer that is a stream are written.
    pub(crate) fn encoder(&self) -> Result<Encoder> {
        match self {
            Self::Enveloped(wire) | Self::Text(wire) => Ok(Encoder::Enveloped(*wire)),
            Self::Refused(error) => Err(error.repeated()),
            Self::Rest(rest) => Ok(Encoder::Rest(rest.writer())),
            Self::Connect(_) | Self::Raw(_) => Err(no_messages()),
        }
    }
}

/// Writes the messages of a stream, one after the other.
pub(crate) enum Encoder {
    Enveloped(Wire),
    Rest(rest::Writer),
}

impl Encoder {
    /// Whether a caller that has been sent nothing is better told of an error without the head of a stream.
    pub(crate) fn fails_early(&self) -> bool {
        matches!(self, Self::Rest(_))
    }

    /// Whether who has lost the stream may take it up again after the message that came last.
    pub(crate) fn resumable(&self) -> bool {
        matches!(self, Self::Rest(writer) if writer.sends_events())
    }

    /// Whether the head of the answer waits for the first message.
    pub(crate) fn needs_first(&self) -> bool {
        matches!(self, Self::Rest(writer) if writer.needs_first())
    }

    /// What the handler has to say in the head of an answer that leaves now.
    pub(crate) fn begin(&self, head: &mut Meta) {
        if let Self::Enveloped(_) = self {
            head.compression = call::leaving();
        }
    }

    /// What the first message has to say in the head of its answer.
    pub(crate) fn describe<M: Message>(&self, message: &M, meta: &mut Meta) -> Result<()> {
        match self {
            Self::Rest(writer) => writer.describe(message, meta),
            Self::Enveloped(_) => Ok(()),
        }
    }

    pub(crate) fn write<M: Message>(&self, message: &M, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Enveloped(wire) => wire.saying(call::said()).append(message, out),
            Self::Rest(writer) => writer.append(message, out),
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
    /// Messages as they go on the wire, and how they end; the trailers are for a good end.
    Stream(Frames, Option<Box<Added>>, End),
    /// Someone else's, with what goes into its trailers over gRPC, and how it ends where it breaks off.
    Body(Box<Body>, Option<Box<Added>>, End),
}

impl Payload {
    pub(crate) fn full(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Full(bytes) }
    }

    /// How many bytes it has, where that is known.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Full(bytes) => Some(bytes.len() as u64),
            // gRPC's answers carry no length.
            Self::Trailed(..) | Self::Stream(..) => None,
            // Trailers are added to it.
            Self::Body(_, _, End::Web { .. }) => None,
            Self::Body(body, ..) => http_body::Body::size_hint(&**body).exact(),
        }
    }
}

/// How an answer that has begun says that it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With the trailers of gRPC.
    Trailers,
    /// With those trailers in the body: gRPC-Web.
    Web { text: bool },
    /// With a last message that says how: the streams of Connect.
    Connect,
    /// Not at all: a good one just ends, any other breaks off.
    Abrupt,
    /// A good one just ends, any other with an event.
    Events,
    /// A good one just ends, any other with a line.
    Lines,
    /// A good one just ends, any other with an envelope.
    #[cfg(feature = "ws")]
    Socket,
}

impl End {
    /// The last frame of a good answer, if it has one.
    pub(crate) fn good(self, beside: Option<Box<Added>>) -> Option<Frame<Bytes>> {
        match self {
            Self::Trailers => Some(Frame::trailers(grpc::ok_trailers(beside))),
            Self::Web { text } => Some(Frame::data(web::ok(beside, text))),
            Self::Connect => Some(Frame::data(connect::ok(beside))),
            _ => None,
        }
    }

    /// The last frame of an answer that failed.
    ///
    /// # Errors
    /// Where there is no way to say so but to break off.
    pub(crate) fn bad(self, error: &Error) -> Result<Frame<Bytes>, BoxError> {
        match self {
            Self::Trailers => Ok(Frame::trailers(grpc::error_trailers(error))),
            Self::Web { text } => Ok(Frame::data(web::failed(error, text))),
            Self::Connect => Ok(Frame::data(connect::failed(error))),
            Self::Abrupt => Err(BoxError::from("the answer broke off")),
            Self::Events => Ok(Frame::data(rest::error_event(error))),
            Self::Lines => Ok(Frame::data(rest::error_line(error))),
            #[cfg(feature = "ws")]
            Self::Socket => Ok(Frame::data(rest::error_envelope(error))),
        }
    }
}

/// What an answer may be compressed with whose handler asks for it: as its request was, where the caller reads that, else the
/// first encoding that the caller says it reads; `Identity` where there is none.
pub(crate) fn readable(protocol: Protocol, headers: &HeaderMap) -> Encoding {
    let [encoding, accepts] = match protocol {
        Protocol::Grpc | Protocol::GrpcWeb => grpc::ENCODINGS,
        Protocol::Connect => connect::encodings(headers),
        Protocol::Http | Protocol::WebSocket => return Encoding::Identity,
    };
    let received = headers.get(encoding).and_then(|name| Encoding::named(name.as_bytes()));
    let named = || Encoding::listed(headers, &accepts);
    let mirrored = received.filter(|received| named().any(|one| one == *received));
    let mut read = mirrored.into_iter().chain(named());
    read.find(|encoding| *encoding != Encoding::Identity).unwrap_or_default()
}

/// What follows `name`, in any case, in a media type.
fn after<'m>(media: &'m [u8], name: &[u8]) -> Option<&'m [u8]> {
    let (start, rest) = media.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(rest)
}
