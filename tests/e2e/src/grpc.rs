//! gRPC calls as they are on the wire: hand-made frames each way, and the status with its details.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::{Buf as _, Bytes, BytesMut};
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use prost::Message;

use crate::body::Pieces;
use crate::bounded;
use crate::connection::{Connection, Pending, Sender, Wire};

/// One call in the making.
#[derive(Debug, Clone)]
pub struct GrpcCall {
    path: String,
    headers: Vec<(String, String)>,
    body: Pieces,
}

/// A message with its prefix of five bytes.
///
/// # Panics
/// When the message is larger than 4 GiB.
pub fn frame(message: &[u8]) -> Bytes {
    let mut frame = vec![0];
    frame.extend_from_slice(&u32::try_from(message.len()).expect("a length").to_be_bytes());
    frame.extend_from_slice(message);
    frame.into()
}

/// Calls a unary method.
pub async fn grpc(address: SocketAddr, path: &str, message: &impl Message) -> GrpcAnswer {
    GrpcCall::new(path, message).send(address).await
}

/// Calls a unary method with request headers.
///
/// # Panics
/// When there is no answer, or it is none of gRPC.
pub async fn grpc_with(
    address: SocketAddr,
    path: &str,
    message: &impl Message,
    headers: &[(&str, &str)],
) -> GrpcAnswer {
    let call = GrpcCall::new(path, message);
    headers.iter().fold(call, |call, (name, value)| call.header(name, value)).send(address).await
}

impl GrpcCall {
    /// One message.
    pub fn new(path: &str, message: &impl Message) -> Self {
        Self::bytes(path, frame(&message.encode_to_vec()))
    }

    /// Any bytes as the body, whether they are frames or not.
    pub fn bytes(path: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![
            ("content-type".to_owned(), "application/grpc".to_owned()),
            ("te".to_owned(), "trailers".to_owned()),
        ];
        let body = Pieces { sized: false, ..Pieces::whole(body.into()) };
        Self { path: path.to_owned(), headers, body }
    }

    /// The body in pieces, each sent as data of its own.
    pub fn pieces<B: Into<Bytes>>(path: &str, pieces: impl IntoIterator<Item = B>) -> Self {
        let mut call = Self::bytes(path, Bytes::new());
        call.body.pieces = pieces.into_iter().map(Into::into).collect();
        call
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if name == "content-type" {
            self.headers.retain(|(other, _)| other != name);
        }
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends the call and reads the whole answer.
    ///
    /// # Panics
    /// When there is no answer, or it is none of gRPC.
    pub async fn send(&self, address: SocketAddr) -> GrpcAnswer {
        let mut connection = Connection::open(address, Wire::H2c).await;
        self.send_on(&mut connection).await
    }

    /// Sends the call on a connection that stays open.
    ///
    /// # Panics
    /// When there is no answer, or it is none of gRPC.
    pub async fn send_on(&self, connection: &mut Connection) -> GrpcAnswer {
        let exchange = self.exchange(&mut connection.sender, connection.address);
        bounded(&self.path, exchange).await
    }

    /// Sends the call; the answer may be waited for or not.
    pub async fn begin(self, address: SocketAddr) -> Pending<GrpcAnswer> {
        let connection = Connection::open(address, Wire::H2c).await;
        connection.begin(move |mut sender, address| async move {
            self.exchange(&mut sender, address).await
        })
    }

    /// Sends the call as one more stream of a connection, without waiting for an answer.
    pub fn begin_on(self, connection: &Connection) -> tokio::task::JoinHandle<GrpcAnswer> {
        let (mut sender, address) = (connection.another(), connection.address);
        tokio::spawn(async move { self.exchange(&mut sender, address).await })
    }

    /// Sends the call and waits for the head of the answer only.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn open(&self, address: SocketAddr) -> Streamed {
        let mut connection = Connection::open(address, Wire::H2c).await;
        let request = self.request(&connection.sender, address);
        let sent = bounded(&self.path, connection.sender.send(request)).await;
        let (head, body) = sent.expect("an answer").into_parts();
        Streamed {
            headers: head.headers,
            body,
            buffer: BytesMut::new(),
            trailers: None,
            connection,
        }
    }

    fn request(&self, sender: &Sender, address: SocketAddr) -> Request<Pieces> {
        let mut request = Request::post(sender.target(address, &self.path));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(self.body.clone()).expect("a request")
    }

    async fn exchange(&self, sender: &mut Sender, address: SocketAddr) -> GrpcAnswer {
        let request = self.request(sender, address);
        let (head, body) = sender.send(request).await.expect("an answer").into_parts();
        let body = body.collect().await.expect("a whole body");
        let trailers = body.trailers().cloned();
        GrpcAnswer::new(head.status.as_u16(), head.headers, trailers, body.to_bytes())
    }
}

/// An answer of which the head has come and messages may follow.
#[derive(Debug)]
pub struct Streamed {
    /// The headers.
    pub headers: HeaderMap,
    body: Incoming,
    buffer: BytesMut,
    trailers: Option<HeaderMap>,
    connection: Connection,
}

impl Streamed {
    /// The next message, or `None` at the end of the stream.
    ///
    /// # Panics
    /// When the stream breaks off or nothing comes in time.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(message) = self.buffered() {
                return Some(message);
            }
            let part = bounded("a message", self.body.frame()).await?.expect("an unbroken stream");
            match part.into_data() {
                Ok(data) => self.buffer.extend_from_slice(&data),
                Err(other) => self.trailers = other.into_trailers().ok(),
            }
        }
    }

    fn buffered(&mut self) -> Option<Bytes> {
        let prefix = self.buffer.get(1..5)?;
        let length = u32::from_be_bytes(prefix.try_into().ok()?) as usize;
        if self.buffer.len() < 5 + length {
            return None;
        }
        self.buffer.advance(5);
        Some(self.buffer.split_to(length).freeze())
    }

    /// The rest of the messages and the status.
    pub async fn end(mut self) -> GrpcAnswer {
        let mut frames = BytesMut::new();
        while let Some(message) = self.next().await {
            frames.extend_from_slice(&frame(&message));
        }
        GrpcAnswer::new(200, self.headers, self.trailers, frames.freeze())
    }

    /// Closes the socket in the middle of the stream.
    pub fn hang_up(self) {
        drop(self.connection);
    }

    /// Resets the stream and keeps the connection, which the returned value holds.
    #[must_use]
    pub fn give_up(self) -> impl Sized {
        drop(self.body);
        self.connection
    }
}

/// How a gRPC call was answered.
#[derive(Debug)]
pub struct GrpcAnswer {
    /// The HTTP status, which is 200 for every gRPC answer.
    pub http_status: u16,
    /// `grpc-status`.
    pub status: i32,
    /// `grpc-message`, percent-decoded.
    pub message: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The trailers; the headers where there was no body.
    pub trailers: HeaderMap,
    /// The messages, without their prefixes.
    pub messages: Vec<Bytes>,
}

impl GrpcAnswer {
    fn new(http_status: u16, headers: HeaderMap, trailers: Option<HeaderMap>, body: Bytes) -> Self {
        let trailers = trailers.unwrap_or_else(|| headers.clone());
        let text =
            |name| trailers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let status = text("grpc-status").parse();
        let status = status.unwrap_or_else(|_| panic!("no status in {headers:?}, {trailers:?}"));
        let message = percent_decoded(text("grpc-message"));
        Self { http_status, status, message, headers, messages: frames(body), trailers }
    }

    /// The one message of a good answer.
    ///
    /// # Panics
    /// When the call failed or there is not exactly one message.
    pub fn decode<M: Message + Default>(&self) -> M {
        assert_eq!((self.status, self.messages.len()), (0, 1), "{self:?}");
        M::decode(self.messages[0].clone()).expect("the reply")
    }

    /// A header's value; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A trailer's value; empty where there is none.
    pub fn trailer(&self, name: &str) -> &str {
        self.trailers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The status and the reason of an error.
    pub fn failure(&self) -> (i32, String) {
        (self.status, self.error_info().reason)
    }

    /// The bytes that came with the status; empty where there are none.
    ///
    /// # Panics
    /// When they are not base64.
    pub fn details(&self) -> Vec<u8> {
        let details = self.trailer("grpc-status-details-bin").trim_end_matches('=');
        STANDARD_NO_PAD.decode(details).expect("base64")
    }

    /// Reason, domain and metadata of the `google.rpc.ErrorInfo` that came with the status.
    ///
    /// # Panics
    /// When the details are not a status with one `ErrorInfo`.
    pub fn error_info(&self) -> ErrorInfo {
        let details = self.details();
        assert!(!details.is_empty(), "no details: {self:?}");
        let status = Status::decode(&*details).expect("google.rpc.Status");
        assert_eq!((status.code, status.details.len()), (self.status, 1));
        assert_eq!(status.message, self.message);
        assert_eq!(status.details[0].type_url, "type.googleapis.com/google.rpc.ErrorInfo");
        ErrorInfo::decode(&*status.details[0].value).expect("google.rpc.ErrorInfo")
    }
}

/// What the trailers of gRPC say, wherever they were found: the status, and the `google.rpc.ErrorInfo` among its details.
///
/// # Panics
/// When there is no status, or when its details cannot be read.
pub fn trailers_say(trailers: &HeaderMap) -> (String, Option<ErrorInfo>) {
    let text = |name| trailers.get(name).and_then(|value| value.to_str().ok());
    let status = text("grpc-status").unwrap_or_else(|| panic!("no status in {trailers:?}"));
    let details = text("grpc-status-details-bin").map(|details| {
        let details = STANDARD_NO_PAD.decode(details.trim_end_matches('=')).expect("base64");
        let details = Status::decode(&*details).expect("google.rpc.Status").details;
        let known = details.iter().find(|detail| detail.type_url.ends_with(".ErrorInfo"));
        ErrorInfo::decode(&*known.expect("an ErrorInfo").value).expect("google.rpc.ErrorInfo")
    });
    (status.to_owned(), details)
}

fn frames(mut bytes: Bytes) -> Vec<Bytes> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let prefix = bytes.split_to(5);
        assert_eq!(prefix[0], 0, "no compression was agreed on");
        let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
        frames.push(bytes.split_to(length));
    }
    frames
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        bytes.push(u8::from_str_radix(&rest[at + 1..at + 3], 16).expect("an escape"));
        rest = &rest[at + 3..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).expect("UTF-8")
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// `google.rpc.ErrorInfo`.
#[derive(Clone, PartialEq, Message)]
pub struct ErrorInfo {
    /// The reason.
    #[prost(string, tag = "1")]
    pub reason: String,
    /// Whose reason it is.
    #[prost(string, tag = "2")]
    pub domain: String,
    /// The metadata.
    #[prost(btree_map = "string, string", tag = "3")]
    pub metadata: std::collections::BTreeMap<String, String>,
}
