//! A call as its surface has it on the wire: messages in, messages out, and how it ended.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::SocketAddr;

use bytes::Bytes;
use e2e::{Duplex, Feed, WebSocket};
use tokio::io::AsyncWriteExt as _;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

use super::reader::{End, Heard, Reader, hear_socket};
use super::table::{Shape, Surface, Way};

/// The pieces that a request is sent in.
const PIECE: usize = 16 * 1024;

/// A call under way.
pub(super) struct Exchange {
    way: Way,
    shape: Shape,
    sender: Option<UnboundedSender<Bytes>>,
    connection: Connection,
    heard: VecDeque<Heard>,
    reader: Reader,
}

enum Connection {
    Http(Duplex),
    Socket(WebSocket, Writing),
}

/// The task that writes to a socket.
struct Writing(JoinHandle<()>);

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Exchange {
    /// A call whose messages come from `feed`, each as it is on the wire.
    pub(super) async fn fed(
        address: SocketAddr,
        way: Way,
        shape: Shape,
        path: &str,
        headers: &[(String, String)],
        feed: Feed,
    ) -> Self {
        let headers = [way.headers(shape), headers.to_vec()].concat();
        let connection = if way.surface == Surface::Socket {
            let mut socket = WebSocket::ask(address, path, &headers).await;
            let head = socket.head().await;
            assert!(head.starts_with("http/1.1 101 "), "{head}");
            let writer = socket.take_writer();
            Connection::Socket(socket, Writing(tokio::spawn(write(writer, feed))))
        } else {
            Connection::Http(Duplex::post(address, way.wire, path, &headers, feed).await)
        };
        let (heard, reader) = (VecDeque::new(), Reader::default());
        Self { way, shape, sender: None, connection, heard, reader }
    }

    /// A call that is told its messages by [`say`](Self::say).
    pub(super) async fn begin(
        address: SocketAddr,
        way: Way,
        shape: Shape,
        headers: &[(String, String)],
    ) -> Self {
        let (sender, feed) = Feed::channel();
        let path = way.path(shape);
        let exchange = Self::fed(address, way, shape, path, headers, feed).await;
        Self { sender: Some(sender), ..exchange }
    }

    /// Sends a message, in pieces.
    pub(super) fn say(&self, text: &str) {
        self.send(&self.way.encode(self.shape, text));
    }

    /// Sends bytes, in pieces. A call that has ended hears nothing.
    pub(super) fn send(&self, bytes: &[u8]) {
        let sender = self.sender.as_ref().expect("an open request");
        for piece in bytes.chunks(PIECE) {
            sender.send(Bytes::copy_from_slice(piece)).ok();
        }
    }

    /// There are no more messages.
    pub(super) fn finish(&mut self) {
        self.sender = None;
    }

    /// What comes next.
    pub(super) async fn hear(&mut self) -> Heard {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return heard;
            }
            assert!(!self.reader.ended, "nothing comes behind the end");
            let heard = match &mut self.connection {
                Connection::Socket(socket, _) => hear_socket(self.way, socket).await,
                Connection::Http(duplex) => {
                    let (status, headers) = duplex.head().await;
                    let head = (status, headers.clone());
                    let part = duplex.part().await;
                    self.reader.take(self.way, self.shape, &head, part)
                }
            };
            self.reader.ended |= heard.iter().any(|heard| matches!(heard, Heard::End(_)));
            self.heard.extend(heard);
        }
    }

    /// The next message.
    pub(super) async fn message(&mut self) -> String {
        match self.hear().await {
            Heard::Message(text) => text,
            Heard::End(end) => panic!("no message but {end:?}"),
        }
    }

    /// The end, which is next.
    pub(super) async fn end(&mut self) -> End {
        match self.hear().await {
            Heard::End(end) => end,
            Heard::Message(text) => panic!("one more message: {:.60}", text),
        }
    }

    /// The rest of the messages, and the end.
    pub(super) async fn rest(&mut self) -> (Vec<String>, End) {
        let mut messages = Vec::new();
        loop {
            match self.hear().await {
                Heard::Message(text) => messages.push(text),
                Heard::End(end) => return (messages, end),
            }
        }
    }

    /// Closes the socket.
    pub(super) fn hang_up(self) {
        match self.connection {
            Connection::Http(duplex) => duplex.hang_up(),
            Connection::Socket(socket, writing) => drop((socket, writing)),
        }
    }

    /// Resets the stream and keeps the connection, which the returned value holds.
    pub(super) fn give_up(self) -> impl Sized {
        match self.connection {
            Connection::Http(duplex) => duplex.give_up(),
            Connection::Socket(..) => panic!("a socket has no streams"),
        }
    }
}

/// Writes what the feed gives, then that there is no more. Holds the socket open: it is closed with the task.
async fn write(mut writer: OwnedWriteHalf, feed: Feed) {
    while let Some(bytes) = poll_fn(|cx| feed.poll(cx)).await {
        if writer.write_all(&bytes).await.is_err() {
            return;
        }
    }
    writer.write_all(&WebSocket::text("\u{1e}end")).await.ok();
    std::future::pending().await
}
