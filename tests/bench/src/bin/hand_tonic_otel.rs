//! The gRPC peer with the telemetry that its users put together: tower-http's `TraceLayer` with the spans that
//! `tonic-tracing-opentelemetry` makes, metrics, a guard against panics and a timeout.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bench::assembly::{Assembly, Meters, TIMEOUT};
use bench::{peer, workload};
use opentelemetry::KeyValue;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;
use tower_layer::layer_fn;
use tower_service::Service;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_opentelemetry_instrumentation_sdk::http::{extract_context, grpc, grpc_server};

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

#[derive(Clone, PartialEq, prost::Message)]
struct HelloRequest {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct HelloReply {
    #[prost(string, tag = "1")]
    message: String,
}

struct Greeter;

impl Greeter {
    async fn say_hello(
        &self,
        request: Request<HelloRequest>,
    ) -> Result<Response<HelloReply>, Status> {
        let message = format!("Hello {}", request.into_inner().name);
        Ok(Response::new(HelloReply { message }))
    }
}

fn main() -> io::Result<()> {
    peer::run(|listener| async move {
        let telemetry = Assembly::open()?;
        let meters = telemetry.meters("rpc.server.call.duration", "rpc.server.active_requests");
        let trace = TraceLayer::new_for_grpc()
            .make_span_with(span)
            .on_request(())
            .on_response(|response: &http::Response<_>, _, span: &Span| {
                grpc::update_span_from_response(span, response, true);
            })
            .on_body_chunk(())
            .on_eos(());
        let serving = tonic::transport::Server::builder()
            .timeout(TIMEOUT)
            .layer(trace)
            .layer(layer_fn(move |inner| Measure { inner, meters: meters.clone() }))
            .layer(CatchPanicLayer::new())
            .add_service(GreeterServer(Arc::new(Greeter)))
            .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)));
        telemetry.serve(async { serving.await.map_err(io::Error::other) }).await
    })
}

fn span<B>(request: &http::Request<B>) -> Span {
    let span = grpc_server::make_span_from_request(request);
    // A span that is filtered out takes no parent.
    let _ = span.set_parent(extract_context(request.headers()));
    span
}

/// The metrics middleware.
#[derive(Clone)]
struct Measure<S> {
    inner: S,
    meters: Meters,
}

impl<S, B, R> Service<http::Request<B>> for Measure<S>
where
    S: Service<http::Request<B>, Response = http::Response<R>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let started = Instant::now();
        let meters = self.meters.clone();
        let method = request.uri().path().trim_start_matches('/').to_owned();
        let mut attributes =
            vec![KeyValue::new("rpc.system.name", "grpc"), KeyValue::new("rpc.method", method)];
        let answer = self.inner.call(request);
        Box::pin(async move {
            meters.active.add(1, &attributes);
            let response = answer.await;
            meters.active.add(-1, &attributes);
            let status = response.as_ref().ok().and_then(|response| {
                response.headers().get("grpc-status")?.to_str().ok().map(str::to_owned)
            });
            let status = status.unwrap_or_else(|| "0".to_owned());
            attributes.push(KeyValue::new("rpc.response.status_code", status));
            meters.duration.record(started.elapsed().as_secs_f64(), &attributes);
            response
        })
    }
}

#[derive(Clone)]
struct GreeterServer(Arc<Greeter>);

impl NamedService for GreeterServer {
    const NAME: &'static str = "helloworld.v1.Greeter";
}

struct SayHello(Arc<Greeter>);

impl UnaryService<HelloRequest> for SayHello {
    type Response = HelloReply;
    type Future = BoxFuture<Result<Response<HelloReply>, Status>>;

    fn call(&mut self, request: Request<HelloRequest>) -> Self::Future {
        let greeter = Arc::clone(&self.0);
        Box::pin(async move { greeter.say_hello(request).await })
    }
}

impl Service<http::Request<Body>> for GreeterServer {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let greeter = Arc::clone(&self.0);
        match request.uri().path() {
            workload::GRPC_PATH => {
                Box::pin(async move { Ok(grpc().unary(SayHello(greeter), request).await) })
            }
            _ => Box::pin(async { Ok(Status::unimplemented("").into_http()) }),
        }
    }
}

fn grpc() -> Grpc<ProstCodec<HelloReply, HelloRequest>> {
    Grpc::new(ProstCodec::default())
}
