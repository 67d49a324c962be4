//! What a handler may know of its call, and what flows from it into outgoing calls.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use http::{Extensions, HeaderMap};

/// The call as its handler sees it. Cheap to clone; a clone keeps the call's headers alive.
#[derive(Clone)]
pub struct Context(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) operation: std::borrow::Cow<'static, str>,
    pub(crate) headers: HeaderMap,
    pub(crate) extensions: Extensions,
    pub(crate) deadline: Option<Instant>,
    pub(crate) peer: Option<SocketAddr>,
    /// What the handler adds to the answer: headers, then trailers. Most handlers never touch it.
    pub(crate) added: Mutex<Option<Box<(HeaderMap, HeaderMap)>>>,
}

impl Context {
    /// `/package.Service/Method`.
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// The request's headers, which are its metadata too.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// When the call must have ended.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    /// The socket's other end.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.0.peer
    }

    /// Values that middleware left.
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }
}

/// Resolves when the call has been given up.
pub struct Cancelled(());

/// Spawns a task that keeps the call's context: deadline and metadata flow into its outgoing calls too.
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}
