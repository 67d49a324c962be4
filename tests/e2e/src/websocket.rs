//! A WebSocket's frames as they are on the wire: RFC 6455, the client's side of it.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::bounded;

/// The payload of a frame at most: what is larger goes in several.
const FRAME: usize = 16 * 1024;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A socket whose handshake has been answered with 101.
#[derive(Debug)]
pub struct WebSocket {
    reader: OwnedReadHalf,
    writer: Option<OwnedWriteHalf>,
    received: Vec<u8>,
    message: Vec<u8>,
}

/// What the server says.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// A text message.
    Text(String),
    /// A close, with its code and its reason.
    Close(u16, String),
    /// The end of the connection.
    End,
}

impl WebSocket {
    /// Asks for a socket. What is sent meanwhile waits behind the request: the answer may depend on it.
    ///
    /// # Panics
    /// When nobody listens there.
    pub async fn ask(address: SocketAddr, path: &str, headers: &[(String, String)]) -> Self {
        let stream = bounded("connecting", TcpStream::connect(address)).await;
        let stream = stream.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        let (reader, mut writer) = stream.into_split();
        let mut head = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        bounded("asking", writer.write_all(head.as_bytes())).await.expect("a connection");
        Self { reader, writer: Some(writer), received: Vec::new(), message: Vec::new() }
    }

    /// The head of the answer.
    ///
    /// # Panics
    /// When the connection ends before.
    pub async fn head(&mut self) -> String {
        loop {
            if let Some(at) = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let rest = self.received.split_off(at + 4);
                let head = std::mem::replace(&mut self.received, rest);
                return String::from_utf8_lossy(&head).to_lowercase();
            }
            assert!(self.more().await, "the connection ended");
        }
    }

    /// Where frames are written. Dropped, it ends the socket.
    ///
    /// # Panics
    /// When it has been taken before.
    pub fn take_writer(&mut self) -> OwnedWriteHalf {
        self.writer.take().expect("the writer")
    }

    /// A text message as its frames, masked as a client's are.
    pub fn text(text: &str) -> Vec<u8> {
        let mut chunks = text.as_bytes().chunks(FRAME).peekable();
        let mut frames = Vec::with_capacity(text.len() + 64);
        let mut opcode = 1;
        loop {
            let chunk = chunks.next().unwrap_or_default();
            let last = chunks.peek().is_none();
            frames.push(if last { 0x80 | opcode } else { opcode });
            match u8::try_from(chunk.len()) {
                Ok(length) if length < 126 => frames.push(0x80 | length),
                _ => {
                    frames.push(0x80 | 126);
                    frames.extend((chunk.len() as u16).to_be_bytes());
                }
            }
            frames.extend(MASK);
            frames.extend(chunk.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
            if last {
                return frames;
            }
            opcode = 0;
        }
    }

    /// What the server says next.
    ///
    /// # Panics
    /// At a frame that it must not send.
    pub async fn next(&mut self) -> Said {
        loop {
            let Some((first, payload)) = self.frame() else {
                if !self.more().await {
                    return Said::End;
                }
                continue;
            };
            match first {
                0x81 | 0x80 | 0x01 | 0x00 => {
                    self.message.extend(payload);
                    if first & 0x80 != 0 {
                        let text = String::from_utf8(std::mem::take(&mut self.message));
                        return Said::Text(text.expect("UTF-8"));
                    }
                }
                0x88 => {
                    let code = payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                    let why = payload.get(2..).unwrap_or_default();
                    return Said::Close(code, String::from_utf8_lossy(why).into_owned());
                }
                // A ping: nothing here is so slow that its answer would be missed.
                0x89 => {}
                other => panic!("a frame that begins with {other:#x}"),
            }
        }
    }

    /// A frame that is whole: its first byte and its payload.
    fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let [first, short] = *self.received.first_chunk()?;
        assert_eq!(short & 0x80, 0, "a server does not mask");
        let (length, start) = match short {
            126 => (usize::from(u16::from_be_bytes(*self.received.get(2..)?.first_chunk()?)), 4),
            127 => (u64::from_be_bytes(*self.received.get(2..)?.first_chunk()?) as usize, 10),
            short => (usize::from(short), 2),
        };
        let payload = self.received.get(start..start + length)?.to_vec();
        self.received.drain(..start + length);
        Some((first, payload))
    }

    async fn more(&mut self) -> bool {
        let read = bounded("reading", self.reader.read_buf(&mut self.received)).await;
        read.is_ok_and(|count| count > 0)
    }
}
