//! The server: its own accept loop, every time limit of a connection, the drain, and the way from a request to a call.
//!
//! Nothing in here knows services or configuration: an app puts a [`Core`] together and hands it over.

mod assembly;
mod clock;
mod conn;
mod connected;
mod connections;
mod core;
mod cors;
mod dispatch;
pub(crate) mod forwarded;
mod io;
mod known;
mod layered;
mod listener;
mod outgoing;
mod sending;
mod socket;
mod state;
mod sweeper;
#[cfg(test)]
mod tests;
#[cfg(feature = "tls")]
pub(crate) mod tls;

pub(crate) use self::core::{Bounds, Core, Operation};
pub(crate) use assembly::Assembly;
pub(crate) use cors::Cors;
pub use layered::HttpService;
pub(crate) use layered::{Wrap, site, wrap};
pub(crate) use listener::{Bound, Serving, serve};
pub(crate) use outgoing::Outgoing;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};

use crate::call::{Body, BoxFuture};

/// What a listener serves.
#[derive(Clone)]
pub(crate) enum Site {
    /// Calls, through the middleware.
    Calls(Arc<Core>),
    /// Plain HTTP: the admin listener, and an app behind layers.
    Plain(Http),
}

/// What answers plain HTTP.
pub(crate) type Http =
    Arc<dyn Fn(Request<Body>) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

/// The peer of a request to a [`Site::Plain`], among its extensions.
#[derive(Debug, Clone, Copy)]
struct Peer(SocketAddr);

impl Peer {
    fn of(request: &Request<Body>) -> Option<SocketAddr> {
        request.extensions().get::<Self>().map(|peer| peer.0)
    }
}

/// What connections may do.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// From the first byte of a request, or from the connection's start, to the end of its head.
    pub(crate) header_read: Duration,
    /// How long a connection without a call is kept.
    pub(crate) idle: Duration,
    /// Connections at once; further ones wait to be accepted.
    pub(crate) max_connections: usize,
    /// Streams at once on an HTTP/2 connection.
    pub(crate) max_streams: u32,
    /// The head of a request.
    pub(crate) max_header_bytes: u32,
    /// How long an idle connection stays open once the drain has begun: a request may be on its way.
    pub(crate) linger: Duration,
    /// How old a connection gets, give or take a tenth, before it takes no further calls.
    pub(crate) max_age: Option<Duration>,
    /// How long what is under way on it may take then.
    pub(crate) age_grace: Duration,
    /// How often an HTTP/2 peer is asked whether it is still there, and how long it may take to say so.
    pub(crate) keep_alive: Option<(Duration, Duration)>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_read: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            max_connections: 10_000,
            max_streams: 200,
            max_header_bytes: 64 * 1024,
            linger: Duration::from_millis(500),
            max_age: None,
            age_grace: Duration::from_secs(30),
            keep_alive: None,
        }
    }
}
