//! `connectrpc.conformance.v1`: what the suite's clients call the service with, and what they get back.

use bident::Any;
use bident::prelude::*;

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
    #[field(6)]
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
