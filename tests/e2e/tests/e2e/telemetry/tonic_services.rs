//! Calls to services built with tonic: nobody knows their methods before one has answered, and what callers ask for is
//! theirs to make up.

use e2e::{GrpcCall, grpc};
use support::otlp::Metric;
use tonic::Status;
use tonic::service::interceptor::InterceptedService;

use super::*;
use crate::common::wire;
use crate::tonic_built::{COUNT, ECHO, FAIL, Legacy};

/// How often each method is in a metric, by name.
fn methods(metric: &Metric, key: &str) -> Vec<(String, u64)> {
    let mut methods = std::collections::BTreeMap::<String, u64>::new();
    for point in &metric.points {
        let method = point.attributes.get(key).and_then(Value::text).unwrap_or_default();
        *methods.entry(method.to_owned()).or_default() += point.count;
    }
    methods.into_iter().collect()
}

fn counts<const N: usize>(expected: [(&str, u64); N]) -> Vec<(String, u64)> {
    expected.map(|(name, count)| (name.to_owned(), count)).into()
}

#[tokio::test]
async fn what_callers_make_up_makes_no_series_and_no_name_however_it_ends() {
    let settings = "telemetry: {kratos_names: true}";
    let told = Told::open(App::new("legacy").tonic(Legacy), settings).await;
    for number in 0..5 {
        let nope = format!("/legacy.v1.Legacy/Nope{number}");
        assert_eq!(grpc(told.addr, &nope, &wire("")).await.status, 12);
        let late = GrpcCall::new(&nope, &wire("")).header("grpc-timeout", "0n");
        assert_eq!(late.send(told.addr).await.status, 4);
        // What is refused before the service hears of it.
        let unread = GrpcCall::new(&nope, &wire("")).header("grpc-timeout", "soon");
        assert_eq!(unread.send(told.addr).await.status, 3);
    }
    // A method that always fails may be one or not: nobody knows.
    assert_eq!(grpc(told.addr, FAIL, &wire("")).await.status, 15);
    let received = told.end().await;
    let calls = received.metric("rpc.server.call.duration").expect("the metric");
    assert_eq!(methods(calls, "rpc.method"), counts([("_OTHER", 16)]));
    let kratos = received.metric("kratos.server.request.duration").expect("the metric");
    assert_eq!(methods(kratos, "operation"), counts([("_OTHER", 16)]));
    assert_eq!(received.named("grpc").len(), 16, "{:#?}", received.spans);
    let last = &received.spans[15];
    assert_eq!((last.text("rpc.method"), last.text("kratos.operation")), ("_OTHER", FAIL));
    assert_eq!(last.text("rpc.method_original"), FAIL.trim_start_matches('/'));
}

#[tokio::test]
async fn an_interceptor_that_refuses_proves_nothing() {
    let refuse = |_: tonic::Request<()>| Err(Status::unauthenticated("who are you?"));
    let service = InterceptedService::new(Legacy, refuse);
    let told = Told::open(App::new("legacy").tonic(service), "").await;
    for path in [ECHO, "/legacy.v1.Legacy/Nope"] {
        assert_eq!(grpc(told.addr, path, &wire("")).await.status, 16);
    }
    let received = told.end().await;
    let calls = received.metric("rpc.server.call.duration").expect("the metric");
    assert_eq!(methods(calls, "rpc.method"), counts([("_OTHER", 2)]));
}

#[tokio::test]
async fn a_method_that_has_answered_has_its_name_from_that_call_on() {
    let settings = "telemetry: {kratos_names: true}";
    let told = Told::open(App::new("legacy").tonic(Legacy), settings).await;
    assert_eq!(grpc(told.addr, ECHO, &wire("first")).await.status, 0);
    let late = GrpcCall::new(ECHO, &wire("")).header("grpc-timeout", "0n");
    assert_eq!(late.send(told.addr).await.status, 4);
    web(told.addr, COUNT, &wire("2")).await;
    let received = told.end().await;
    let name = |path: &'static str| path.trim_start_matches('/');
    let calls = received.metric("rpc.server.call.duration").expect("the metric");
    assert_eq!(methods(calls, "rpc.method"), counts([(name(COUNT), 1), (name(ECHO), 2)]));
    let kratos = received.metric("kratos.server.request.duration").expect("the metric");
    assert_eq!(methods(kratos, "operation"), counts([(COUNT, 1), (ECHO, 2)]));
    let spans = &received.spans;
    assert_eq!(spans.len(), 3);
    for (span, path) in spans.iter().zip([ECHO, ECHO, COUNT]) {
        assert_eq!((span.name.as_str(), span.text("rpc.method")), (name(path), name(path)));
        assert_eq!(span.text("kratos.operation"), path);
        assert_eq!(span.get("rpc.method_original"), None);
    }
}

#[tokio::test]
async fn a_stream_that_has_begun_has_shown_its_method() {
    let settings = "telemetry: {batch: {delay: 10ms}}";
    let told = Told::open(App::new("legacy").tonic(Legacy), settings).await;
    let mut call = GrpcCall::new(COUNT, &wire("1000000000")).open(told.addr).await;
    call.next().await.expect("a message");
    drop(call);
    let span = |it: &Received| it.spans.iter().find(|span| span.name != START).cloned();
    let span = told.receiver.wait_for("the span", span).await;
    assert_eq!(span.text("rpc.response.status_code"), "CANCELLED");
    assert_eq!(span.text("rpc.method"), COUNT.trim_start_matches('/'));
}

#[tokio::test]
async fn the_rule_of_a_method_holds_before_it_has_answered() {
    let rules = format!("rules: [{{operation: {ECHO}, share: 1}}]");
    let settings = format!("telemetry: {{sample: 0.0, sampling: {{{rules}}}}}");
    let told = Told::open(App::new("legacy").tonic(Legacy), &settings).await;
    for path in [FAIL, ECHO, ECHO, COUNT] {
        grpc(told.addr, path, &wire("1")).await;
    }
    let spans: [_; 2] = told.spans().await;
    assert!(spans.iter().all(|span| span.text("kratos.operation") == ECHO), "{spans:?}");
}
