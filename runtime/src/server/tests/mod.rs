//! The server under a real socket: one small service, reached over HTTP/1.1 and HTTP/2.

mod access;
mod age;
mod bodies;
mod chain;
mod client;
mod connect;
mod cors;
mod drain;
mod foreign;
mod goaway;
mod grpc;
mod http;
mod layers;
mod limits;
mod slow;
mod streams;
mod upgrade;
mod web;
mod windows;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, Request, Response, StatusCode};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

#[cfg(all(feature = "tls", unix))]
pub(super) use self::access::listen;
use self::client::*;
use super::forwarded::TrustedProxies;
use super::{Assembly, Bound, Bounds, Core, Cors, Limits, Serving, Wrap, serve, site, wrap};
use crate::call::{Call, CallOutcome, Context, Middleware, Next, Reply, Streaming, Telling};
use crate::foreign::{Foreign, Routes, UNMATCHED};
use crate::message::{Message, Types};
use crate::service::{BindingSpec, MethodSpec, Mount, ServiceSpec, Shape};
use crate::telemetry::{self, Telemetry};
use crate::{Error, Result};

/// No wait in a test is longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The one message.
#[bident::message(package = "test.v1")]
struct Text {
    text: String,
}

fn text(text: impl Into<String>) -> Text {
    Text { text: text.into() }
}

const fn method(
    name: &'static str,
    operation: &'static str,
    bindings: &'static [BindingSpec],
    shape: Shape,
) -> MethodSpec {
    MethodSpec {
        bindings,
        shape,
        ..MethodSpec::new(name, operation, Text::describe, Text::describe)
    }
}

const fn binding(verb: &'static str, path: &'static str) -> BindingSpec {
    let body = if matches!(verb.as_bytes(), b"GET") { None } else { Some("*") };
    BindingSpec { verb, path, body, response_body: None }
}

static SPEC: ServiceSpec = ServiceSpec {
    package: "test.v1",
    name: "Echo",
    full_name: "test.v1.Echo",
    doc: "",
    deprecated: false,
    methods: &METHODS,
};

static METHODS: [MethodSpec; 6] = [
    method(
        "Echo",
        "/test.v1.Echo/Echo",
        &[binding("GET", "/echo/{text}"), binding("POST", "/v1/echo")],
        Shape::Unary,
    ),
    method("Fail", "/test.v1.Echo/Fail", &[], Shape::Unary),
    method("Panic", "/test.v1.Echo/Panic", &[], Shape::Unary),
    // Says on the harness's channel that it has begun, and waits until it is let go.
    method("Wait", "/test.v1.Echo/Wait", &[], Shape::Unary),
    // As many messages as its request says, then an error where it says "broken".
    method("Count", "/test.v1.Echo/Count", &[], Shape::Bidi),
    // Adds headers and trailers to its answer.
    MethodSpec { idempotent: true, ..method("Beside", "/test.v1.Echo/Beside", &[], Shape::Unary) },
];

/// What the tests hear from inside the service.
#[derive(Debug, PartialEq)]
enum Event {
    Began,
    Dropped,
    /// The call is over, as its context says.
    Ended,
}

#[derive(Clone)]
struct Inside {
    events: mpsc::UnboundedSender<Event>,
    go: Arc<tokio::sync::Semaphore>,
}

struct Tell(mpsc::UnboundedSender<Event>);

impl Drop for Tell {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Dropped);
    }
}

fn mount(inside: &Inside) -> Mount {
    let mut mount = Mount::new(&SPEC);
    mount.unary::<Text, _, _, _>(&METHODS[0], |_, req: Text| async move { req });
    mount.unary::<Text, _, _, _>(&METHODS[1], |context: Context, req: Text| async move {
        context.set_header("x-beside", "header");
        context.set_trailer("x-after", "trailer");
        Err::<Text, _>(match &*req.text {
            "internal" => Error::internal("SECRET", "the password is 7").with("id", 7),
            text => Error::not_found("TEXT_NOT_FOUND", format!("no {text}")).with("text", text),
        })
    });
    mount.unary::<Text, Text, _, _>(&METHODS[2], |_, _: Text| async move { panic!("on purpose") });
    let inside = inside.clone();
    mount.unary::<Text, _, _, _>(&METHODS[3], move |_, req: Text| {
        let inside = inside.clone();
        async move {
            let _tell = Tell(inside.events.clone());
            let _ = inside.events.send(Event::Began);
            inside.go.acquire().await.unwrap().forget();
            req
        }
    });
    mount.stream(&METHODS[4], |context: Context, requests, answers| async move {
        context.set_trailer("x-early", "yes");
        answers.send(count(context, requests).await).await
    });
    mount.unary::<Text, _, _, _>(&METHODS[5], |context: Context, req: Text| async move {
        context.set_header("x-beside", context.header("x-md-global-who").unwrap_or("nobody"));
        context.set_trailer("x-after-bin", [0, 159]);
        req
    });
    mount
}

/// Answers the first request `n` with `n` messages, and says in its trailers how that went.
async fn count(context: Context, mut requests: Streaming<Text>) -> Result<Streaming<Text>> {
    let n: usize = match requests.next().await.transpose()? {
        Some(request) if request.text == "broken" => {
            let broken = stream::once(async move {
                context.set_trailer("x-late", "broken");
                Err(Error::conflict("BROKEN", "as you said"))
            });
            return Ok(Streaming::new(broken));
        }
        Some(request) => request.text.parse().unwrap_or(0),
        None => 0,
    };
    let messages = stream::iter((1..=n).rev().map(|left| Some(text(left.to_string()))));
    let last = stream::once(async move {
        context.set_trailer("x-late", "whole");
        None
    });
    Ok(Streaming::of(messages.chain(last).filter_map(std::future::ready)))
}

/// A server at work, and what is heard from it.
struct Harness {
    serving: Serving,
    events: mpsc::UnboundedReceiver<Event>,
    go: Arc<tokio::sync::Semaphore>,
    /// Operation and code of every call that has ended, as the watching middleware heard them.
    ended: mpsc::UnboundedReceiver<(String, u16, String)>,
}

/// What may differ between tests.
struct Options {
    limits: Limits,
    middleware: Vec<Arc<dyn Middleware>>,
    routes: Routes,
    layers: Vec<Wrap>,
    cors: Option<Cors>,
    trusted: TrustedProxies,
    /// What the calls are told of their sockets, which are plain.
    secure: bool,
    timeout: Option<Duration>,
    max_body: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            middleware: Vec::new(),
            routes: Routes::default(),
            layers: Vec::new(),
            cors: None,
            trusted: TrustedProxies::default(),
            secure: false,
            timeout: Some(PATIENCE),
            max_body: 1024,
        }
    }
}

/// The outermost middleware of every test: it sees each call exactly once.
struct Watching(mpsc::UnboundedSender<(String, u16, String)>);

impl Middleware for Watching {
    fn handle<'a>(
        &'a self,
        call: Call,
        next: Next<'a>,
    ) -> crate::call::BoxFuture<'a, Result<Reply>> {
        let (operation, told) = (call.operation().to_owned(), self.0.clone());
        Box::pin(async move {
            match next.run(call).await {
                Ok(reply) => Ok(reply.on_end(move |outcome: &CallOutcome| {
                    let _ = told.send((operation, outcome.code, outcome.reason.clone()));
                })),
                Err(error) => {
                    let _ = told.send((operation, error.code(), error.reason().to_owned()));
                    Err(error)
                }
            }
        })
    }
}

async fn start(options: Options) -> Harness {
    let (send, events) = mpsc::unbounded_channel();
    let (told, ended) = mpsc::unbounded_channel();
    let go = Arc::new(tokio::sync::Semaphore::new(0));
    let mut assembly = Assembly::default();
    let mut types = Types::default();
    let inside = Inside { events: send, go: Arc::clone(&go) };
    for mounted in mount(&inside).handlers.into_iter().chain(streams::mount(&inside).handlers) {
        assembly.method(mounted, &mut types);
    }
    let (operations, table) = assembly.finish().unwrap();
    let mut middleware: Vec<Arc<dyn Middleware>> = vec![Arc::new(Watching(told))];
    middleware.extend(options.middleware);
    let telemetry = Telemetry::off();
    let core = Core {
        places: operations.iter().map(|operation| operation.places(&telemetry)).collect(),
        others: telemetry::Foreign::new(&telemetry, UNMATCHED),
        telemetry,
        trusted: options.trusted,
        secure: options.secure,
        operations,
        table,
        middleware,
        bounds: Bounds::new(options.timeout, options.max_body),
        telling: Telling { log_all: false, bare: false },
        log_arguments: false,
        public: false,
        #[cfg(feature = "ws")]
        cors: options.cors.clone(),
        foreign: Foreign::new(options.routes),
    };
    let bound = Bound::bind("127.0.0.1:0").await.unwrap();
    let core = Arc::new(core);
    let site = site(core, options.layers, options.cors);
    let serving = serve(bound, site, options.limits);
    Harness { serving, events, go, ended }
}

impl Harness {
    fn address(&self) -> SocketAddr {
        self.serving.address()
    }

    async fn event(&mut self) -> Event {
        soon(self.events.recv()).await.unwrap()
    }

    /// How the next call ended.
    async fn outcome(&mut self) -> (String, u16, String) {
        soon(self.ended.recv()).await.unwrap()
    }

    async fn raw(&self) -> Plain {
        Plain(TcpStream::connect(self.address()).await.unwrap())
    }

    /// HTTP/2 by someone who decides when to take what arrives; the task ends with the connection.
    async fn windowed(
        &self,
        windows: &h2::client::Builder,
    ) -> (h2::client::SendRequest<Bytes>, tokio::task::JoinHandle<Result<(), h2::Error>>) {
        let socket = TcpStream::connect(self.address()).await.unwrap();
        let (send, connection) = soon(windows.handshake(socket)).await.unwrap();
        (send, tokio::spawn(connection))
    }

    async fn h2(&self) -> http2::SendRequest<Full<Bytes>> {
        let socket = TcpStream::connect(self.address()).await.unwrap();
        let (send, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
        tokio::spawn(connection);
        send
    }
}

async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it took too long")
}
