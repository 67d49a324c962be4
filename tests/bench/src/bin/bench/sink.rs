//! Where the measured servers send their telemetry: a collector over gRPC that thanks for everything and counts the spans. It
//! runs beside the load client, so that it costs the server nothing.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, ensure};
use bytes::{Buf as _, Bytes};
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
/// A message of no bytes, not compressed.
const THANKS: &[u8] = &[0; 5];
/// A batch fits, so that nobody waits for leave to send more.
const WINDOW: u32 = 4 << 20;

/// A running sink. Dropping it closes the listener; a connection goes when the server does.
pub(crate) struct Sink {
    addr: SocketAddr,
    counted: Arc<Counted>,
    accepting: AbortHandle,
}

#[derive(Default)]
struct Counted {
    spans: AtomicUsize,
    /// Exports that could not be read.
    broken: AtomicUsize,
}

impl Sink {
    pub(crate) async fn open() -> Result<Sink> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let counted = Arc::new(Counted::default());
        let accepting = tokio::spawn(accept(listener, Arc::clone(&counted))).abort_handle();
        Ok(Sink { addr, counted, accepting })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The spans of calls that have arrived.
    pub(crate) fn spans(&self) -> Result<usize> {
        let broken = self.counted.broken.load(Ordering::Relaxed);
        ensure!(broken == 0, "{broken} exports could not be read");
        Ok(self.counted.spans.load(Ordering::Relaxed))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, counted: Arc<Counted>) {
    loop {
        let stream = bench::peer::accept(&listener).await;
        let counted = Arc::clone(&counted);
        let answer = service_fn(move |request| answer(request, Arc::clone(&counted)));
        let connection = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .serve_connection(TokioIo::new(stream), answer);
        // It breaks when the server ends; what did not arrive is missing in the count.
        tokio::spawn(connection);
    }
}

async fn answer(
    request: Request<Incoming>,
    counted: Arc<Counted>,
) -> Result<Response<impl Body<Data = Bytes, Error = Infallible>>, hyper::Error> {
    let traces = request.uri().path() == TRACES;
    let body = request.into_body().collect().await?.to_bytes();
    if traces {
        match spans(body) {
            Ok(spans) => counted.spans.fetch_add(spans, Ordering::Relaxed),
            Err(_) => counted.broken.fetch_add(1, Ordering::Relaxed),
        };
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let thanks = Full::new(Bytes::from_static(THANKS));
    let mut response = Response::new(thanks.with_trailers(async { Some(Ok(trailers)) }));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    Ok(response)
}

/// How many spans of calls an export has.
fn spans(mut body: Bytes) -> Result<usize> {
    ensure!(body.len() >= 5, "no message");
    ensure!(body.get_u8() == 0, "it is compressed");
    let length = body.get_u32() as usize;
    ensure!(body.len() == length, "not exactly one message");
    let export = Export::decode(body).context("no export of spans")?;
    let scopes = export.resources.iter().flat_map(|resource| &resource.scopes);
    let spans = scopes.flat_map(|scope| &scope.spans);
    Ok(spans.filter(|span| span.name != START).count())
}

/// What an app tells of its start, which is no call.
const START: &str = "config.load";

/// `ExportTraceServiceRequest`, as far as it takes to count.
#[derive(Clone, PartialEq, prost::Message)]
struct Export {
    #[prost(message, repeated, tag = "1")]
    resources: Vec<Spans>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Spans {
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<Scope>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Scope {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Span {
    #[prost(string, tag = "5")]
    name: String,
}
