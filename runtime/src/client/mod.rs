//! Calls to other services: one client for both prongs, to a fixed address.
//!
//! The typed clients that `#[service]` generates stand on [`Client`]. A call takes along what the call being handled
//! carries: its deadline, its `x-md-global-*` metadata and its trace. Discovery, balancing and retries are not done
//! here.

mod flow;
mod form;
mod grpc;
mod http;
mod path;
mod query;
mod reader;
mod requests;
mod socket;
mod stream;
mod target;
#[cfg(test)]
mod tests;
#[cfg(feature = "tls")]
mod tls;
mod transport;

#[cfg(feature = "telemetry")]
pub(crate) use self::grpc::succeeded;
#[cfg(all(feature = "telemetry", feature = "tls"))]
pub(crate) use self::tls::Secured;
#[cfg(feature = "telemetry")]
pub(crate) use self::transport::{Connector, client};
#[cfg(feature = "tls")]
pub use tls::Tls;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use self::flow::Options;
pub(crate) use self::flow::pass_on;
use self::reader::Reader;
use self::requests::Link;
pub(crate) use self::target::Target;
use self::transport::Transport;
use crate::call::{self, BoxFuture, Protocol, Reply, Streaming};
use crate::error::{CallError, Reason, reasons};
use crate::message::Message;
use crate::service::{
    Answer, Arg as _, Given, Input, MethodSpec, Outcome, Signature, StreamAnswer,
};
use crate::surface::Encoding;
use crate::{Error, Result};

const AGENT: &str = concat!("bident/", env!("CARGO_PKG_VERSION"));

/// The service at one address. Cheap to clone; clones share connections.
///
/// A call ends by its deadline: the one given with [`Client::with_deadline`], else that of the call being handled, else,
/// where nothing of it streams, ten seconds after its start. Answers, and messages of one that streams, above 4 MiB are
/// refused, or above what [`Client::with_max_body`] says.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    options: Options,
}

struct Shared {
    transport: Transport,
    /// How each method is called over HTTP, by operation.
    plans: Mutex<HashMap<&'static str, Arc<http::Plan>>>,
}

/// When a client's calls must have ended, in place of the default: the deadline of the call being handled, else ten
/// seconds.
#[derive(Debug, Clone, Copy)]
pub enum Deadline {
    /// So long after each call's start.
    After(Duration),
    /// At this time.
    At(Instant),
}

/// What requests are compressed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// gzip, which every implementation of gRPC reads.
    Gzip,
    /// zlib, as HTTP calls it.
    Deflate,
    /// Zstandard.
    #[cfg(feature = "zstd")]
    Zstd,
}

impl From<Compression> for Encoding {
    fn from(compression: Compression) -> Self {
        match compression {
            Compression::Gzip => Self::Gzip,
            Compression::Deflate => Self::Deflate,
            #[cfg(feature = "zstd")]
            Compression::Zstd => Self::Zstd,
        }
    }
}

impl From<Duration> for Deadline {
    fn from(after: Duration) -> Self {
        Self::After(after)
    }
}

impl From<Instant> for Deadline {
    fn from(at: Instant) -> Self {
        Self::At(at)
    }
}

impl Client {
    /// A client of the service at `target`: `grpc://host:port`, `http://host[:port]`, or `host:port`, which is gRPC. Over
    /// TLS, with the cargo feature `tls`, `grpcs://host:port` and `https://host[:port]`.
    ///
    /// Connects with the first call, and again whenever the connection is gone. An attempt to connect ends after five
    /// seconds.
    ///
    /// # Errors
    /// A target that is none of these.
    pub async fn connect(target: impl AsRef<str>) -> Result<Self> {
        let target = Target::parse(target.as_ref())?;
        #[cfg(feature = "tls")]
        let transport = Transport::new(target, &Tls::new());
        #[cfg(not(feature = "tls"))]
        let transport = Transport::new(target);
        Ok(Self { shared: Arc::new(Shared::new(transport)), options: Options::default() })
    }

    /// A client whose connections are secured like this. They are its own, and those of its clones.
    ///
    /// Files are read now. What is wrong with them fails each call with an error that names it; so does a target that is
    /// not over TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(self, tls: &Tls) -> Self {
        let transport = Transport::new(self.shared.transport.target().clone(), tls);
        Self { shared: Arc::new(Shared::new(transport)), options: self.options }
    }

    /// A client whose calls end by `deadline`, a `Duration` after each call's start or an `Instant`, whatever the call
    /// being handled says.
    #[must_use]
    pub fn with_deadline(mut self, deadline: impl Into<Deadline>) -> Self {
        self.options.deadline = Some(deadline.into());
        self
    }

    /// A client that sends this metadata with every call, in place of what would flow on under the same key.
    ///
    /// The value of a key that ends in `-bin` may be any bytes, and is sent as base64. A key or a value that cannot be
    /// sent fails each call with an error that names it.
    #[must_use]
    pub fn with_metadata(mut self, key: &str, value: impl AsRef<[u8]>) -> Self {
        self.options.add(key, value.as_ref());
        self
    }

    /// A client that compresses what it sends over gRPC, messages below 1 KiB excepted. Over HTTP it changes nothing.
    ///
    /// Replies may be compressed whatever is said here: gRPC's servers are told what is read, and most compress their
    /// replies as the requests were. One that does not know the encoding refuses the call with UNIMPLEMENTED.
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.options.compression = compression.into();
        self
    }

    /// A client that reads answers of at most so many bytes, and of one that streams messages of at most so many: 4 MiB
    /// where nothing is said. What arrives is held to it, and what that unpacks to. A larger one fails its call with
    /// `BODY_TOO_LARGE` (500, RESOURCE_EXHAUSTED to gRPC) as soon as its size is known.
    #[must_use]
    pub fn with_max_body(mut self, bytes: usize) -> Self {
        self.options.max_body = bytes;
        self
    }

    /// Calls a method with one reply.
    ///
    /// # Errors
    /// The method's own reason, or whatever else the call failed with: `UNAVAILABLE` (503) where the service cannot be
    /// reached or went away, `DEADLINE_EXCEEDED` (504) where it took too long, `INTERNAL` (500) where its answer cannot be
    /// read, `BODY_TOO_LARGE` where that is above the client's [limit](Self::with_max_body). A call is sent again once where the server says that it has not
    /// begun it, and in no other case. An error in a stream
    /// of requests gives the call up, and is the call's own.
    pub async fn unary<S: Signature>(
        &self,
        method: &'static MethodSpec,
        input: S::Input,
    ) -> Answer<S> {
        let request = input.into_request();
        self.unary_reply::<_, S::Output>(method, request).await.map(Reply::into_inner)
    }

    /// Calls a method with one reply, and keeps the reply's metadata: headers and trailers, without those of the transport.
    ///
    /// # Errors
    /// As [`Client::unary`].
    pub async fn unary_reply<In, Out>(
        &self,
        method: &'static MethodSpec,
        request: In,
    ) -> Result<Reply<Out::Message>, CallError<Out::Error>>
    where
        In: Input,
        Out: Outcome,
    {
        self.call(method, request.given()).await.map_err(CallError::from_error)
    }

    /// Calls a method that answers with a stream. Dropping the stream gives the call up.
    ///
    /// Nothing bounds such a call but the client's deadline and that of the call being handled.
    ///
    /// It is open when the head of its answer is there. Where the requests are a stream too, it is open as soon as the next
    /// of them has to be waited for: a server may have nothing to say before that one. The head arrives with the first
    /// item then, and so does what the call fails with.
    ///
    /// # Errors
    /// As [`Client::unary`], before the first message or in place of one.
    pub async fn stream<S: Signature>(
        &self,
        method: &'static MethodSpec,
        input: S::Input,
    ) -> StreamAnswer<S> {
        let request = input.into_request().given();
        self.open(method, request).await.map_err(CallError::from_error)
    }

    async fn call<Req: Message, Rep: Message>(
        &self,
        method: &'static MethodSpec,
        request: Given<Req>,
    ) -> Result<Reply<Rep>> {
        let bound = matches!(request, Given::One(_)).then_some(flow::DEFAULT_TIMEOUT);
        let (deadline, headers) = self.options.outgoing(call::current().as_ref(), bound)?;
        let transport = &self.shared.transport;
        let (link, limit) = (Link::default(), self.options.max_body);
        let (answer, message) = match transport.target().protocol {
            Protocol::Http => {
                let plan = self.shared.plan(method)?;
                let (path, mut request) = plan.request(request, headers, &link)?;
                let mut outbound = transport.begin(method, Some((&plan, &path)), &mut request);
                let called = async {
                    let answer = transport.exchange(request, &path, deadline, limit, &mut outbound);
                    let answer = answer.await.map_err(|error| link.own_or(error))?;
                    let message = plan.message(&answer)?;
                    Ok((answer, message))
                };
                let called = called.await;
                outbound.end(called.as_ref().err());
                let (mut answer, message) = called?;
                http::take_trailers(&mut answer);
                (answer, message)
            }
            _ => {
                let mut request = grpc::request(headers, request, &link, self.options.compression)?;
                let mut outbound = transport.begin(method, None, &mut request);
                let path = method.operation;
                let called = async {
                    let answer = transport.exchange(request, path, deadline, limit, &mut outbound);
                    let mut answer = answer.await.map_err(|error| link.own_or(error))?;
                    let message = grpc::message(&mut answer, path, limit)?;
                    Ok((answer, message))
                };
                let called = called.await;
                outbound.end(called.as_ref().err());
                called?
            }
        };
        let mut reply = Reply::new(message);
        reply.meta.status = Some(answer.head.status);
        let beside = reply.meta.beside();
        beside.headers = flow::answered(answer.head.headers);
        beside.trailers = flow::answered(answer.trailers);
        Ok(reply)
    }

    async fn open<Req: Message, Rep: Message, E: Reason>(
        &self,
        method: &'static MethodSpec,
        request: Given<Req>,
    ) -> Result<Streaming<Rep, CallError<E>>> {
        let (deadline, headers) = self.options.outgoing(call::current().as_ref(), None)?;
        let (shared, link) = (self.shared.clone(), Link::default());
        let limit = self.options.max_body;
        let opening: BoxFuture<'static, _> = match shared.transport.target().protocol {
            Protocol::Http => {
                let plan = shared.plan(method)?;
                let (path, mut request) = plan.request(request, headers, &link)?;
                let http = Some((&*plan, &*path));
                let mut outbound = shared.transport.begin(method, http, &mut request);
                Box::pin(async move {
                    let begun = async {
                        let transport = &shared.transport;
                        let answer = transport.open(request, &path, deadline, &mut outbound);
                        http::begun(plan, answer.await?, limit).await
                    };
                    (begun.await, outbound)
                })
            }
            _ => {
                let mut request = grpc::request(headers, request, &link, self.options.compression)?;
                let mut outbound = shared.transport.begin(method, None, &mut request);
                Box::pin(async move {
                    let (transport, path) = (&shared.transport, method.operation);
                    let begun = async {
                        let answer = transport.open(request, path, deadline, &mut outbound).await?;
                        let wire = grpc::begun(&answer.head, answer.is_alone())?;
                        Ok((answer, wire.map(|wire| Reader::enveloped(wire, limit))))
                    };
                    (begun.await, outbound)
                })
            }
        };
        stream::open(opening, link, method.operation).await
    }
}

impl Shared {
    fn new(transport: Transport) -> Self {
        Self { transport, plans: Mutex::default() }
    }

    fn plan(&self, method: &'static MethodSpec) -> Result<Arc<http::Plan>> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = plans.get(method.operation) {
            return Ok(plan.clone());
        }
        let plan = Arc::new(http::Plan::new(method)?);
        plans.insert(method.operation, plan.clone());
        Ok(plan)
    }
}

/// A success whose message is none: the server's mistake, or another version of the contract.
fn unreadable(operation: &str, fault: &dyn std::fmt::Display) -> Error {
    Error::internal(reasons::INTERNAL, format!("the answer of {operation} cannot be read: {fault}"))
}
