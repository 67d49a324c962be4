//! Calls that end otherwise than with an answer of their handler's: each has its one span all the same.

use e2e::{GrpcCall, Wire, call, grpc};
use support::otlp::Status;

use super::*;
use crate::common::wire;

#[tokio::test]
async fn a_panic_is_an_internal_error() {
    let told = Told::desk().await;
    assert_eq!(call("GET", "/desk/explode").send(told.addr).await.status, 500);
    assert_eq!(grpc(told.addr, WORK, &wire("explode")).await.status, 13);
    let [http, rpc] = told.spans().await;
    assert_eq!(http.get("http.response.status_code"), Some(&500.into()));
    assert_eq!(rpc.text("rpc.response.status_code"), "INTERNAL");
    for span in [http, rpc] {
        assert_eq!(span.text("error.type"), "INTERNAL");
        assert_eq!(span.text("kratos.error.reason"), "INTERNAL");
        assert!(matches!(span.status, Status::Error(_)), "{span:?}");
    }
}

#[tokio::test]
async fn a_deadline_that_passes_is_an_error_of_the_server() {
    let told = Told::desk().await;
    let http = call("GET", "/desk/hang").header("grpc-timeout", "50m");
    assert_eq!(http.send(told.addr).await.status, 504);
    let rpc = GrpcCall::new(WORK, &wire("hang")).header("grpc-timeout", "50m");
    assert_eq!(rpc.send(told.addr).await.status, 4);
    let [http, rpc] = told.spans().await;
    assert_eq!(http.get("http.response.status_code"), Some(&504.into()));
    assert_eq!(rpc.text("rpc.response.status_code"), "DEADLINE_EXCEEDED");
    for span in [http, rpc] {
        assert_eq!(span.text("error.type"), "DEADLINE_EXCEEDED");
        assert!(matches!(span.status, Status::Error(_)), "{span:?}");
        assert!(span.seconds() >= 0.05, "{span:?}");
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_is_no_error_of_the_server() {
    let (sink, mut events) = e2e::events();
    let app = desk().middleware(crate::middleware::Guard(sink));
    let told = Told::open(app, "").await;
    let http = call("GET", "/desk/hang").begin(told.addr).await;
    assert_eq!(events.next().await, "entered");
    http.hang_up();
    assert_eq!(events.next().await, "dropped");
    let rpc = GrpcCall::new(WORK, &wire("hang")).begin(told.addr).await;
    assert_eq!(events.next().await, "entered");
    let connection = rpc.give_up();
    assert_eq!(events.next().await, "dropped");
    drop(connection);
    let [http, rpc] = told.spans().await;
    assert_eq!(http.get("http.response.status_code"), None, "none was sent");
    assert_eq!(rpc.text("rpc.response.status_code"), "CANCELLED");
    for span in [http, rpc] {
        assert_eq!(span.get("error.type"), None);
        assert_eq!(span.status, Status::Unset);
        assert_eq!(span.text("kratos.error.reason"), "CANCELLED");
    }
}

#[tokio::test]
async fn an_error_stays_one_where_its_caller_does_not_wait_for_all_of_it() {
    let fails = async || {
        let first = stream::once(async { Ok::<_, std::convert::Infallible>("one") });
        let body = axum::body::Body::from_stream(first.chain(stream::pending()));
        (axum::http::StatusCode::BAD_GATEWAY, body)
    };
    let routes = axum::Router::new().route("/fails", axum::routing::get(fails));
    let told = Told::open(App::new("desk").routes(routes), "").await;
    let mut raw = e2e::Raw::connect(told.addr).await;
    raw.send("GET /fails HTTP/1.1\r\nhost: desk\r\n\r\n").await;
    raw.until("one").await;
    drop(raw);
    let received = told.end().await;
    let [span] = &received.spans[..] else { panic!("{:?}", received.spans) };
    assert_eq!(span.get("http.response.status_code"), Some(&502.into()));
    assert_eq!(span.text("error.type"), "502");
    assert!(matches!(span.status, Status::Error(_)), "{span:?}");
    let metric = received.metric("http.server.request.duration").expect("the metric");
    assert_eq!(metric.points[0].attributes.get("error.type"), Some(&"502".into()));
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_its_callers_mistake() {
    let told = Told::desk().await;
    assert_eq!(call("POST", "/desk").json("{").send(told.addr).await.status, 400);
    let broken = GrpcCall::bytes(WORK, e2e::frame(&[0xff, 0xff]));
    assert_eq!(broken.send(told.addr).await.status, 3);
    let [http, rpc] = told.spans().await;
    assert_eq!(http.name, "POST /desk");
    assert_eq!(http.get("http.response.status_code"), Some(&400.into()));
    assert_eq!(rpc.text("rpc.response.status_code"), "INVALID_ARGUMENT");
    for span in [http, rpc] {
        assert_eq!((span.get("error.type"), &span.status), (None, &Status::Unset));
        assert_eq!(span.text("kratos.error.reason"), "CODEC");
    }
}

#[tokio::test]
async fn what_nobody_serves_is_recorded_once() {
    let told = Told::desk().await;
    for wire in [Wire::Http1, Wire::H2c] {
        assert_eq!(call("GET", "/nowhere").over(wire).send(told.addr).await.status, 404);
        assert_eq!(call("DELETE", "/desk/x").over(wire).send(told.addr).await.status, 405);
        assert_eq!(call("DELETE", "/raw/x").over(wire).send(told.addr).await.status, 405);
    }
    let spans: [_; 6] = told.spans().await;
    for (span, (code, reason)) in spans.iter().zip(
        [(404, "ROUTE_NOT_FOUND"), (405, "METHOD_NOT_ALLOWED"), (405, "METHOD_NOT_ALLOWED")]
            .repeat(2),
    ) {
        assert_eq!(span.get("http.response.status_code"), Some(&i64::from(code).into()));
        assert_eq!(span.text("kratos.error.reason"), reason);
        assert_eq!(span.status, Status::Unset);
    }
}
