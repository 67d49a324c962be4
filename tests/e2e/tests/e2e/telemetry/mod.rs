//! What a collector gets of an app: spans, metrics and log records, read from the bytes that were exported.
//!
//! Every test has a receiver of its own, and its app exports there alone. Most of them call, stop the app, and then look at
//! everything that has come: stopping flushes, so that nothing has to be waited for and nothing can come later.

mod client;
mod client_outcomes;
mod collector;
mod config;
mod declared;
mod environment;
mod http;
mod layers;
mod metrics;
mod middleware;
mod older;
mod outcomes;
mod priority;
mod program;
mod propagation;
mod rpc;
mod sampling;
mod secrets;
mod shop;
mod statuses;
mod streams;
mod tonic_services;

use std::net::SocketAddr;

use bident::App;
use bident::prelude::*;
use e2e::{Running, start};
use futures_util::{Stream, StreamExt as _, stream};
use support::otlp::{Attributes, Kind, Received, Receiver, Span, Value};

use crate::common::Note;

/// A running app and the receiver that it exports to.
struct Told {
    addr: SocketAddr,
    server: Running,
    receiver: Receiver,
}

impl Told {
    /// The desk, whole.
    async fn desk() -> Self {
        Self::open(desk(), "").await
    }

    /// An app, with settings of its own over those of the tests.
    async fn open(app: App, settings: &str) -> Self {
        let receiver = Receiver::start().await.expect("a port");
        let app = app.defaults(exporting_to(receiver.addr())).defaults(settings.to_owned());
        let server = start(app).await;
        Self { addr: server.addr, server, receiver }
    }

    /// Stops the app; everything that has come.
    async fn end(self) -> Received {
        self.server.stop().await.expect("a clean stop");
        everything(&self.receiver)
    }

    /// Stops the app; the spans of calls that have come, of which there must be so many.
    async fn spans<const N: usize>(self) -> [Span; N] {
        let spans = self.end().await.spans;
        let names: Vec<_> = spans.iter().map(|span| span.name.clone()).collect();
        spans.try_into().unwrap_or_else(|_| panic!("{N} spans were expected: {names:?}"))
    }
}

/// The settings of an app that exports everything there and records all traces.
fn exporting_to(addr: SocketAddr) -> String {
    format!("telemetry: {{otlp: {{endpoint: 'http://{addr}', protocol: grpc}}, sample: 1.0}}")
}

/// What a receiver has of calls, after a look at what holds for every span and every point.
fn everything(receiver: &Receiver) -> Received {
    let mut received = whole(receiver);
    received.spans.retain(|span| span.name != START);
    received
}

/// The span with which every app begins.
const START: &str = "config.load";

/// And of the app itself.
fn whole(receiver: &Receiver) -> Received {
    let received = receiver.received();
    assert_eq!(received.mistakes, Vec::<String>::new());
    for span in &received.spans {
        assert_eq!((span.trace.len(), span.id.len()), (32, 16), "{span:?}");
        assert!(span.parent.is_empty() || span.parent.len() == 16, "{span:?}");
        assert!(span.start <= span.end, "{span:?}");
        assert_eq!(span.duplicates, Vec::<String>::new(), "{span:?}");
        assert_eq!(span.origin.duplicates, Vec::<String>::new(), "{span:?}");
        if matches!(span.kind, Kind::Server | Kind::Client) {
            assert_eq!(span.origin.scope, "bident");
            assert_eq!(span.origin.version, env!("CARGO_PKG_VERSION"));
            assert_eq!(span.origin.schema, "https://opentelemetry.io/schemas/1.44.0");
        }
    }
    for metric in &received.metrics {
        assert!(metric.points.iter().all(|point| point.duplicates.is_empty()), "{metric:?}");
        assert!(!metric.description.is_empty(), "{metric:?}");
    }
    received
}

/// Attributes written down by hand.
fn attributes<const N: usize>(pairs: [(&str, Value); N]) -> Attributes {
    pairs.map(|(key, value)| (key.to_owned(), value)).into()
}

/// The port that a caller had, which no test knows before.
fn take_peer_port(span: &Span) -> Attributes {
    let mut attributes = span.attributes.clone();
    let port = attributes.remove("network.peer.port").and_then(|port| port.int());
    assert!(port.is_some_and(|port| (1..65_536).contains(&port)), "{span:?}");
    attributes
}

/// What most calls are to.
struct Desk {
    /// Streams go on when this says so.
    go: tokio::sync::watch::Receiver<bool>,
}

const WORK: &str = "/telemetry.v1.Desk/Work";

#[service(package = "telemetry.v1")]
impl Desk {
    /// Does what the text says.
    #[rpc(get = "/desk/{text}", post = "/desk", idempotent)]
    async fn work(&self, note: Note) -> bident::Result<Note> {
        let (how, what) = note.text.split_once('=').unwrap_or((&note.text, ""));
        let code = bident::Code::from_name(what);
        match (how, code) {
            ("missing", _) => {
                Err(Error::not_found("NO_DESK", "no desk 7").with("desk", 7).with("floor", "two"))
            }
            ("broken", _) => Err(Error::internal("BROKEN", "a leg is gone").with("desk", 8)),
            ("explode", _) => panic!("desk 9 fell over"),
            ("hang", _) => std::future::pending().await,
            ("http", _) => Err(Error::new(what.parse().unwrap_or(500), "WANTED", "as asked")),
            ("grpc", Some(bident::Code::Ok) | None) => Ok(note),
            ("grpc", Some(code)) => {
                Err(Error::new(code.http(), "WANTED", "as asked").with_grpc(code))
            }
            _ => Ok(note),
        }
    }

    /// Two notes, the second when the test says so; then an error, if the text is one.
    #[rpc(get = "/desk/{text}/many")]
    async fn many(&self, note: Note) -> impl Stream<Item = bident::Result<Note>> + Send {
        let (mut go, last) = (self.go.clone(), note.text == "broken");
        stream::once(async { Ok(Note::new("one")) })
            .chain(stream::once(async move {
                let _ = go.wait_for(|go| *go).await;
                Ok(Note::new("two"))
            }))
            .chain(stream::iter(last.then(|| Err(Error::internal("BROKEN", "a leg is gone")))))
    }

    /// Answers every note.
    #[rpc(get = "/chat")]
    async fn chat(
        &self,
        notes: Streaming<Note>,
    ) -> impl Stream<Item = bident::Result<Note>> + Send {
        notes
    }
}

/// The desk, beside routes of the user's own.
fn desk() -> App {
    desk_that_waits(tokio::sync::watch::channel(true).1)
}

fn desk_that_waits(go: tokio::sync::watch::Receiver<bool>) -> App {
    let status = async |code: axum::extract::Path<u16>| {
        axum::http::StatusCode::from_u16(*code).unwrap_or_default()
    };
    let routes = axum::Router::new()
        .route("/raw/{id}", axum::routing::get(async || "raw"))
        .route("/status/{code}", axum::routing::get(status));
    let routes = axum::Router::new()
        .merge(routes)
        .nest("/nested", axum::Router::new().route("/{id}", axum::routing::get(async || "nested")));
    App::new("desk").version("v1.2.3").service(Desk { go }).routes(routes)
}

/// A message of gRPC in gRPC-Web or of Connect, unary: the answer's bytes are not looked at.
async fn web(addr: SocketAddr, path: &str, note: &impl prost::Message) -> e2e::Answer {
    let body = e2e::frame(&note.encode_to_vec());
    e2e::call("POST", path)
        .header("content-type", "application/grpc-web")
        .body(body)
        .send(addr)
        .await
}

async fn connect(addr: SocketAddr, path: &str, text: &str) -> e2e::Answer {
    let call = e2e::call("POST", path).header("connect-protocol-version", "1");
    call.json(crate::common::json(text)).send(addr).await
}
