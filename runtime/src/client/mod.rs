//! Calls to other services: one client for both prongs, to a fixed address.
//!
//! The typed clients that `#[service]` generates stand on [`Client`]. A call takes along what the call being handled
//! carries: its deadline, its `x-md-global-*` metadata and its trace. Discovery, balancing and retries are not done
//! here.

mod flow;
mod grpc;
mod http;
mod path;
mod query;
mod target;
#[cfg(test)]
mod tests;
mod transport;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use self::flow::Options;
use self::target::Target;
use self::transport::Transport;
use crate::call::{self, Protocol, Reply};
use crate::error::{CallError, reasons};
use crate::message::{self, Fault, Message};
use crate::service::{MethodSpec, Outcome};
use crate::{Error, Result};

/// The largest answer that is read, as servers bound requests.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

const AGENT: &str = concat!("bident/", env!("CARGO_PKG_VERSION"));

/// The service at one address. Cheap to clone; clones share connections.
///
/// A call ends by its deadline: the one given with [`Client::with_deadline`], else that of the call being handled, else
/// ten seconds after its start. Answers above 4 MiB are refused.
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
    /// A client of the service at `target`: `grpc://host:port`, `http://host[:port]`, or `host:port`, which is gRPC.
    ///
    /// Connects with the first call, and again whenever the connection is gone. An attempt to connect ends after five
    /// seconds.
    ///
    /// # Errors
    /// A target that is none of these.
    pub async fn connect(target: impl AsRef<str>) -> Result<Self> {
        let target = Target::parse(target.as_ref())?;
        let shared = Shared { transport: Transport::new(target), plans: Mutex::default() };
        Ok(Self { shared: Arc::new(shared), options: Options::default() })
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

    /// Calls a unary method.
    ///
    /// # Errors
    /// The method's own reason, or whatever else the call failed with: `UNAVAILABLE` (503) where the service cannot be
    /// reached or went away, `DEADLINE_EXCEEDED` (504) where it took too long, `INTERNAL` (500) where its answer cannot be
    /// read, `BODY_TOO_LARGE` where that is above 4 MiB. A call that has been sent is not tried again.
    pub async fn unary<Req, Out>(
        &self,
        method: &'static MethodSpec,
        request: Req,
    ) -> Result<Out::Message, CallError<Out::Error>>
    where
        Req: Message,
        Out: Outcome,
    {
        self.unary_reply::<Req, Out>(method, request).await.map(Reply::into_inner)
    }

    /// Calls a unary method and keeps the metadata of its reply: headers and trailers, without those of the transport.
    ///
    /// # Errors
    /// As [`Client::unary`].
    pub async fn unary_reply<Req, Out>(
        &self,
        method: &'static MethodSpec,
        request: Req,
    ) -> Result<Reply<Out::Message>, CallError<Out::Error>>
    where
        Req: Message,
        Out: Outcome,
    {
        self.call(method, request).await.map_err(CallError::from_error)
    }

    async fn call<Req: Message, Rep: Message>(
        &self,
        method: &'static MethodSpec,
        request: Req,
    ) -> Result<Reply<Rep>> {
        let (deadline, headers) = self.options.outgoing(call::current().as_ref())?;
        let deadline = deadline.into();
        let transport = &self.shared.transport;
        let (answer, message) = match transport.target().protocol {
            Protocol::Grpc => {
                let request = grpc::request(headers, message::encode_framed(&request)?);
                let mut answer =
                    transport.exchange(request, method.operation, deadline, MAX_ANSWER).await?;
                let message = message::decode(grpc::message(&mut answer)?)
                    .map_err(|fault| unreadable(method.operation, &fault))?;
                (answer, message)
            }
            Protocol::Http => {
                let plan = self.shared.plan(method)?;
                let (path, request) = plan.request(&request, headers)?;
                let mut answer = transport.exchange(request, &path, deadline, MAX_ANSWER).await?;
                let message = plan.message(&answer)?;
                http::take_trailers(&mut answer);
                (answer, message)
            }
        };
        let mut reply = Reply::new(message);
        reply.meta.status = Some(answer.head.status);
        let beside = reply.meta.beside();
        beside.headers = flow::answered(answer.head.headers);
        beside.trailers = flow::answered(answer.trailers);
        Ok(reply)
    }
}

impl Shared {
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
fn unreadable(operation: &str, fault: &Fault) -> Error {
    Error::internal(reasons::INTERNAL, format!("the answer of {operation} cannot be read: {fault}"))
}
