//! Sockets: how they begin, what goes over them, and how they end.

mod ends;
mod handshake;
mod messages;

use futures_util::SinkExt as _;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Message as Sent, Role};

use super::*;

const KEY: &str = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const END: &str = "\u{1e}end";

type Socket = WebSocketStream<TcpStream>;

fn asking(path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: test\r\n{KEY}{more}\r\n")
}

impl Harness {
    async fn socket(&self, path: &str) -> Socket {
        self.socket_with(path, "").await
    }

    /// A socket whose request has these headers too.
    async fn socket_with(&self, path: &str, headers: &str) -> Socket {
        let mut client = self.raw().await;
        client.send(&asking(path, headers)).await;
        let (head, _) = client.response().await;
        assert!(head.starts_with("http/1.1 101 "), "{head}");
        assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        WebSocketStream::from_raw_socket(client.0, Role::Client, None).await
    }
}

async fn say(socket: &mut Socket, text: impl Into<String>) {
    soon(socket.send(Sent::text(text.into()))).await.unwrap();
}

async fn hear(socket: &mut Socket) -> Sent {
    soon(socket.next()).await.unwrap().unwrap()
}

async fn text_of(socket: &mut Socket) -> String {
    match hear(socket).await {
        Sent::Text(text) => text.as_str().to_owned(),
        other => panic!("no text but {other:?}"),
    }
}

/// The close that ends a socket, and nothing after it.
async fn close_of(socket: &mut Socket) -> (u16, String) {
    let Sent::Close(Some(frame)) = hear(socket).await else { panic!("no close") };
    assert!(soon(socket.next()).await.is_none());
    (frame.code.into(), frame.reason.as_str().to_owned())
}

/// An error in its control frame.
async fn error_of(socket: &mut Socket) -> serde_json::Value {
    let text = text_of(socket).await;
    serde_json::from_str(text.strip_prefix("\u{1e}error:").expect(&text)).unwrap()
}

fn inner(text: &str, n: u32) -> String {
    format!(r#"{{"id":"x","text":"","n":{n},"inner":{{"text":"{text}"}}}}"#)
}
