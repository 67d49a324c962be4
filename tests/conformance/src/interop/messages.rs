//! The messages of `grpc.testing`, as far as the cases use them.

use bident::prelude::*;

#[message(package = "grpc.testing")]
pub struct Empty {}

/// A flag that may be absent.
#[message(package = "grpc.testing")]
pub struct BoolValue {
    pub value: bool,
}

#[message(package = "grpc.testing")]
#[derive(Copy, Eq)]
pub enum PayloadType {
    #[field(name = "COMPRESSABLE")]
    Compressable,
    #[field(other)]
    Other(i32),
}

#[message(package = "grpc.testing")]
pub struct Payload {
    pub r#type: PayloadType,
    pub body: Vec<u8>,
}

#[message(package = "grpc.testing")]
pub struct EchoStatus {
    pub code: i32,
    pub message: String,
}

#[message(package = "grpc.testing")]
pub struct SimpleRequest {
    pub response_type: PayloadType,
    pub response_size: i32,
    pub payload: Option<Payload>,
    pub fill_username: bool,
    pub fill_oauth_scope: bool,
    pub response_compressed: Option<BoolValue>,
    pub response_status: Option<EchoStatus>,
    pub expect_compressed: Option<BoolValue>,
    pub fill_server_id: bool,
}

#[message(package = "grpc.testing")]
pub struct SimpleResponse {
    pub payload: Option<Payload>,
    pub username: String,
    pub oauth_scope: String,
    pub server_id: String,
    #[field(6)]
    pub hostname: String,
}

#[message(package = "grpc.testing")]
pub struct StreamingInputCallRequest {
    pub payload: Option<Payload>,
    pub expect_compressed: Option<BoolValue>,
}

#[message(package = "grpc.testing")]
pub struct StreamingInputCallResponse {
    pub aggregated_payload_size: i32,
}

#[message(package = "grpc.testing")]
pub struct ResponseParameters {
    pub size: i32,
    /// Microseconds before this one is sent.
    pub interval_us: i32,
    pub compressed: Option<BoolValue>,
}

#[message(package = "grpc.testing")]
pub struct StreamingOutputCallRequest {
    pub response_type: PayloadType,
    pub response_parameters: Vec<ResponseParameters>,
    pub payload: Option<Payload>,
    #[field(7)]
    pub response_status: Option<EchoStatus>,
}

#[message(package = "grpc.testing")]
pub struct StreamingOutputCallResponse {
    pub payload: Option<Payload>,
}
