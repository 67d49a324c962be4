//! What a server serves: operations, the routes to them, the middleware around them. Made once, never changed.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use http::{HeaderMap, Request};

#[cfg(feature = "ws")]
use super::cors::Cors;
use crate::call::{BoxFuture, Call, Middleware, Reply, Telling, metadata};
use crate::foreign::{Foreign, Taker, UNMATCHED};
use crate::route::Table;
use crate::server::forwarded::{TrustedProxies, client_address, seen};
use crate::service::{Handler, MethodSpec, Shape};
use crate::surface::Codec;
use crate::surface::rest::Plan;
use crate::telemetry::{self, Place, Places, Telemetry};
use crate::{Error, Result};

/// Everything that is shared by all calls.
pub(crate) struct Core {
    /// The table's operations, by index.
    pub(crate) operations: Vec<Operation>,
    pub(crate) table: Table,
    /// The outermost first.
    pub(crate) middleware: Vec<Arc<dyn Middleware>>,
    pub(crate) bounds: Bounds,
    pub(crate) telling: Telling,
    /// `log.arguments`: the request is logged too.
    pub(crate) log_arguments: bool,
    /// `server.public`: what callers say for the whole chain of calls is not believed.
    pub(crate) public: bool,
    /// `server.trusted_proxies`.
    pub(crate) trusted: TrustedProxies,
    /// `server.tls`: whether every listener speaks TLS.
    pub(crate) secure: bool,
    /// `server.cors`: the pages of other origins that may have a WebSocket.
    #[cfg(feature = "ws")]
    pub(crate) cors: Option<Cors>,
    /// What is served beside operations.
    pub(crate) foreign: Foreign,
    pub(crate) telemetry: Arc<Telemetry>,
    /// What telemetry knows of the operations, by index, and of everything else.
    pub(crate) places: Vec<Places>,
    pub(crate) others: telemetry::Foreign,
}

/// What every call is held to, as it is configured now.
pub(crate) struct Bounds {
    /// In nanoseconds; 0 is no bound.
    timeout: AtomicU64,
    max_body: AtomicUsize,
}

impl Bounds {
    pub(crate) fn new(timeout: Option<Duration>, max_body: usize) -> Self {
        let bounds = Self { timeout: AtomicU64::new(0), max_body: AtomicUsize::new(0) };
        bounds.set(timeout, max_body);
        bounds
    }

    /// What begins after this is held to these.
    pub(crate) fn set(&self, timeout: Option<Duration>, max_body: usize) {
        let timeout = timeout.unwrap_or_default().as_nanos();
        self.timeout.store(u64::try_from(timeout).unwrap_or(u64::MAX), Relaxed);
        self.max_body.store(max_body, Relaxed);
    }

    /// `server.timeout`: the longest that a unary call may take.
    #[inline]
    pub(crate) fn timeout(&self) -> Option<Duration> {
        let timeout = self.timeout.load(Relaxed);
        (timeout > 0).then(|| Duration::from_nanos(timeout))
    }

    /// `server.max_body`: the most bytes of a request's body, or of one message.
    #[inline]
    pub(crate) fn max_body(&self) -> usize {
        self.max_body.load(Relaxed)
    }
}

/// Something that is served: a method of a service, or a path of the kit's own.
pub(crate) struct Operation {
    /// `/helloworld.v1.Greeter/SayHello`.
    pub(crate) name: &'static str,
    /// `None` for a path of the kit's own.
    pub(crate) method: Option<&'static MethodSpec>,
    pub(crate) handler: Handler,
    /// The method's own upper bound.
    pub(crate) timeout: Option<Duration>,
    pub(crate) kind: Kind,
}

/// How an operation is reached.
pub(crate) enum Kind {
    /// A method. `server.timeout` holds for unary ones alone.
    Method(Shape, Plans),
    /// An HTTP request as it is, on HTTP alone.
    Raw,
}

/// How each way to an operation over HTTP is read and written.
pub(crate) struct Plans {
    pub(crate) rpc: Arc<Plan>,
    pub(crate) bindings: Vec<Arc<Plan>>,
}

impl Plans {
    pub(super) fn of(&self, binding: Option<usize>) -> &Arc<Plan> {
        binding.and_then(|binding| self.bindings.get(binding)).unwrap_or(&self.rpc)
    }
}

/// What is below the middleware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The operation of this index.
    Operation(usize),
    /// The user's routes and tonic services; unmatched paths are theirs too.
    Foreign,
    /// Nothing: the call's codec holds what is wrong.
    Refusal,
}

impl Operation {
    /// What telemetry knows of the ways to it.
    pub(crate) fn places(&self, telemetry: &Arc<Telemetry>) -> Places {
        match self.method {
            Some(method) => Places::of(telemetry, method),
            None => Places::raw(telemetry, self.name),
        }
    }
}

type Handle = dyn Fn(Call) -> BoxFuture<'static, Result<Reply>> + Send + Sync;

impl Core {
    pub(super) fn end(&self, end: End) -> &Handle {
        match end {
            End::Operation(index) => &*self.operations[index].handler,
            End::Foreign => &*self.foreign.handler,
            End::Refusal => &refuse,
        }
    }

    /// At the edge nobody outside says what flows through the whole chain of calls. Layers of the user's do: they come after.
    #[inline]
    pub(super) fn disown<B>(&self, request: &mut Request<B>) {
        if self.public {
            metadata::disown(request.headers_mut());
        }
    }

    /// By which scheme a caller came, where that is known: by a trusted proxy's word, or else by the TLS of our own socket. A
    /// plain connection may be that of a proxy that nobody has named.
    pub(super) fn scheme(
        &self,
        peer: Option<SocketAddr>,
        headers: &HeaderMap,
    ) -> Option<&'static str> {
        let told = peer.and_then(|peer| seen(peer.ip(), headers, &self.trusted).scheme);
        told.or_else(|| self.secure.then_some("https"))
    }

    /// The caller's address, where a trusted proxy tells another than the peer's.
    #[inline]
    pub(super) fn client(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let proxy = peer.filter(|_| !self.trusted.is_empty())?.ip();
        self.trusted.contains(proxy).then(|| client_address(proxy, headers, &self.trusted))
    }

    /// What the call is called, the operation or the template of the user's own route, and what telemetry knows of it.
    #[inline]
    pub(super) fn place(
        &self,
        end: End,
        binding: Option<usize>,
        codec: &Codec,
    ) -> (Cow<'static, str>, Cow<'_, Arc<Place>>) {
        let taker = match (end, codec) {
            (End::Operation(index), _) => {
                let place = self.places[index].get(binding);
                return (Cow::Borrowed(self.operations[index].name), Cow::Borrowed(place));
            }
            (End::Foreign, Codec::Raw(head)) => self.foreign.taker(head),
            _ => Taker::Nothing,
        };
        let (name, place) = match taker {
            Taker::Method(path) => {
                let place = self.others.method(&path);
                (Cow::Owned(path), place)
            }
            Taker::Route(template) => {
                let place = self.others.route(&template);
                (Cow::Owned(template), place)
            }
            Taker::Nothing => (Cow::Borrowed(UNMATCHED), self.others.route(UNMATCHED)),
        };
        (name, Cow::Owned(place))
    }
}

/// Tells what is wrong with a call that has no handler.
fn refuse(call: Call) -> BoxFuture<'static, Result<Reply>> {
    let (body, error) = match call.into_parts() {
        (_, body, _, Codec::Refused(error)) => (body, error),
        (_, body, ..) => (body, Error::route_not_found()),
    };
    Box::pin(async move {
        body.drain().await;
        Err(error)
    })
}
