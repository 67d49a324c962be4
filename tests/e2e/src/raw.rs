//! A bare TCP connection: for requests that no HTTP client would send, and for those it would not leave half-sent.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::bounded;

/// A connection and what it has received so far.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Raw {
    /// Connects and sends nothing.
    ///
    /// # Panics
    /// When nobody listens there.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = bounded("connecting", TcpStream::connect(address)).await;
        Self { stream: stream.expect("a connection"), received: Vec::new() }
    }

    /// Sends bytes. A server that has hung up already is none of this method's business.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        bounded("sending", self.stream.write_all(bytes.as_ref())).await.ok();
    }

    /// Reads until `mark` has been received; all that came so far, the mark included and possibly more.
    ///
    /// # Panics
    /// When the connection ends first.
    pub async fn until(&mut self, mark: &str) -> String {
        loop {
            let text = String::from_utf8_lossy(&self.received).into_owned();
            if text.contains(mark) {
                self.received.clear();
                return text;
            }
            assert!(self.more().await, "the connection ended before {mark:?}: {text:?}");
        }
    }

    /// Reads until the server closes or resets the connection: all that came.
    pub async fn to_end(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.received)
    }

    /// Whether the server has not closed the connection yet; takes in what has come, without waiting.
    pub fn is_open(&mut self) -> bool {
        loop {
            match self.stream.try_read_buf(&mut self.received) {
                Ok(0) => return false,
                Ok(_) => {}
                Err(error) => return error.kind() == std::io::ErrorKind::WouldBlock,
            }
        }
    }

    /// What has come so far, without waiting.
    pub fn received(&mut self) -> &[u8] {
        self.is_open();
        &self.received
    }

    async fn more(&mut self) -> bool {
        let read = bounded("reading", self.stream.read_buf(&mut self.received)).await;
        read.is_ok_and(|count| count > 0)
    }
}
