//! One call, whatever surface it came in on: what middleware sees, what a handler sees, and what both answer with.
//!
//! Nothing in here knows how HTTP or gRPC look. A surface makes a [`Call`] and renders a `Result<Reply>`.

mod body;
mod caught;
mod compression;
mod context;
mod gathered;
mod guard;
mod held;
pub(crate) mod metadata;
mod middleware;
mod record;
mod reply;
mod scope;
mod stream;
mod streaming;
mod trace;
mod unary;

#[cfg(feature = "tls")]
pub use crate::server::tls::PeerIdentity;
pub use body::Body;
pub(crate) use body::Translate;
pub(crate) use caught::{Caught, caught};
pub(crate) use compression::Said;
pub use context::Context;
pub(crate) use context::Opening;
use context::Unread;
pub(crate) use context::{Added, Arguments};
pub(crate) use gathered::Gathered;
pub(crate) use guard::{Bounded, Clock, Guard};
pub(crate) use held::wake;
pub use metadata::binaries;
pub use middleware::{Middleware, Next, Run};
#[cfg(feature = "telemetry")]
pub(crate) use record::{HTTP_EXCEPTION, RPC_EXCEPTION};
pub(crate) use record::{Record, Telling};
pub use reply::{CallOutcome, Encoded, Reply};
pub(crate) use reply::{EncodedBody, Frames, Meta, OnEnd};
pub(crate) use scope::around;
#[cfg(all(test, feature = "telemetry"))]
pub(crate) use scope::within;
pub use scope::{current, sampled, spawn};
pub(crate) use scope::{heard, leaving, said};
#[cfg(feature = "telemetry")]
pub(crate) use scope::{telemetry, trace};
pub(crate) use stream::{Answers, serve_stream};
pub(crate) use streaming::Beside;
pub use streaming::Streaming;
pub use trace::Trace;
#[cfg(feature = "telemetry")]
pub(crate) use trace::parse as parse_traceparent;
pub(crate) use trace::{TRACEPARENT, TRACESTATE};
pub(crate) use unary::serve_unary;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Instant;

use http::{Extensions, HeaderMap};

use crate::Result;
use crate::message::Message;
use crate::surface::Codec;
use crate::telemetry::Presence;

/// A boxed future that may cross threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Which surface a call came in on: `kratos.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// REST, JSON on the RPC path, and the user's own routes.
    Http,
    /// gRPC.
    Grpc,
    /// WebSocket.
    WebSocket,
    /// gRPC-Web, binary or in base64.
    GrpcWeb,
    /// Connect.
    Connect,
}

impl Protocol {
    /// `http`, `grpc`, `grpc-web`, `connect` or `websocket`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Grpc => "grpc",
            Self::WebSocket => "websocket",
            Self::GrpcWeb => "grpc-web",
            Self::Connect => "connect",
        }
    }

    /// Whether a call is an RPC to OpenTelemetry's conventions; else it is an HTTP request.
    #[inline]
    pub(crate) fn is_rpc(self) -> bool {
        matches!(self, Self::Grpc | Self::GrpcWeb | Self::Connect)
    }

    /// Whether the trailers of a stream come after its messages; elsewhere they are headers.
    pub(crate) fn has_trailers(self) -> bool {
        matches!(self, Self::Grpc | Self::GrpcWeb | Self::Connect)
    }
}

/// One request on its way through the middleware, not yet decoded.
///
/// It is one pointer: each middleware moves its call several times, and what is large stays where it is.
pub struct Call {
    context: Context,
}

impl Call {
    #[inline(always)]
    pub(crate) fn new(opening: Opening, body: Body, limit: usize, codec: Codec) -> Self {
        Self { context: Context::open(opening, Some(Unread { body, limit, codec })) }
    }

    /// Takes the call apart for its handler.
    pub(crate) fn into_parts(mut self) -> (Context, Body, usize, Codec) {
        let Unread { body, limit, codec } = self.context.take_unread();
        (self.context, body, limit, codec)
    }

    /// `/package.Service/Method`; for the user's own routes the route's template, and `unmatched` where there is none.
    pub fn operation(&self) -> &str {
        self.context.operation()
    }

    /// The surface.
    pub fn protocol(&self) -> Protocol {
        self.context.protocol()
    }

    /// The request's headers, which are its metadata too.
    pub fn headers(&self) -> &HeaderMap {
        self.context.headers()
    }

    /// The request's headers, to be changed before the handler sees them.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.context.inner_mut().headers
    }

    /// Values that middleware leaves for the handler.
    pub fn extensions(&self) -> &Extensions {
        self.context.extensions()
    }

    /// Values that middleware leaves for the handler.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.context.inner_mut().extensions
    }

    /// When the call must have ended: the earliest of the caller's, the method's and `server.timeout` (10 s by default);
    /// `None` where none of them sets a bound.
    pub fn deadline(&self) -> Option<Instant> {
        self.context.deadline()
    }

    /// The socket's other end: a proxy's, where there is one in front.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.context.peer()
    }

    /// The trace that the call belongs to.
    pub fn trace(&self) -> Trace {
        self.context.trace()
    }

    /// What the call is to OpenTelemetry.
    pub(crate) fn presence(&self) -> &Presence {
        self.context.presence()
    }

    /// The undecoded body. What is read from it here is gone for the handler, unless it is put back;
    /// `server.max_body` bounds what the handler reads, and [`Body::collect`] what is read here.
    pub fn body_mut(&mut self) -> &mut Body {
        &mut self.context.unread_mut().body
    }

    /// A success made by middleware itself, without the handler: a cached answer, a stub. `message` is the method's own
    /// reply message; it is encoded as the call's surface, its content type and its binding ask.
    ///
    /// # Errors
    /// `INTERNAL` where the call has no messages: for the user's own routes, services built with tonic and unmatched paths. What is wrong
    /// with the request, where it has been refused already. A message that cannot be encoded.
    pub fn reply<M: Message>(&self, message: &M) -> Result<Reply> {
        let mut meta = Meta::default();
        let bytes = self.context.write(message, &mut meta)?;
        Ok(Reply { message: Encoded { body: EncodedBody::Unary(bytes) }, meta })
    }
}
