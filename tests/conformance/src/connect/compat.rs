//! What the suite's runner tells the programs under test on stdin, and reads from their stdout.

use bident::Any;
use bident::message::{self, Message};
use bident::prelude::*;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::messages::{ConformancePayload, Failure, Header};

/// More than any request of the runner has: some carry messages that are too large on purpose.
const MOST_BYTES: usize = 64 << 20;

/// Reads a message behind its length, four bytes; `None` at the end.
///
/// # Errors
/// A broken pipe, a length that nobody sends, bytes that are no such message.
pub async fn read<M: Message>(from: &mut (impl AsyncRead + Unpin)) -> bident::Result<Option<M>> {
    let mut length = [0; 4];
    if let Err(error) = from.read_exact(&mut length).await {
        let ended = error.kind() == std::io::ErrorKind::UnexpectedEof;
        return if ended { Ok(None) } else { Err(error.into()) };
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > MOST_BYTES {
        return Err(Error::bad_request("TOO_LONG", format!("a message of {length} bytes")));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).await?;
    Ok(Some(message::decode_slice(&body)?))
}

/// Writes a message behind its length.
///
/// # Errors
/// A broken pipe.
pub async fn write(
    to: &mut (impl AsyncWrite + Unpin),
    message: &impl Message,
) -> bident::Result<()> {
    let body = message::encode(message);
    let length = u32::try_from(body.len()).internal()?;
    to.write_all(&length.to_be_bytes()).await?;
    to.write_all(&body).await?;
    to.flush().await?;
    Ok(())
}

#[message(package = "connectrpc.conformance.v1")]
#[derive(Copy, Eq)]
pub enum HTTPVersion {
    #[field(name = "HTTP_VERSION_UNSPECIFIED")]
    Unspecified,
    #[field(name = "HTTP_VERSION_1")]
    One,
    #[field(name = "HTTP_VERSION_2")]
    Two,
    #[field(name = "HTTP_VERSION_3")]
    Three,
}

#[message(package = "connectrpc.conformance.v1")]
#[derive(Copy, Eq)]
pub enum Protocol {
    Unspecified,
    Connect,
    Grpc,
    GrpcWeb,
}

#[message(package = "connectrpc.conformance.v1")]
#[derive(Copy, Eq)]
pub enum Codec {
    Unspecified,
    Proto,
    Json,
    Text,
}

#[message(package = "connectrpc.conformance.v1")]
#[derive(Copy, Eq)]
pub enum Compression {
    Unspecified,
    Identity,
    Gzip,
    Br,
    Zstd,
    Deflate,
    Snappy,
}

#[message(package = "connectrpc.conformance.v1")]
#[derive(Copy, Eq)]
pub enum StreamType {
    Unspecified,
    Unary,
    ClientStream,
    ServerStream,
    HalfDuplexBidiStream,
    FullDuplexBidiStream,
}

/// A certificate and its key, in PEM.
#[message(package = "connectrpc.conformance.v1", name = "TLSCreds")]
pub struct TlsCreds {
    pub cert: Vec<u8>,
    pub key: Vec<u8>,
}

#[message(package = "connectrpc.conformance.v1")]
pub struct ServerCompatRequest {
    pub protocol: Protocol,
    pub http_version: HTTPVersion,
    #[field(4)]
    pub use_tls: bool,
    /// What clients' certificates are checked against; empty where they need none.
    pub client_tls_cert: Vec<u8>,
    /// The most bytes of a message; 0 is no bound.
    pub message_receive_limit: u32,
    pub server_creds: Option<TlsCreds>,
}

#[message(package = "connectrpc.conformance.v1")]
pub struct ServerCompatResponse {
    pub host: String,
    pub port: u32,
    pub pem_cert: Vec<u8>,
}

#[message(package = "connectrpc.conformance.v1")]
pub struct ClientCompatRequest {
    pub test_name: String,
    pub http_version: HTTPVersion,
    pub protocol: Protocol,
    pub codec: Codec,
    pub compression: Compression,
    pub host: String,
    pub port: u32,
    pub server_tls_cert: Vec<u8>,
    pub client_tls_creds: Option<TlsCreds>,
    pub message_receive_limit: u32,
    pub service: Option<String>,
    pub method: Option<String>,
    pub stream_type: StreamType,
    pub use_get_http_method: bool,
    pub request_headers: Vec<Header>,
    pub request_messages: Vec<Any>,
    pub timeout_ms: Option<u32>,
    pub request_delay_ms: u32,
    pub cancel: Option<Cancel>,
}

/// That the call is to be given up, and when.
#[message(package = "connectrpc.conformance.v1", name = "ClientCompatRequest.Cancel")]
pub struct Cancel {
    #[field(oneof)]
    pub cancel_timing: Option<CancelTiming>,
}

#[message(package = "connectrpc.conformance.v1")]
#[derive(Copy, Eq)]
pub enum CancelTiming {
    #[field(1)]
    BeforeCloseSend,
    #[field(2)]
    AfterCloseSendMs(u32),
    #[field(3)]
    AfterNumResponses(u32),
}

#[message(package = "connectrpc.conformance.v1")]
pub struct ClientCompatResponse {
    pub test_name: String,
    #[field(oneof)]
    pub result: Option<Outcome>,
}

#[message(package = "connectrpc.conformance.v1")]
pub enum Outcome {
    #[field(2)]
    Response(ClientResponseResult),
    #[field(3)]
    Error(ClientErrorResult),
}

#[message(package = "connectrpc.conformance.v1")]
pub struct ClientResponseResult {
    pub response_headers: Vec<Header>,
    pub payloads: Vec<ConformancePayload>,
    pub error: Option<Failure>,
    pub response_trailers: Vec<Header>,
    pub num_unsent_requests: i32,
}

/// Why a call was not even tried.
#[message(package = "connectrpc.conformance.v1")]
pub struct ClientErrorResult {
    pub message: String,
}
