//! `grpc.testing.TestService` as the suite describes it. `UnimplementedCall` is left out on purpose: that it is not there is
//! one of the cases.

use std::time::Duration;

use async_stream::try_stream;
use bident::prelude::*;
use bident::{Code, Error};
use futures_core::Stream;

use super::messages::{
    BoolValue, EchoStatus, Empty, Payload, PayloadType, ResponseParameters, SimpleRequest,
    SimpleResponse, StreamingInputCallRequest, StreamingInputCallResponse,
    StreamingOutputCallRequest, StreamingOutputCallResponse,
};

/// A header that comes back as a header.
const INITIAL: &str = "x-grpc-test-echo-initial";
/// A header that comes back as a trailer.
const TRAILING: &str = "x-grpc-test-echo-trailing-bin";
/// More than any case asks for.
const MOST_BYTES: usize = 16 << 20;

pub struct TestService;

#[service(package = "grpc.testing")]
impl TestService {
    #[rpc]
    async fn empty_call(&self, _req: Empty) -> Empty {
        Empty {}
    }

    #[rpc]
    async fn unary_call(&self, ctx: &Context, req: SimpleRequest) -> Result<SimpleResponse, Error> {
        echo_metadata(ctx);
        check_compression(ctx, req.expect_compressed.as_ref())?;
        check(req.response_status.as_ref())?;
        compress(ctx, req.response_compressed.as_ref());
        simple(req)
    }

    #[rpc(idempotent)]
    async fn cacheable_unary_call(
        &self,
        ctx: &Context,
        req: SimpleRequest,
    ) -> Result<SimpleResponse, Error> {
        ctx.set_header("cache-control", "max-age=60, public");
        simple(req)
    }

    #[rpc]
    async fn streaming_output_call(
        &self,
        ctx: &Context,
        req: StreamingOutputCallRequest,
    ) -> Result<impl Stream<Item = Result<StreamingOutputCallResponse, Error>> + Send, Error> {
        echo_metadata(ctx);
        check(req.response_status.as_ref())?;
        // The head of the stream has left by the time that the first answer says so.
        if asks_for_compression(&req.response_parameters) {
            ctx.set_compression(true);
        }
        Ok(try_stream! {
            for parameters in &req.response_parameters {
                let piece = piece(req.response_type, parameters).await?;
                compress(ctx, parameters.compressed.as_ref());
                yield piece;
            }
        })
    }

    #[rpc]
    async fn streaming_input_call(
        &self,
        ctx: &Context,
        mut requests: Streaming<StreamingInputCallRequest>,
    ) -> Result<StreamingInputCallResponse, Error> {
        echo_metadata(ctx);
        let mut size = 0;
        while let Some(request) = requests.next().await.transpose()? {
            check_compression(ctx, request.expect_compressed.as_ref())?;
            size += request.payload.map_or(0, |payload| payload.body.len());
        }
        let aggregated_payload_size = i32::try_from(size).internal()?;
        Ok(StreamingInputCallResponse { aggregated_payload_size })
    }

    #[rpc]
    async fn full_duplex_call(
        &self,
        ctx: &Context,
        mut requests: Streaming<StreamingOutputCallRequest>,
    ) -> impl Stream<Item = Result<StreamingOutputCallResponse, Error>> + Send {
        echo_metadata(ctx);
        try_stream! {
            while let Some(request) = requests.next().await.transpose()? {
                check(request.response_status.as_ref())?;
                for parameters in &request.response_parameters {
                    yield piece(request.response_type, parameters).await?;
                }
            }
        }
    }

    #[rpc]
    async fn half_duplex_call(
        &self,
        mut requests: Streaming<StreamingOutputCallRequest>,
    ) -> impl Stream<Item = Result<StreamingOutputCallResponse, Error>> + Send {
        try_stream! {
            let mut all = Vec::new();
            while let Some(request) = requests.next().await.transpose()? {
                all.push(request);
            }
            for request in &all {
                check(request.response_status.as_ref())?;
                for parameters in &request.response_parameters {
                    yield piece(request.response_type, parameters).await?;
                }
            }
        }
    }
}

/// One answer of a stream, in its time.
async fn piece(
    kind: PayloadType,
    parameters: &ResponseParameters,
) -> Result<StreamingOutputCallResponse, Error> {
    if let Ok(micros @ 1..) = u64::try_from(parameters.interval_us) {
        tokio::time::sleep(Duration::from_micros(micros)).await;
    }
    Ok(StreamingOutputCallResponse { payload: Some(payload(kind, parameters.size)?) })
}

fn echo_metadata(ctx: &Context) {
    if let Some(value) = ctx.header(INITIAL) {
        ctx.set_header(INITIAL, value);
    }
    if let Some(value) = ctx.binary(TRAILING) {
        ctx.set_trailer(TRAILING, value);
    }
}

/// The error that a request asks for, if it does.
fn check(status: Option<&EchoStatus>) -> Result<(), Error> {
    let Some(EchoStatus { code, message }) = status else { return Ok(()) };
    match Code::from_number(code.unsigned_abs()) {
        Code::Ok => Ok(()),
        code => Err(Error::new(code.http(), "", message.clone()).with_grpc(code).expose()),
    }
}

fn asks_for_compression(parameters: &[ResponseParameters]) -> bool {
    parameters.iter().filter_map(|one| one.compressed.as_ref()).any(|wanted| wanted.value)
}

/// Has the next answer compressed, or not, where the request says which.
fn compress(ctx: &Context, wanted: Option<&BoolValue>) {
    if let Some(wanted) = wanted {
        ctx.set_compression(wanted.value);
    }
}

/// Whether the message that was read last was compressed is to be as it says itself.
fn check_compression(ctx: &Context, expected: Option<&BoolValue>) -> Result<(), Error> {
    let compressed = ctx.request_compressed();
    match expected {
        Some(expected) if expected.value != compressed => {
            Err(Error::bad_request("", format!("compressed: {compressed}")))
        }
        _ => Ok(()),
    }
}

fn simple(req: SimpleRequest) -> Result<SimpleResponse, Error> {
    let payload = payload(req.response_type, req.response_size)?;
    let id = if req.fill_server_id { std::process::id().to_string() } else { String::new() };
    Ok(SimpleResponse { payload: Some(payload), server_id: id, ..SimpleResponse::default() })
}

fn payload(kind: PayloadType, size: i32) -> Result<Payload, Error> {
    let size = usize::try_from(size).ok().filter(|size| *size <= MOST_BYTES);
    match (kind, size) {
        (PayloadType::Compressable, Some(size)) => {
            Ok(Payload { r#type: kind, body: vec![0; size] })
        }
        (PayloadType::Other(_), _) => Err(Error::bad_request("", "no such type of payload")),
        (_, None) => Err(Error::bad_request("", "no such size of a payload")),
    }
}

/// What suites of HTTP/2 call.
pub struct Slow;

#[service(package = "grpc.testing")]
impl Slow {
    /// Answers after a while: what a peer sends right behind its request is there before the answer is.
    #[rpc(get = "/slow", post = "/slow")]
    async fn answer(&self) -> Payload {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Payload { body: vec![b'.'; 64], ..Payload::default() }
    }
}
