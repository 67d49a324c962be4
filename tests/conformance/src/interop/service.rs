//! `grpc.testing.TestService` as the suite describes it. `UnimplementedCall` is left out on purpose: that it is not there is
//! one of the cases.

use std::time::Duration;

use bident::prelude::*;
use bident::{Code, Error};

use super::messages::{EchoStatus, Empty, Payload, PayloadType, SimpleRequest, SimpleResponse};

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
        check(req.response_status.as_ref())?;
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
