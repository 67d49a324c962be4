//! gRPC's interoperability suite: our generated client against the server of grpc-go.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use async_stream::stream;
use bident::client::Client;
use bident::prelude::*;
use bident::service::Service as _;
use bident::{Code, Error};
use conformance::interop::messages::{
    EchoStatus, Empty, Payload, ResponseParameters, SimpleRequest, SimpleResponse,
    StreamingInputCallRequest, StreamingOutputCallRequest, StreamingOutputCallResponse,
};
use conformance::interop::{TestService, TestServiceClient};
use support::outside;
use support::process::Process;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::run::tell;

/// Longer than any case takes on a busy machine.
const BOUND: Duration = Duration::from_secs(60);

const REQUEST_SIZES: [usize; 4] = [27_182, 8, 1_828, 45_904];
const RESPONSE_SIZES: [i32; 4] = [31_415, 9, 2_653, 58_979];

const INITIAL: (&str, &str) = ("x-grpc-test-echo-initial", "test_initial_metadata_value");
const TRAILING: (&str, [u8; 6]) =
    ("x-grpc-test-echo-trailing-bin", [0x0a, 0x0b, 0x0a, 0x0b, 0x0a, 0x0b]);
/// The same as it comes back.
const TRAILING_BASE64: &str = "CgsKCwoL";

/// What no server has, for a client to call.
#[service(package = "grpc.testing")]
pub trait UnimplementedService {
    #[rpc]
    async fn unimplemented_call(&self, req: Empty) -> Result<Empty, Error>;
}

/// The method that the test service leaves out.
mod left_out {
    use super::*;

    #[service(package = "grpc.testing")]
    pub trait TestService {
        #[rpc]
        async fn unimplemented_call(&self, req: Empty) -> Result<Empty, Error>;
    }
}

async fn go_server() -> Result<Process> {
    // It says where it listens in its log only.
    let mut command = Command::new("sh");
    command.args(["-c", "exec grpc-interop-server -port 0 2>&1"]);
    command.env("GRPC_GO_LOG_SEVERITY_LEVEL", "info");
    Process::start(command).await
}

#[tokio::test]
async fn every_case_of_our_client_against_grpc_go() -> Result<()> {
    if !outside::has("grpc-interop-server", &["-help"]) {
        return Ok(());
    }
    let server = go_server().await?;
    let target = format!("grpc://127.0.0.1:{}", server.addr().port());
    let client = TestServiceClient::connect(&target).await?;
    let mut passed = 0;
    macro_rules! cases {
        ($($case:ident($($argument:expr),*);)*) => {$(
            timeout(BOUND, $case($($argument),*))
                .await
                .context(stringify!($case))?
                .context(stringify!($case))?;
            passed += 1;
        )*};
    }
    cases! {
        empty_unary(&client);
        large_unary(&client);
        client_streaming(&client);
        server_streaming(&client);
        ping_pong(&client);
        empty_stream(&client);
        timeout_on_sleeping_server(&client);
        cancel_after_begin(&client);
        cancel_after_first_response(&client);
        custom_metadata_unary(&target);
        custom_metadata_stream(&client);
        status_code_and_message(&client);
        special_status_message(&client);
        unimplemented_method(&target);
        unimplemented_service(&target);
    }
    tell(&format!("our client against grpc-go's interop server: {passed} cases passed"));
    Ok(())
}

fn zeros(size: usize) -> Option<Payload> {
    Some(Payload { body: vec![0; size], ..Payload::default() })
}

fn asking(sizes: &[i32], with: usize) -> StreamingOutputCallRequest {
    let parameters =
        sizes.iter().map(|size| ResponseParameters { size: *size, ..Default::default() });
    StreamingOutputCallRequest {
        response_parameters: parameters.collect(),
        payload: zeros(with),
        ..Default::default()
    }
}

/// A request stream that is fed by hand, and ends when the sender is dropped.
fn fed<T: Send + 'static>() -> (mpsc::Sender<T>, Streaming<T>) {
    let (sender, mut receiver) = mpsc::channel(1);
    let requests = stream! {
        while let Some(request) = receiver.recv().await {
            yield request;
        }
    };
    (sender, Streaming::of(requests))
}

type Replies = Streaming<StreamingOutputCallResponse, CallError<Error>>;

/// The size of the next reply's payload; `None` at the end.
async fn next_size(replies: &mut Replies) -> Result<Option<usize>> {
    let reply = replies.next().await.transpose().map_err(Error::from)?;
    Ok(reply.map(|reply| reply.payload.map_or(0, |payload| payload.body.len())))
}

async fn empty_unary(client: &TestServiceClient) -> Result<()> {
    client.empty_call(Empty {}).await.map_err(Error::from)?;
    Ok(())
}

async fn large_unary(client: &TestServiceClient) -> Result<()> {
    let request = SimpleRequest {
        response_size: 314_159,
        payload: zeros(271_828),
        ..SimpleRequest::default()
    };
    let reply = client.unary_call(request).await?;
    ensure!(reply.payload == zeros(314_159));
    Ok(())
}

async fn client_streaming(client: &TestServiceClient) -> Result<()> {
    let request = |size| StreamingInputCallRequest { payload: zeros(size), ..Default::default() };
    let reply =
        client.streaming_input_call(REQUEST_SIZES.map(request).into_iter().collect()).await?;
    ensure!(reply.aggregated_payload_size == 74_922, "{reply:?}");
    Ok(())
}

async fn server_streaming(client: &TestServiceClient) -> Result<()> {
    let mut replies = client.streaming_output_call(asking(&RESPONSE_SIZES, 0)).await?;
    for size in RESPONSE_SIZES {
        ensure!(next_size(&mut replies).await? == Some(usize::try_from(size)?));
    }
    ensure!(next_size(&mut replies).await?.is_none());
    Ok(())
}

async fn ping_pong(client: &TestServiceClient) -> Result<()> {
    let (sender, requests) = fed();
    // The server sends no headers before its first reply.
    let mut replies = client.full_duplex_call(requests).await?;
    for (request, response) in REQUEST_SIZES.into_iter().zip(RESPONSE_SIZES) {
        sender.send(asking(&[response], request)).await?;
        ensure!(next_size(&mut replies).await? == Some(usize::try_from(response)?));
    }
    drop(sender);
    ensure!(next_size(&mut replies).await?.is_none());
    Ok(())
}

async fn empty_stream(client: &TestServiceClient) -> Result<()> {
    let mut replies = client.full_duplex_call(Vec::new().into_iter().collect()).await?;
    ensure!(next_size(&mut replies).await?.is_none());
    Ok(())
}

async fn timeout_on_sleeping_server(client: &TestServiceClient) -> Result<()> {
    let hurried = client.clone().with_deadline(Duration::from_millis(1));
    let (sender, requests) = fed();
    // Nothing is asked for, so that nothing comes.
    sender.send(asking(&[], 27_182)).await?;
    let ended = match hurried.full_duplex_call(requests).await {
        Ok(mut replies) => replies.next().await.context("a good end")?.err(),
        Err(error) => Some(error),
    };
    expect(ended, Code::DeadlineExceeded, None)
}

async fn cancel_after_begin(client: &TestServiceClient) -> Result<()> {
    let given_up = stream! {
        yield Err(Error::new(499, "CANCELLED", "given up"));
    };
    let ended = client.streaming_input_call(Streaming::new(given_up)).await;
    expect(ended.err(), Code::Cancelled, Some("given up"))?;
    empty_unary(client).await
}

async fn cancel_after_first_response(client: &TestServiceClient) -> Result<()> {
    let (sender, requests) = fed();
    sender.send(asking(&[31_415], 27_182)).await?;
    let mut replies = client.full_duplex_call(requests).await?;
    ensure!(next_size(&mut replies).await? == Some(31_415));
    drop(replies);
    // Nobody takes requests any more.
    sender.closed().await;
    empty_unary(client).await
}

async fn custom_metadata_unary(target: &str) -> Result<()> {
    let methods = TestService::SPEC.methods;
    let method = methods.iter().find(|method| method.name == "UnaryCall").context("UnaryCall")?;
    let client = Client::connect(target)
        .await?
        .with_metadata(INITIAL.0, INITIAL.1)
        .with_metadata(TRAILING.0, TRAILING.1);
    let request = SimpleRequest { response_size: 1, payload: zeros(1), ..SimpleRequest::default() };
    let reply = client.unary_reply::<_, Result<SimpleResponse, Error>>(method, request).await?;
    ensure!(reply.headers()[INITIAL.0] == INITIAL.1);
    ensure!(reply.trailers()[TRAILING.0] == TRAILING_BASE64);
    ensure!(reply.payload == zeros(1));
    Ok(())
}

async fn custom_metadata_stream(client: &TestServiceClient) -> Result<()> {
    let client =
        client.clone().with_metadata(INITIAL.0, INITIAL.1).with_metadata(TRAILING.0, TRAILING.1);
    let mut replies = client.full_duplex_call([asking(&[1], 1)].into_iter().collect()).await?;
    ensure!(replies.headers()[INITIAL.0] == INITIAL.1);
    ensure!(next_size(&mut replies).await? == Some(1));
    ensure!(next_size(&mut replies).await?.is_none());
    ensure!(replies.trailers().context("no trailers")?[TRAILING.0] == TRAILING_BASE64);
    Ok(())
}

fn unknown(message: &str) -> Option<EchoStatus> {
    Some(EchoStatus { code: 2, message: message.to_owned() })
}

async fn status_code_and_message(client: &TestServiceClient) -> Result<()> {
    let message = "test status message";
    let request = SimpleRequest { response_status: unknown(message), ..SimpleRequest::default() };
    expect(client.unary_call(request).await.err(), Code::Unknown, Some(message))?;
    let request = StreamingOutputCallRequest {
        response_status: unknown(message),
        ..StreamingOutputCallRequest::default()
    };
    let ended = match client.full_duplex_call([request].into_iter().collect()).await {
        Ok(mut replies) => replies.next().await.context("a good end")?.err(),
        Err(error) => Some(error),
    };
    expect(ended, Code::Unknown, Some(message))
}

async fn special_status_message(client: &TestServiceClient) -> Result<()> {
    let message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
    let request = SimpleRequest { response_status: unknown(message), ..SimpleRequest::default() };
    expect(client.unary_call(request).await.err(), Code::Unknown, Some(message))
}

async fn unimplemented_method(target: &str) -> Result<()> {
    let client = left_out::TestServiceClient::connect(target).await?;
    expect(client.unimplemented_call(Empty {}).await.err(), Code::Unimplemented, None)
}

async fn unimplemented_service(target: &str) -> Result<()> {
    let client = UnimplementedServiceClient::connect(target).await?;
    expect(client.unimplemented_call(Empty {}).await.err(), Code::Unimplemented, None)
}

fn expect(ended: Option<CallError<Error>>, code: Code, message: Option<&str>) -> Result<()> {
    let Some(error) = ended else { bail!("it ended well") };
    let error = Error::from(error);
    ensure!(error.grpc_code() == code, "{error:?}");
    ensure!(message.is_none_or(|message| error.message() == message), "{error:?}");
    Ok(())
}
