//! `connectrpc.conformance.v1`: what the suite's clients call the service with, and what they get back.

use bident::Any;
use bident::prelude::*;

use super::compat::Compression;

#[message(package = "connectrpc.conformance.v1")]
pub struct Header {
    pub name: String,
    pub value: Vec<String>,
}

#[message(package = "connectrpc.conformance.v1")]
#[derive(Copy, Eq)]
pub enum Code {
    Unspecified,
    Canceled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

impl Code {
    /// By their numbers.
    pub const ALL: [Self; 17] = [
        Self::Unspecified,
        Self::Canceled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];
}

#[message(package = "connectrpc.conformance.v1", name = "Error")]
pub struct Failure {
    pub code: Code,
    pub message: Option<String>,
    pub details: Vec<Any>,
}

/// What a method with one answer is to answer with.
#[message(package = "connectrpc.conformance.v1")]
pub struct UnaryResponseDefinition {
    pub response_headers: Vec<Header>,
    #[field(oneof)]
    pub response: Option<Response>,
    #[field(4)]
    pub response_trailers: Vec<Header>,
    pub raw_response: Option<RawHttpResponse>,
    pub response_delay_ms: u32,
}

#[message(package = "connectrpc.conformance.v1")]
pub enum Response {
    #[field(2)]
    ResponseData(Vec<u8>),
    #[field(3)]
    Error(Failure),
}

/// What a method with a stream of answers is to answer with.
#[message(package = "connectrpc.conformance.v1")]
pub struct StreamResponseDefinition {
    pub response_headers: Vec<Header>,
    pub response_data: Vec<Vec<u8>>,
    pub response_delay_ms: u32,
    pub error: Option<Failure>,
    pub response_trailers: Vec<Header>,
    pub raw_response: Option<RawHttpResponse>,
}

/// An answer as it is to stand on the wire: what the suite's own server sends to a client under test.
#[message(package = "connectrpc.conformance.v1", name = "RawHTTPResponse")]
pub struct RawHttpResponse {
    pub status_code: u32,
    pub headers: Vec<Header>,
    #[field(oneof)]
    pub body: Option<RawBody>,
    #[field(5)]
    pub trailers: Vec<Header>,
}

#[message(package = "connectrpc.conformance.v1")]
pub enum RawBody {
    #[field(3)]
    Unary(MessageContents),
    #[field(4)]
    Stream(StreamContents),
}

#[message(package = "connectrpc.conformance.v1")]
pub struct MessageContents {
    #[field(oneof)]
    pub data: Option<Contents>,
    #[field(4)]
    pub compression: Compression,
}

#[message(package = "connectrpc.conformance.v1")]
pub enum Contents {
    #[field(1)]
    Binary(Vec<u8>),
    #[field(2)]
    Text(String),
    #[field(3)]
    BinaryMessage(Any),
}

#[message(package = "connectrpc.conformance.v1")]
pub struct StreamContents {
    pub items: Vec<StreamItem>,
}

#[message(package = "connectrpc.conformance.v1", name = "StreamContents.StreamItem")]
pub struct StreamItem {
    pub flags: u32,
    pub length: Option<u32>,
    pub payload: Option<MessageContents>,
}

#[message(package = "connectrpc.conformance.v1")]
pub struct UnaryRequest {
    pub response_definition: Option<UnaryResponseDefinition>,
    pub request_data: Vec<u8>,
}

#[message(package = "connectrpc.conformance.v1")]
pub struct UnaryResponse {
    pub payload: Option<ConformancePayload>,
}

#[message(package = "connectrpc.conformance.v1")]
pub struct IdempotentUnaryRequest {
    pub response_definition: Option<UnaryResponseDefinition>,
    pub request_data: Vec<u8>,
}

#[message(package = "connectrpc.conformance.v1")]
pub struct IdempotentUnaryResponse {
    pub payload: Option<ConformancePayload>,
}

#[message(package = "connectrpc.conformance.v1")]
pub struct ServerStreamRequest {
    pub response_definition: Option<StreamResponseDefinition>,
    pub request_data: Vec<u8>,
}

#[message(package = "connectrpc.conformance.v1")]
pub struct ServerStreamResponse {
    pub payload: Option<ConformancePayload>,
}

#[message(package = "connectrpc.conformance.v1")]
pub struct ClientStreamRequest {
    pub response_definition: Option<UnaryResponseDefinition>,
    pub request_data: Vec<u8>,
}

#[message(package = "connectrpc.conformance.v1")]
pub struct ClientStreamResponse {
    pub payload: Option<ConformancePayload>,
}

#[message(package = "connectrpc.conformance.v1")]
pub struct BidiStreamRequest {
    pub response_definition: Option<StreamResponseDefinition>,
    pub full_duplex: bool,
    pub request_data: Vec<u8>,
}

#[message(package = "connectrpc.conformance.v1")]
pub struct BidiStreamResponse {
    pub payload: Option<ConformancePayload>,
}

#[message(package = "connectrpc.conformance.v1")]
pub struct UnimplementedRequest {}

#[message(package = "connectrpc.conformance.v1")]
pub struct UnimplementedResponse {}

#[message(package = "connectrpc.conformance.v1")]
pub struct ConformancePayload {
    pub data: Vec<u8>,
    pub request_info: Option<RequestInfo>,
}

/// What the server saw of the request so far.
#[message(package = "connectrpc.conformance.v1", name = "ConformancePayload.RequestInfo")]
pub struct RequestInfo {
    pub request_headers: Vec<Header>,
    pub timeout_ms: Option<i64>,
    pub requests: Vec<Any>,
    pub connect_get_info: Option<ConnectGetInfo>,
}

#[message(package = "connectrpc.conformance.v1", name = "ConformancePayload.ConnectGetInfo")]
pub struct ConnectGetInfo {
    pub query_params: Vec<Header>,
}
