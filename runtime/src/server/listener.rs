//! The accept loop, the sweeper and the drain: one task per listener, which owns every connection of it.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, interval, sleep, sleep_until};

use super::conn::{self, Speech};
use super::connections::{Connections, FAREWELL};
use super::state::{Order, Phase, State};
use super::sweeper::Sweeper;
#[cfg(feature = "tls")]
use super::tls::Tls;
use super::{Limits, Site};

/// How often connections are looked at while the server drains.
const DRAIN_BEAT: Duration = Duration::from_millis(20);
/// How long a peer may be silent before the operating system asks whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// How long before the end of a drain a socket that has left HTTP is asked to close.
const LAST_WORD: Duration = Duration::from_secs(1);
/// How long tasks that were aborted may take to notice.
const ABORT: Duration = Duration::from_secs(1);
/// How long the loop waits when the process has no file descriptors left.
const BACKOFF: Duration = Duration::from_millis(100);

/// A listener that is bound and does not accept yet.
pub(crate) struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    sweeper: Sweeper,
    #[cfg(feature = "tls")]
    tls: Option<Arc<Tls>>,
}

impl Bound {
    /// Binds. Port 0 takes a free one.
    ///
    /// # Errors
    /// The operating system's, for the socket or the sweeper's thread, and those of a name that does not resolve.
    pub(crate) async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self {
            listener,
            address,
            sweeper: Sweeper::start()?,
            #[cfg(feature = "tls")]
            tls: None,
        })
    }

    /// Serves nothing but TLS.
    #[cfg(feature = "tls")]
    pub(crate) fn secured(self, tls: Arc<Tls>) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// Where it is bound.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A listener at work. Dropping it ends the loop and every connection.
pub(crate) struct Serving {
    address: SocketAddr,
    stop: Option<oneshot::Sender<Instant>>,
    task: JoinHandle<usize>,
}

/// Serves until told to drain.
pub(crate) fn serve(bound: Bound, site: Site, limits: Limits) -> Serving {
    let (stop, stopped) = oneshot::channel();
    let Bound { listener, address, sweeper, .. } = bound;
    sweeper.connections().limit(limits.clone());
    let server = Server {
        site,
        speech: Arc::new(Speech::new(&limits)),
        connections: Arc::clone(sweeper.connections()),
        _sweeper: sweeper,
        permits: Arc::new(Semaphore::new(limits.max_connections)),
        tasks: JoinSet::new(),
        limits,
        #[cfg(feature = "tls")]
        tls: bound.tls,
    };
    Serving { address, stop: Some(stop), task: tokio::spawn(server.run(listener, stopped)) }
}

impl Serving {
    /// Where it is bound.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ready once the listener has ended without having been told to. Must not be asked again, nor drained, after that.
    pub(crate) fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.task).poll(cx).map(|_| ())
    }

    /// Ends the listener as a fault of its own would.
    #[cfg(test)]
    pub(crate) fn break_off(&self) {
        self.task.abort();
    }

    /// Stops accepting, lets what is under way end for at most `within`, aborts the rest. Says how many connections were
    /// aborted.
    pub(crate) async fn drain(mut self, within: Duration) -> usize {
        if let Some(stop) = self.stop.take() {
            // The task is gone only if it was aborted, and then there is nothing left to stop.
            let _ = stop.send(Instant::now() + within);
        }
        (&mut self.task).await.unwrap_or(0)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Server {
    site: Site,
    limits: Limits,
    speech: Arc<Speech>,
    connections: Arc<Connections>,
    _sweeper: Sweeper,
    permits: Arc<Semaphore>,
    /// Ends every connection's task when the server is dropped.
    tasks: JoinSet<()>,
    #[cfg(feature = "tls")]
    tls: Option<Arc<Tls>>,
}

impl Server {
    async fn run(
        mut self,
        listener: TcpListener,
        mut stopped: oneshot::Receiver<Instant>,
    ) -> usize {
        let deadline = loop {
            tokio::select! {
                biased;
                deadline = &mut stopped => match deadline {
                    Ok(deadline) => break deadline,
                    // Whoever held the other end is gone and cannot drain any more.
                    Err(_) => return 0,
                },
                Some(_) = self.tasks.join_next() => {}
                accepted = accept(&listener, &self.permits) => match accepted {
                    Ok((socket, peer, permit)) => self.welcome(socket, peer, permit),
                    Err(error) => self.pause(&error).await,
                },
            }
        };
        self.drain(listener, deadline).await
    }

    fn welcome(&mut self, socket: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        // Answers are written whole; waiting for more to send would only delay them. A peer that vanished without a word
        // is found out even where a stream has nothing to say. Neither is worth refusing a connection for.
        let _ = socket.set_nodelay(true);
        let _ = SockRef::from(&socket).set_tcp_keepalive(&keepalive());
        let entered = self.connections.enter();
        let (speech, site) = (Arc::clone(&self.speech), self.site.clone());
        self.tasks.spawn(conn::serve(
            socket,
            #[cfg(feature = "tls")]
            self.tls.clone(),
            peer,
            entered,
            permit,
            speech,
            site,
        ));
    }

    /// A connection that broke before it was accepted concerns nobody; a lack of descriptors passes.
    async fn pause(&self, error: &io::Error) {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
        if !matches!(
            error.kind(),
            ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
        ) {
            tracing::warn!(%error, "cannot accept connections for the moment");
            sleep(BACKOFF).await;
        }
    }

    async fn drain(mut self, listener: TcpListener, deadline: Instant) -> usize {
        self.connections.start_draining();
        self.accept_waiting(listener);
        for state in self.connections.snapshot() {
            state.ask(Order::Finish);
        }
        let began = Instant::now();
        // What speaks another protocol gets a little time to say that it ends.
        let last_word = deadline - LAST_WORD.min(deadline.saturating_duration_since(began) / 2);
        let mut beat = interval(DRAIN_BEAT);
        while !self.connections.is_empty() {
            tokio::select! {
                () = sleep_until(deadline) => break,
                Some(_) = self.tasks.join_next() => {}
                _ = beat.tick() => {
                    self.connections.sweep();
                    for state in self.connections.snapshot() {
                        self.see_off(&state, began.elapsed());
                        if state.phase() == Phase::Switched && Instant::now() >= last_word {
                            state.ask(Order::Close);
                        }
                    }
                }
            }
        }
        self.abort().await
    }

    /// Closes what has nothing under way and had its time to begin something.
    fn see_off(&self, state: &State, draining: Duration) {
        // One that was accepted after the drain began has not been told yet.
        state.ask(Order::Finish);
        let grace =
            if state.http2() { FAREWELL.max(self.limits.linger) } else { self.limits.linger };
        let quiet = match state.phase() {
            Phase::Idle | Phase::Fresh => true,
            // The first bytes of HTTP/2's preface are no request.
            Phase::Reading => state.http2(),
            Phase::Active | Phase::Switched => false,
        };
        // An answer that is still being sent has until the deadline, however slow its reader is.
        let quiet = quiet && !state.blocked();
        if quiet && draining >= grace && state.age() >= grace {
            state.ask(Order::Close);
        }
    }

    /// Whoever was connected by the operating system before the stop was promised an answer.
    fn accept_waiting(&mut self, listener: TcpListener) {
        let Ok(listener) = listener.into_std() else { return };
        while let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            let Ok((socket, peer)) = listener.accept() else { return };
            if socket.set_nonblocking(true).is_ok()
                && let Ok(socket) = TcpStream::from_std(socket)
            {
                self.welcome(socket, peer, permit);
            }
        }
    }

    /// Ends what is left and waits until it has ended: HTTP/2's streams run in tasks of their own, which end when their
    /// connection has, and what the user's routes have taken over is in tasks of theirs.
    async fn abort(mut self) -> usize {
        let left = self.connections.snapshot();
        for state in &left {
            state.ask(Order::Abort);
        }
        let ended = async {
            while self.tasks.join_next().await.is_some() {}
            while !self.connections.is_empty() || left.iter().any(|state| state.calls() > 0) {
                sleep(DRAIN_BEAT).await;
            }
        };
        let _ = tokio::time::timeout(ABORT, ended).await;
        left.len()
    }
}

fn keepalive() -> TcpKeepalive {
    TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 4)
}

/// The next connection, once there may be one more.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.map_err(io::Error::other)?;
    let (socket, peer) = listener.accept().await?;
    Ok((socket, peer, permit))
}
