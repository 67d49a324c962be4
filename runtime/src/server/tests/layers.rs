//! Layers of the user's that stand around everything, and what becomes of a call when one of them fails.

use tower::ServiceExt as _;
use tower_layer::layer_fn;

use super::super::{HttpService, wrap};
use super::access::{access, listen};
use super::*;

use crate::call::Body;
use crate::error::BoxError;

/// Does what its request's header says, instead of asking further.
async fn faulty(inner: HttpService, request: Request<Body>) -> Result<Response<Body>, BoxError> {
    match request.headers().get("x-layer").map(|what| what.as_bytes()) {
        Some(b"panic") => panic!("on purpose"),
        Some(b"fail") => Err("the password is 7".into()),
        Some(b"rebuild") => {
            let (head, body) = request.into_parts();
            let mut own = Request::new(body);
            (*own.uri_mut(), *own.method_mut()) = (head.uri, head.method);
            inner.oneshot(own).await?;
            Err("the password is 9".into())
        }
        Some(b"late") => {
            inner.oneshot(request).await?;
            Err("the password is 8".into())
        }
        Some(b"limit") => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            Ok(response)
        }
        Some(b"refuse") => Err(Error::unauthorized("NOT_YOU", "somebody else").into()),
        _ => inner.oneshot(request).await,
    }
}

async fn serving() -> Harness {
    let layer = layer_fn(|inner: HttpService| {
        tower::service_fn(move |request| faulty(inner.clone(), request))
    });
    start(Options { layers: vec![wrap(layer)], ..Options::default() }).await
}

/// What a layer does, and what its caller reads.
const CASES: [(&str, u16, &str, &str, &str); 3] = [
    ("panic", 500, "13", "INTERNAL", "internal error"),
    ("fail", 500, "13", "INTERNAL", "internal error"),
    ("refuse", 401, "16", "NOT_YOU", "somebody else"),
];

#[tokio::test]
async fn a_failing_layer_answers_http_in_our_shape() {
    let harness = serving().await;
    let mut client = harness.raw().await;
    for (what, code, _, reason, message) in CASES {
        client.send(&format!("GET /echo/x HTTP/1.1\r\nhost: t\r\nx-layer: {what}\r\n\r\n")).await;
        let (head, body) = client.response().await;
        assert!(head.starts_with(&format!("http/1.1 {code}")), "{what}: {head}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!((&body["code"], &body["reason"]), (&code.into(), &reason.into()), "{what}");
        assert_eq!(body["message"], message, "{what}");
    }
    client.send("GET /echo/x HTTP/1.1\r\nhost: t\r\n\r\n").await;
    assert_eq!(client.response().await.1, r#"{"text":"x"}"#);
}

#[tokio::test]
async fn a_failing_layer_answers_grpc_with_a_status() {
    let harness = serving().await;
    let mut send = harness.h2().await;
    for (what, code, status, reason, message) in CASES {
        let mut request = grpc_request("/test.v1.Echo/Echo", framed(&text("x")));
        request.headers_mut().insert("x-layer", what.parse().unwrap());
        let answer = take_apart(soon(send.send_request(request)).await.unwrap()).await;
        assert_eq!((answer.status, answer.grpc_status()), (StatusCode::OK, status), "{answer:?}");
        assert_eq!(answer.headers["content-type"], "application/grpc");
        // Trailers are all there is.
        assert!(answer.headers.contains_key("grpc-status") && answer.messages.is_empty());
        let error = answer.error();
        assert_eq!((error.code(), error.reason(), error.message()), (code, reason, message));
    }
    assert_eq!(grpc(&mut send, "Echo", "still").await.messages, [text("still")]);
}

#[tokio::test]
async fn a_call_whose_layer_fails_has_one_record_like_any_other() {
    let (mut lines, _guard) = listen();
    let harness = serving().await;
    let mut send = harness.h2().await;
    for (what, code, _, reason, _) in CASES {
        let mut request = grpc_request("/test.v1.Echo/Echo", framed(&text("x")));
        request.headers_mut().insert("x-layer", what.parse().unwrap());
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        request.headers_mut().insert("traceparent", parent.parse().unwrap());
        take_apart(soon(send.send_request(request)).await.unwrap()).await;
        let line = access(&mut lines).await;
        for part in [
            r#"operation="/test.v1.Echo/Echo""#,
            r#"protocol="grpc""#,
            &format!("code={code}"),
            &format!("reason=\"{reason}\""),
            "peer=127.0.0.1:",
            "trace_id=4bf92f3577b34da6a3ce929d0e0e4736",
        ] {
            assert!(line.contains(part), "{what}: {part} is not in {line}");
        }
        // What callers do not see of it is here.
        assert_eq!(line.contains("the password is 7"), what == "fail", "{line}");
    }
    let mut client = harness.raw().await;
    for (path, operation) in [("/echo/x", "/test.v1.Echo/Echo"), ("/nowhere", "unmatched")] {
        client.send(&format!("GET {path} HTTP/1.1\r\nhost: t\r\nx-layer: fail\r\n\r\n")).await;
        client.response().await;
        let line = access(&mut lines).await;
        assert!(line.contains(&format!("operation=\"{operation}\"")), "{line}");
        assert!(line.contains(r#"protocol="http""#), "{line}");
    }
    // What a layer answers itself it has answered well.
    client.send("GET /echo/x HTTP/1.1\r\nhost: t\r\nx-layer: limit\r\n\r\n").await;
    assert!(client.response().await.0.starts_with("http/1.1 429"));
    let line = access(&mut lines).await;
    for part in ["code=429", r#"operation="/test.v1.Echo/Echo""#, "peer=127.0.0.1:"] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    // A layer that fails on its way out has let the call through: that has its record by then, and no other, be it with a
    // request that the layer has made itself.
    for (what, password) in [("late", 8), ("rebuild", 9)] {
        client
            .send(&format!("GET /echo/late HTTP/1.1\r\nhost: t\r\nx-layer: {what}\r\n\r\n"))
            .await;
        assert!(client.response().await.0.starts_with("http/1.1 500"));
        let line = access(&mut lines).await;
        assert!(line.contains(r#"reason="CANCELLED""#), "{line}");
        assert!(line.contains("peer=127.0.0.1:"), "{line}");
        let line = soon(lines.recv()).await.unwrap();
        let password = format!("the password is {password}");
        assert!(line.contains(&password) && !line.contains("bident::access"), "{line}");
    }
    client.send("GET /echo/x HTTP/1.1\r\nhost: t\r\n\r\n").await;
    client.response().await;
    assert!(access(&mut lines).await.contains("code=200"));
}
