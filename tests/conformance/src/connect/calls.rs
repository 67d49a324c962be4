//! The calls that the suite's runner asks a client for, made with the clients that the macro generates.

use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_stream::stream;
use bident::client::{self, Client, Tls};
use bident::message::Message;
use bident::prelude::*;
use bident::service::{Input, Outcome as Returned, Service as _};
use bident::{Any, Error};
use tokio::sync::{Notify, mpsc};

use super::compat::{
    CancelTiming, ClientCompatRequest, ClientCompatResponse, ClientErrorResult,
    ClientResponseResult, Compression, Outcome, StreamType,
};
use super::messages::{
    BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ClientStreamResponse, Code,
    ConformancePayload, Failure, Header, IdempotentUnaryRequest, IdempotentUnaryResponse,
    ServerStreamRequest, ServerStreamResponse, UnaryRequest, UnaryResponse, UnimplementedRequest,
    UnimplementedResponse,
};
use super::seen::{entries, listed, wait};
use super::service::{ConformanceService, ConformanceServiceClient};

/// Makes one call, and tells what came of it.
pub async fn call(request: ClientCompatRequest) -> ClientCompatResponse {
    let test_name = request.test_name.clone();
    let result = match made(request).await {
        Ok(result) => Outcome::Response(result),
        Err(error) => Outcome::Error(ClientErrorResult { message: error.to_string() }),
    };
    ClientCompatResponse { test_name, result: Some(result) }
}

/// An error is for what could not be tried.
async fn made(request: ClientCompatRequest) -> bident::Result<ClientResponseResult> {
    let messages = &request.request_messages;
    let plan = Plan::of(&request).await?;
    let mut got = Got::default();
    match request.method.as_deref().unwrap_or_default() {
        "Unary" => {
            let take = |reply: UnaryResponse| reply.payload;
            got.one(&plan, "Unary", plan.single::<UnaryRequest>(messages)?, take).await?;
        }
        "IdempotentUnary" => {
            let take = |reply: IdempotentUnaryResponse| reply.payload;
            let message = plan.single::<IdempotentUnaryRequest>(messages)?;
            got.one(&plan, "IdempotentUnary", message, take).await?;
        }
        "Unimplemented" => {
            let take = |_: UnimplementedResponse| None;
            let message = plan.single::<UnimplementedRequest>(messages)?;
            got.one(&plan, "Unimplemented", message, take).await?;
        }
        "ClientStream" => {
            let take = |reply: ClientStreamResponse| reply.payload;
            let messages = plan.paced::<ClientStreamRequest>(all(messages)?);
            got.one(&plan, "ClientStream", messages, take).await?;
        }
        "ServerStream" => {
            let client = ConformanceServiceClient::from_client(plan.client.clone());
            let message = plan.single::<ServerStreamRequest>(messages)?;
            let mut cancel = pin!(plan.cancelled());
            let opened = until(cancel.as_mut(), client.server_stream(message)).await;
            if let Some(mut replies) = got.opened(opened) {
                let take = |reply: ServerStreamResponse| reply.payload;
                while got.reply(&plan, cancel.as_mut(), &mut replies, take).await {}
                got.ended(&replies);
            }
        }
        "BidiStream" => bidi(&plan, &mut got, all(messages)?).await?,
        other => return Err(Error::not_found("NO_METHOD", format!("no method {other}"))),
    }
    let unsent = plan.total - plan.sent.load(Ordering::Relaxed);
    got.result.num_unsent_requests = i32::try_from(unsent).internal()?;
    Ok(got.result)
}

/// A client that makes its calls as the runner wants them.
async fn client(request: &ClientCompatRequest) -> bident::Result<Client> {
    let secure = !request.server_tls_cert.is_empty();
    let scheme = if secure { "grpcs" } else { "grpc" };
    let target = format!("{scheme}://{}:{}", request.host, request.port);
    let mut client = Client::connect(target).await?;
    if secure {
        let mut tls = Tls::new().ca_pem(request.server_tls_cert.clone());
        if let Some(shown) = &request.client_tls_creds {
            tls = tls.identity_pem(shown.cert.clone(), shown.key.clone());
        }
        client = client.with_tls(&tls);
    }
    let compression = match request.compression {
        Compression::Gzip => Some(client::Compression::Gzip),
        Compression::Deflate => Some(client::Compression::Deflate),
        _ => None,
    };
    if let Some(compression) = compression {
        client = client.with_compression(compression);
    }
    if request.message_receive_limit > 0 {
        client = client.with_max_body(request.message_receive_limit.try_into().internal()?);
    }
    for (name, value) in entries(&request.request_headers) {
        client = client.with_metadata(name, value);
    }
    // Without a timeout there is to be none.
    let timeout = request.timeout_ms.map(|millis| Duration::from_millis(millis.into()));
    Ok(client.with_deadline(timeout.unwrap_or(Duration::MAX)))
}

/// Requests and replies side by side: in turn, or all the requests first.
async fn bidi(plan: &Plan, got: &mut Got, messages: Vec<BidiStreamRequest>) -> bident::Result {
    let client = ConformanceServiceClient::from_client(plan.client.clone());
    let mut cancel = pin!(plan.cancelled());
    let take = |reply: BidiStreamResponse| reply.payload;
    let mut messages = messages.into_iter();
    let (sender, mut receiver) = mpsc::channel(1);
    let requests = if plan.in_turn {
        Streaming::of(stream! {
            while let Some(message) = receiver.recv().await {
                yield message;
            }
        })
    } else {
        plan.paced(messages.by_ref().collect())
    };
    let opened = until(cancel.as_mut(), client.bidi_stream(requests)).await;
    let Some(mut replies) = got.opened(opened) else { return Ok(()) };
    if plan.in_turn {
        for message in messages {
            plan.send(&sender, message).await;
            if !got.reply(plan, cancel.as_mut(), &mut replies, take).await {
                break;
            }
        }
        if matches!(plan.cancel, Some(CancelTiming::BeforeCloseSend)) {
            got.given_up();
        }
        drop(sender);
        plan.all_sent.notify_one();
    }
    while got.result.error.is_none() && got.reply(plan, cancel.as_mut(), &mut replies, take).await {
    }
    got.ended(&replies);
    Ok(())
}

/// How a call is to be made.
struct Plan {
    /// With what the runner wants of every call.
    client: Client,
    delay: u32,
    in_turn: bool,
    cancel: Option<CancelTiming>,
    total: usize,
    sent: Arc<AtomicUsize>,
    /// Everything has been sent.
    all_sent: Arc<Notify>,
}

impl Plan {
    async fn of(request: &ClientCompatRequest) -> bident::Result<Self> {
        let at_once = CancelTiming::AfterCloseSendMs(0);
        Ok(Self {
            client: client(request).await?,
            delay: request.request_delay_ms,
            in_turn: request.stream_type == StreamType::FullDuplexBidiStream,
            cancel: request.cancel.as_ref().map(|cancel| cancel.cancel_timing.unwrap_or(at_once)),
            total: request.request_messages.len(),
            sent: Arc::default(),
            all_sent: Arc::default(),
        })
    }

    /// The only message of a call.
    fn single<M: Message>(&self, messages: &[Any]) -> bident::Result<M> {
        let [message] = messages else {
            return Err(Error::bad_request("NOT_ONE", "expected exactly one message"));
        };
        self.sent.store(1, Ordering::Relaxed);
        self.all_sent.notify_one();
        read(message)
    }

    /// All messages, each after its time.
    fn paced<M: Message>(&self, messages: Vec<M>) -> Streaming<M> {
        let (delay, sent, all_sent) = (self.delay, self.sent.clone(), self.all_sent.clone());
        let stays_open = matches!(self.cancel, Some(CancelTiming::BeforeCloseSend));
        Streaming::of(stream! {
            for message in messages {
                wait(delay).await;
                sent.fetch_add(1, Ordering::Relaxed);
                yield message;
            }
            all_sent.notify_one();
            if stays_open {
                pending::<()>().await;
            }
        })
    }

    async fn send<M>(&self, sender: &mpsc::Sender<M>, message: M) {
        wait(self.delay).await;
        // A call that has ended takes nothing more, and its replies say why.
        if sender.send(message).await.is_ok() {
            self.sent.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Ends when the call is to be given up by the clock.
    async fn cancelled(&self) {
        match self.cancel {
            Some(CancelTiming::AfterCloseSendMs(millis)) => {
                self.all_sent.notified().await;
                wait(millis).await;
            }
            Some(CancelTiming::BeforeCloseSend) if !self.in_turn => self.all_sent.notified().await,
            _ => pending().await,
        }
    }
}

/// What came of a call so far.
#[derive(Default)]
struct Got {
    result: ClientResponseResult,
}

impl Got {
    /// A call with one reply, to its end.
    async fn one<In, Rep>(
        &mut self,
        plan: &Plan,
        name: &str,
        request: In,
        take: fn(Rep) -> Option<ConformancePayload>,
    ) -> bident::Result
    where
        In: Input,
        Rep: Message,
        Result<Rep, Error>: Returned<Message = Rep, Error = Error>,
    {
        let methods = ConformanceService::SPEC.methods.iter();
        let method = methods
            .clone()
            .find(|method| method.name == name)
            .ok_or_else(|| Error::not_found("NO_METHOD", format!("no method {name}")))?;
        let call = plan.client.unary_reply::<In, Result<Rep, Error>>(method, request);
        match until(pin!(plan.cancelled()), call).await {
            None => self.given_up(),
            Some(Err(error)) => self.failed(error),
            Some(Ok(reply)) => {
                self.result.response_headers = listed!(reply.headers());
                self.result.response_trailers = listed!(reply.trailers());
                self.result.payloads.push(take(reply.into_inner()).unwrap_or_default());
            }
        }
        Ok(())
    }

    /// The replies of a call that streams, where there are any.
    fn opened<T>(&mut self, opened: Option<Result<T, CallError<Error>>>) -> Option<T> {
        match opened {
            None => self.given_up(),
            Some(Err(error)) => self.failed(error),
            Some(Ok(replies)) => return Some(replies),
        }
        None
    }

    /// Takes one reply; whether there may be more.
    async fn reply<Rep>(
        &mut self,
        plan: &Plan,
        cancel: Pin<&mut impl Future<Output = ()>>,
        replies: &mut Streaming<Rep, CallError<Error>>,
        take: fn(Rep) -> Option<ConformancePayload>,
    ) -> bool {
        match until(cancel, replies.next()).await {
            None => self.given_up(),
            Some(None) => {}
            Some(Some(Err(error))) => self.failed(error),
            Some(Some(Ok(reply))) => {
                self.result.payloads.push(take(reply).unwrap_or_default());
                let so_many = u32::try_from(self.result.payloads.len()).unwrap_or(u32::MAX);
                if !matches!(plan.cancel, Some(CancelTiming::AfterNumResponses(n)) if n == so_many)
                {
                    return true;
                }
                self.given_up();
            }
        }
        false
    }

    fn ended<Rep>(&mut self, replies: &Streaming<Rep, CallError<Error>>) {
        self.result.response_headers = listed!(replies.headers());
        if let Some(trailers) = replies.trailers() {
            self.result.response_trailers = listed!(trailers);
        }
    }

    /// The call is dropped by whoever asked for it.
    fn given_up(&mut self) {
        self.result.error = Some(Failure { code: Code::Canceled, ..Failure::default() });
    }

    fn failed(&mut self, error: impl Into<Error>) {
        let error = error.into();
        self.result.response_headers = listed!(error.headers());
        self.result.response_trailers = listed!(error.trailers());
        self.result.error = Some(Failure {
            code: Code::ALL[usize::from(error.grpc_code().number())],
            message: Some(error.message().to_owned()),
            details: error.details().to_vec(),
        });
    }
}

/// What a future comes to; `None` where it is given up before.
async fn until<T>(
    cancel: Pin<&mut impl Future<Output = ()>>,
    future: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        biased;
        () = cancel => None,
        out = future => Some(out),
    }
}

fn read<M: Message>(message: &Any) -> bident::Result<M> {
    let wrong = || Error::bad_request("WRONG_TYPE", format!("not a {}", message.type_name()));
    message.read()?.ok_or_else(wrong)
}

fn all<M: Message>(messages: &[Any]) -> bident::Result<Vec<M>> {
    messages.iter().map(read).collect()
}
