//! One connection from its first byte to its close.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use pin_project_lite::pin_project;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use super::connected::Connected;
use super::connections::Entered;
use super::io::{Socket, Spoken, Watched};
use super::state::{Order, Phase, State};
#[cfg(feature = "tls")]
use super::tls::{PeerIdentity, Tls};
use super::{Limits, Site};

/// How hyper speaks the two protocols; one for all connections of a server.
pub(super) struct Speech {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

impl Speech {
    pub(super) fn new(limits: &Limits) -> Self {
        let mut http1 = http1::Builder::new();
        // Every time limit is the sweeper's: hyper's own header timer is made anew for each request. Most answers are small,
        // and cheaper to send as one piece than as two. `half_close` keeps hyper from looking for the peer's end before it asks
        // a call for its answer: it would allocate a buffer for that, since the request's headers lie in the last one. `Watched`
        // looks, where a call has to wait.
        http1
            .header_read_timeout(None)
            .half_close(true)
            .max_header_size(limits.max_header_bytes as usize)
            .writev(false);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .max_concurrent_streams(limits.max_streams)
            .max_header_list_size(limits.max_header_bytes);
        if let Some((interval, timeout)) = limits.keep_alive {
            // hyper's own, with a timer for each connection: the price of asking for pings.
            http2
                .timer(TokioTimer::new())
                .keep_alive_interval(interval)
                .keep_alive_timeout(timeout);
        }
        Self { http1, http2 }
    }
}

/// Serves one connection. Ends when it is closed, by either side, or when the user's routes have taken it over.
pub(super) async fn serve(
    socket: TcpStream,
    #[cfg(feature = "tls")] tls: Option<Arc<Tls>>,
    peer: SocketAddr,
    entered: Entered,
    permit: OwnedSemaphorePermit,
    speech: Arc<Speech>,
    site: Site,
) {
    let state = &Arc::clone(&entered.state);
    #[cfg(feature = "tls")]
    let (socket, identity) = match tls {
        None => (Socket::Plain(socket), None),
        Some(tls) => match secured(tls, socket, state, peer).await {
            Some(secured) => secured,
            None => return,
        },
    };
    #[cfg(not(feature = "tls"))]
    let socket = Socket::Plain(socket);
    let mut io = Watched::new(socket, entered, permit);
    let Some(Ok(Some(spoken))) = before(state, |cx| io.poll_sniff(cx)).await else { return };
    let service = Connected::new(site, Arc::clone(state), peer);
    #[cfg(feature = "tls")]
    let service = service.identified(identity);
    let io = TokioIo::new(io);
    // How a connection ends is its peer's affair as much as ours; the calls on it have their own records.
    let _ = match spoken {
        Spoken::Http1 => {
            let connection = speech.http1.serve_connection(io, service).with_upgrades();
            let ended = Driven::new(connection, state).await;
            if state.switched().is_some() {
                state.set_phase(Phase::Switched);
            }
            ended
        }
        Spoken::Http2 => {
            let connection = speech.http2.serve_connection(io, service);
            Driven::new(connection, state).await
        }
    };
}

/// Waits for what comes before the first request. `None` where the sweeper wants the connection closed first: before
/// anything has begun, every such order means the same.
async fn before<T>(
    state: &Arc<State>,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>,
) -> Option<io::Result<T>> {
    poll_fn(|cx| {
        state.register(cx.waker());
        match poll(cx) {
            Poll::Pending if state.order() >= Order::Close => Poll::Ready(None),
            polled => polled.map(Some),
        }
    })
    .await
}

/// The socket behind its handshake, and who is at its other end. A connection that only listened to the handshake so far
/// is as silent as one that has said nothing, and has no longer.
#[cfg(feature = "tls")]
async fn secured(
    tls: Arc<Tls>,
    socket: TcpStream,
    state: &Arc<State>,
    peer: SocketAddr,
) -> Option<(Socket, Option<PeerIdentity>)> {
    // Boxed, because a connection's task keeps room for all that it ever waits for.
    let mut handshake = Box::pin(async move { tls.accept(socket).await });
    match before(state, |cx| handshake.as_mut().poll(cx)).await {
        Some(Ok(stream)) => {
            let certificates = stream.get_ref().1.peer_certificates();
            let identity = certificates.and_then(PeerIdentity::of);
            Some((Socket::Tls(Box::new(stream)), identity))
        }
        Some(Err(error)) => {
            tracing::debug!(%peer, %error, "a TLS handshake failed");
            None
        }
        None => {
            tracing::debug!(%peer, "a TLS handshake did not end in time");
            None
        }
    }
}

/// What both of hyper's connections can do.
trait Connection: Future<Output = hyper::Result<()>> {
    /// HTTP/2's calls run in tasks of their own, all of which wake this one.
    const MANY: bool;

    fn finish(self: Pin<&mut Self>);
}

type Io = TokioIo<Watched>;

impl Connection for http1::UpgradeableConnection<Io, Connected> {
    const MANY: bool = false;

    /// Nothing to do: while the server drains each answer says `connection: close`, and the sweeper closes what is idle.
    fn finish(self: Pin<&mut Self>) {}
}

impl Connection for http2::Connection<Io, Connected, TokioExecutor> {
    const MANY: bool = true;

    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

pin_project! {
    /// A connection that follows the sweeper's orders, and gives way to its own streams.
    struct Driven<'a, C> {
        #[pin]
        connection: C,
        state: &'a State,
        waker: Option<Waker>,
        gave_way: bool,
        finishing: bool,
    }
}

impl<'a, C: Connection> Driven<'a, C> {
    fn new(connection: C, state: &'a Arc<State>) -> Self {
        let waker = (!C::MANY).then(|| Waker::from(Arc::clone(state)));
        Self { connection, state, waker, gave_way: false, finishing: false }
    }
}

impl<C: Connection> Future for Driven<'_, C> {
    type Output = hyper::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // A stream that is ready wakes this task, and tokio would run it next, so that it flushed after nearly every
        // answer. Going to the back of the queue once lets all streams that are ready share one write.
        if C::MANY && !*this.gave_way && this.state.calls() >= 2 {
            *this.gave_way = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        *this.gave_way = false;
        // What wakes a connection of HTTP/1.1 goes through its state.
        let cx = &mut Context::from_waker(this.waker.as_ref().unwrap_or(cx.waker()));
        // The connection goes first: a request that has arrived before the order is served.
        if let Poll::Ready(ended) = this.connection.as_mut().poll(cx) {
            return Poll::Ready(ended);
        }
        match this.state.order() {
            Order::None => Poll::Pending,
            Order::Finish => {
                if !std::mem::replace(this.finishing, true) {
                    this.connection.as_mut().finish();
                    return this.connection.poll(cx);
                }
                Poll::Pending
            }
            Order::Close if this.state.phase() == Phase::Active => {
                this.state.forgive();
                Poll::Pending
            }
            Order::Close | Order::Abort => Poll::Ready(Ok(())),
        }
    }
}
