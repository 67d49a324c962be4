//! What layers of the user's answer themselves, fail with or never answer is told of as any other request is.

use std::task::{Context as Task, Poll};

use ::http::{Request, Response};
use bident::call::{Body, BoxFuture};
use e2e::{Events, GrpcCall, Sink, call, events};
use support::otlp::Status;

use super::*;
use crate::common::wire;

/// Does what a request's header says: answers with a status, fails, or waits until nobody does any more.
#[derive(Clone)]
struct Gate<S>(S, Sink);

impl<S> tower_service::Service<Request<Body>> for Gate<S>
where
    S: tower_service::Service<Request<Body>, Response = Response<Body>, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Task<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Some(what) = request.headers().get("x-gate").cloned() else {
            return Box::pin(self.0.call(request));
        };
        let sink = self.1.clone();
        Box::pin(async move {
            let mut response = Response::new(Body::from(bytes::Bytes::from("not now")));
            match what.to_str()? {
                "fail" => return Err("the gate is stuck".into()),
                "hang" => {
                    let _dropped = sink.on_drop("dropped");
                    sink.tell("entered");
                    std::future::pending::<()>().await;
                }
                "grpc" => {
                    *response.body_mut() = Body::empty();
                    response.headers_mut().insert("content-type", "application/grpc".parse()?);
                    response.headers_mut().insert("grpc-status", "14".parse()?);
                }
                status => *response.status_mut() = status.parse()?,
            }
            Ok(response)
        })
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

async fn gated(settings: &str) -> (Told, Events) {
    let (sink, events) = events();
    let gate = tower_layer::layer_fn(move |inner| Gate(inner, sink.clone()));
    (Told::open(desk().layer(gate), settings).await, events)
}

#[tokio::test]
async fn what_a_layer_answers_has_one_span_and_one_duration() {
    let (told, _) = gated("server: {trusted_proxies: [loopback]}").await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    for (path, what) in
        [("/desk/fine", "429"), ("/desk/fine", "503"), ("/nowhere", "401"), ("/desk/fine", "fail")]
    {
        let request = call("GET", path).header("x-gate", what).header("traceparent", &parent);
        let request = request.header("user-agent", "probe").header("forwarded", "for=203.0.113.9");
        let answer = request.send(told.addr).await;
        assert_eq!(answer.text() == "not now", what != "fail", "{answer:?}");
    }
    assert_eq!(call("GET", "/desk/fine").send(told.addr).await.status, 200);
    let received = told.end().await;
    let [limited, broken, nowhere, failed, fine] = &received.spans[..] else {
        panic!("{:#?}", received.spans)
    };
    for (span, status, error) in [
        (limited, 429, None),
        (broken, 503, Some("503")),
        (nowhere, 401, None),
        (failed, 500, Some("INTERNAL")),
    ] {
        assert_eq!((&*span.trace, &*span.parent), (trace, "00f067aa0ba902b7"), "{span:?}");
        assert_eq!(span.get("http.response.status_code"), Some(&status.into()));
        assert_eq!(span.get("error.type").and_then(Value::text), error, "{span:?}");
        assert_eq!(matches!(span.status, Status::Error(_)), error.is_some(), "{span:?}");
        assert_eq!(span.text("user_agent.original"), "probe");
        assert_eq!(span.text("client.address"), "203.0.113.9");
    }
    // By what was asked for, as far as anybody serves it.
    assert_eq!((&*limited.name, &*nowhere.name), ("GET /desk/{text}", "GET"));
    assert_eq!(fine.get("http.response.status_code"), Some(&200.into()));
    let durations = received.metric("http.server.request.duration").expect("the metric");
    for status in [429, 503, 401, 500, 200] {
        let with = [("http.response.status_code", status.into())];
        let counts: Vec<_> = durations.with(&with).map(|point| point.count).collect();
        assert_eq!(counts, [1], "{status}: {durations:?}");
    }
    let sizes = received.metric("http.server.response.body.size").expect("the metric");
    let with = [("http.response.status_code", 429.into())];
    assert_eq!(sizes.with(&with).map(|point| point.sum).collect::<Vec<_>>(), [7.0]);
}

#[tokio::test]
async fn over_grpc_a_layer_says_how_the_call_ended() {
    let (told, _) = gated("").await;
    let stuck = GrpcCall::new(WORK, &wire("fine")).header("x-gate", "grpc");
    assert_eq!(stuck.send(told.addr).await.status, 14);
    let spans: [_; 1] = told.spans().await;
    assert_eq!(spans[0].name, "telemetry.v1.Desk/Work");
    assert_eq!(spans[0].text("rpc.response.status_code"), "UNAVAILABLE");
    assert_eq!(spans[0].text("error.type"), "UNAVAILABLE");
}

#[tokio::test]
async fn a_request_that_is_given_up_in_a_layer_is_told_of() {
    let (told, mut events) = gated("").await;
    let pending = call("GET", "/desk/fine").header("x-gate", "hang").begin(told.addr).await;
    assert_eq!(events.next().await, "entered");
    pending.hang_up();
    assert_eq!(events.next().await, "dropped");
    let [span] = told.spans().await;
    assert_eq!(span.name, "GET /desk/{text}");
    assert_eq!(span.get("http.response.status_code"), None, "none was sent");
    assert_eq!((span.get("error.type"), &span.status), (None, &Status::Unset));
}

#[tokio::test]
async fn what_a_browser_asks_beforehand_is_told_of_once() {
    let told = Told::open(desk(), "server: {cors: {origins: ['https://app.example']}}").await;
    for origin in ["https://app.example", "https://evil.example"] {
        let asked = call("OPTIONS", "/desk/fine")
            .header("origin", origin)
            .header("access-control-request-method", "GET");
        assert_eq!(asked.send(told.addr).await.status, 204);
    }
    let received = told.end().await;
    let [allowed, other] = &received.spans[..] else { panic!("{:#?}", received.spans) };
    for span in [allowed, other] {
        assert_eq!((&*span.name, span.kind), ("OPTIONS", Kind::Server));
        assert_eq!(span.get("http.response.status_code"), Some(&204.into()));
        assert_eq!(span.text("url.path"), "/desk/fine");
        assert_eq!((span.get("error.type"), &span.status), (None, &Status::Unset));
    }
    let durations = received.metric("http.server.request.duration").expect("the metric");
    assert_eq!(durations.points.iter().map(|point| point.count).collect::<Vec<_>>(), [2]);
}
