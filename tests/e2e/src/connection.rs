//! One client connection over HTTP/1.1 or h2c, and a call that is under way on it.

use std::future::Future;
use std::net::SocketAddr;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::body::Pieces;
use crate::bounded;

/// Which HTTP a request is sent over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2 without TLS, by prior knowledge.
    H2c,
}

/// Both of them, for tests that must not depend on the wire.
pub const WIRES: [Wire; 2] = [Wire::Http1, Wire::H2c];

/// A connection. Dropping it closes the socket.
#[derive(Debug)]
pub struct Connection {
    pub(crate) address: SocketAddr,
    pub(crate) sender: Sender,
    pub(crate) driver: Driver,
}

/// The end that requests are put into.
#[derive(Debug)]
pub(crate) enum Sender {
    Http1(http1::SendRequest<Pieces>),
    H2c(http2::SendRequest<Pieces>),
}

/// The task that moves bytes; the socket is closed with it.
#[derive(Debug)]
pub(crate) struct Driver(JoinHandle<bool>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    /// Connects and, over h2c, shakes hands.
    ///
    /// # Panics
    /// When nobody listens there.
    pub async fn open(address: SocketAddr, wire: Wire) -> Self {
        bounded("connecting", async {
            let stream = TcpStream::connect(address).await.expect("a connection");
            // A head and a body in two writes would wait 40 ms for each other.
            stream.set_nodelay(true).expect("a socket");
            let io = TokioIo::new(stream);
            let (sender, driver) = match wire {
                Wire::Http1 => {
                    let (sender, connection) = http1::handshake(io).await.expect("HTTP/1.1");
                    let driver = tokio::spawn(async move { connection.await.is_ok() });
                    (Sender::Http1(sender), driver)
                }
                Wire::H2c => {
                    let (sender, connection) =
                        http2::handshake(TokioExecutor::new(), io).await.expect("h2c");
                    let driver = tokio::spawn(async move { connection.await.is_ok() });
                    (Sender::H2c(sender), driver)
                }
            };
            Self { address, sender, driver: Driver(driver) }
        })
        .await
    }

    /// Resolves when the server has closed the connection.
    ///
    /// # Panics
    /// When it stays open.
    pub async fn closed(mut self) {
        bounded("the end of a connection", &mut self.driver.0).await.expect("its task");
    }

    /// Another sender on the same h2c connection.
    ///
    /// # Panics
    /// On HTTP/1.1, which answers one call at a time.
    pub(crate) fn another(&self) -> Sender {
        match &self.sender {
            Sender::H2c(sender) => Sender::H2c(sender.clone()),
            Sender::Http1(_) => panic!("HTTP/1.1 answers one call at a time"),
        }
    }

    /// Hands the call to a task of its own.
    pub(crate) fn begin<T, F, Fut>(self, call: F) -> Pending<T>
    where
        T: Send + 'static,
        F: FnOnce(Sender, SocketAddr) -> Fut,
        Fut: Future<Output = T> + Send + 'static,
    {
        let task = tokio::spawn(call(self.sender, self.address));
        Pending { task, driver: self.driver }
    }
}

impl Sender {
    /// Sends a request; resolves with the head of its answer.
    pub(crate) async fn send(
        &mut self,
        request: Request<Pieces>,
    ) -> hyper::Result<Response<Incoming>> {
        match self {
            Self::Http1(sender) => sender.send_request(request).await,
            Self::H2c(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
        }
    }

    /// What stands before the path in the request target.
    pub(crate) fn target(&self, address: SocketAddr, path: &str) -> String {
        match self {
            Self::Http1(_) => path.to_owned(),
            Self::H2c(_) => format!("http://{address}{path}"),
        }
    }
}

/// A call that waits for its answer.
#[derive(Debug)]
pub struct Pending<T> {
    task: JoinHandle<T>,
    driver: Driver,
}

impl<T> Pending<T> {
    /// Waits for the answer.
    ///
    /// # Panics
    /// When there is none.
    pub async fn answer(self) -> T {
        bounded("an answer", self.task).await.expect("an answer")
    }

    /// Closes the socket without waiting.
    pub fn hang_up(self) {
        self.task.abort();
        drop(self.driver);
    }

    /// Gives up the call and keeps the connection: over h2c the stream is reset. The returned value holds the connection.
    #[must_use]
    pub fn give_up(self) -> impl Sized {
        self.task.abort();
        self.driver
    }
}
