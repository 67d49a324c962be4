//! The HTTP peer with the telemetry that its users put together: tower-http's `TraceLayer` with the spans that
//! `axum-tracing-opentelemetry` makes, metrics, a guard against panics and a timeout.

use std::io;
use std::time::Instant;

use axum::extract::{MatchedPath, Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use bench::assembly::{Assembly, Meters, TIMEOUT};
use bench::peer;
use opentelemetry::KeyValue;
use serde::{Deserialize, Serialize};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_opentelemetry_instrumentation_sdk::http::{extract_context, http_server};

#[derive(Deserialize)]
struct HelloRequest {
    name: String,
}

#[derive(Serialize)]
struct HelloReply {
    message: String,
}

fn main() -> io::Result<()> {
    peer::run(|listener| async move {
        let telemetry = Assembly::open()?;
        let meters =
            telemetry.meters("http.server.request.duration", "http.server.active_requests");
        let trace = TraceLayer::new_for_http()
            .make_span_with(span)
            .on_request(())
            .on_response(|response: &Response<_>, _, span: &Span| {
                http_server::update_span_from_response(span, response);
            })
            .on_body_chunk(())
            .on_eos(());
        let app = Router::new()
            .route("/v1/hello", post(hello))
            .route("/helloworld/{name}", get(hello_by_path))
            .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, TIMEOUT))
            .layer(CatchPanicLayer::new())
            .layer(from_fn_with_state(meters, measure))
            .layer(trace);
        // As the other servers: no Nagle delay. A socket that refuses the option is served all the same.
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap_or_default());
        telemetry.serve(async { axum::serve(listener, app).await }).await
    })
}

fn route(request: &Request) -> &str {
    request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str)
}

fn span(request: &Request) -> Span {
    let span = http_server::make_span_from_request(request);
    let route = route(request);
    span.record("http.route", route);
    span.record("otel.name", format!("{} {route}", request.method()));
    // A span that is filtered out takes no parent.
    let _ = span.set_parent(extract_context(request.headers()));
    span
}

async fn measure(State(meters): State<Meters>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let mut attributes = vec![
        KeyValue::new("http.request.method", request.method().to_string()),
        KeyValue::new("url.scheme", "http"),
    ];
    meters.active.add(1, &attributes);
    let route = route(&request).to_owned();
    let response = next.run(request).await;
    meters.active.add(-1, &attributes);
    attributes.push(KeyValue::new("http.route", route));
    let status = i64::from(response.status().as_u16());
    attributes.push(KeyValue::new("http.response.status_code", status));
    meters.duration.record(started.elapsed().as_secs_f64(), &attributes);
    response
}

async fn hello(Json(request): Json<HelloRequest>) -> Json<HelloReply> {
    Json(HelloReply { message: format!("Hello {}", request.name) })
}

async fn hello_by_path(Path(name): Path<String>) -> Json<HelloReply> {
    Json(HelloReply { message: format!("Hello {name}") })
}
