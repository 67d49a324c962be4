//! A receiver of OTLP inside the test: gRPC and HTTP/protobuf on one port of loopback, kept as plain data.
//!
//! It is hyper and hand-read frames, so that nothing mends what the sender got wrong. It can also refuse, hang and die, as
//! collectors do.

mod answer;
mod data;
mod read;

pub use self::data::{
    Attributes, Export, Kind, Link, Metric, Origin, Point, Received, Record, Shape, Signal, Span,
    SpanEvent, Status, Temporality, Value,
};

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// The longest that a test waits for what it expects.
const BOUND: Duration = Duration::from_secs(20);

/// How a receiver treats what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As it should.
    Take,
    /// It says that what comes is wrong: nobody tries that again.
    Refuse,
    /// It says that it is busy: others try again.
    Busy,
    /// It reads and never answers.
    Hang,
}

/// A receiver. Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Receiver {
    addr: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

/// What connections and tests share.
#[derive(Debug)]
pub(crate) struct State {
    received: Mutex<Received>,
    /// How many exports have come, whatever became of them.
    asked: watch::Sender<usize>,
    mode: watch::Sender<Mode>,
}

impl State {
    fn received(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Receiver {
    /// Opens one on a port of its own. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let state = Arc::new(State {
            received: Mutex::default(),
            asked: watch::Sender::new(0),
            mode: watch::Sender::new(Mode::Take),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { addr, state, accepting })
    }

    /// Where it listens, for gRPC and for HTTP.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Treats what comes from now on so.
    pub fn set(&self, mode: Mode) {
        self.state.mode.send_replace(mode);
    }

    /// Closes the port and every connection, as a collector that dies; what had come is kept.
    pub async fn die(&mut self) {
        self.accepting.abort();
        // The connections are the task's own: when it has ended they have.
        let _ = (&mut self.accepting).await;
    }

    /// Everything that has come so far.
    pub fn received(&self) -> Received {
        self.state.received().clone()
    }

    /// The spans so far.
    pub fn spans(&self) -> Vec<Span> {
        self.state.received().spans.clone()
    }

    /// How many exports have been asked for so far, those that were refused or never answered included.
    pub fn asked(&self) -> usize {
        *self.state.asked.borrow()
    }

    /// Waits until that many exports have been asked for.
    ///
    /// # Panics
    /// When they are not in time.
    pub async fn wait_until_asked(&self, times: usize) {
        let mut asked = self.state.asked.subscribe();
        let enough = asked.wait_for(|asked| *asked >= times);
        if tokio::time::timeout(BOUND, enough).await.is_err() {
            panic!("{} exports of {times} were asked for in {BOUND:?}", self.asked());
        }
    }

    /// Waits until `find` finds what it looks for in everything that has come.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn wait_for<T>(&self, what: &str, find: impl Fn(&Received) -> Option<T>) -> T {
        let mut asked = self.state.asked.subscribe();
        let search = async {
            loop {
                asked.borrow_and_update();
                if let Some(found) = find(&self.state.received()) {
                    return found;
                }
                // The sender lives as long as this receiver does.
                let _ = asked.changed().await;
            }
        };
        match tokio::time::timeout(BOUND, search).await {
            Ok(found) => found,
            Err(_) => panic!("{what} has not come in {BOUND:?}: {:#?}", self.received()),
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((socket, _)) = accepted else { return };
                let state = Arc::clone(&state);
                connections.spawn(async move {
                    let service = hyper::service::service_fn(|request| {
                        answer::answer(Arc::clone(&state), request)
                    });
                    let server = auto::Builder::new(TokioExecutor::new());
                    // A sender that breaks off is what some tests are about.
                    let _ = server.serve_connection(TokioIo::new(socket), service).await;
                });
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}
