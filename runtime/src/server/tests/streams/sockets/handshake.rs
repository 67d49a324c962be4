//! How a socket begins, or does not.

use super::*;
use crate::server::{HttpService, wrap};

#[tokio::test]
async fn what_is_wrong_with_the_request_has_a_status() {
    let mut harness = start(Options::default()).await;
    let chat = "/test.v1.Streams/Chat".to_owned();
    let cases = [
        (asking("/chat/x", "").replace(": 13", ": 8"), 426, "UPGRADE_REQUIRED", &chat),
        (asking("/chat/x", "").replace("dGhl", ""), 400, "CODEC", &chat),
        (asking("/chat/x", "origin: https://evil.test\r\n"), 403, "ORIGIN_NOT_ALLOWED", &chat),
        (asking("/chat/x", "grpc-timeout: soon\r\n"), 400, "CODEC", &chat),
        (asking("/nowhere", ""), 404, "ROUTE_NOT_FOUND", &"unmatched".to_owned()),
    ];
    for (request, status, reason, operation) in cases {
        let mut client = harness.raw().await;
        client.send(&request).await;
        let (head, body) = client.response().await;
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{head}");
        for named in ["sec-websocket-version: 13", "upgrade: websocket", "connection: upgrade"] {
            assert_eq!(head.contains(named), status == 426, "{head}");
        }
        assert!(body.contains(reason), "{body}");
        assert_eq!(harness.outcome().await, (operation.clone(), status, reason.to_owned()));
    }
    // A page of the same origin may.
    harness.socket_with("/chat/x", "origin: http://test\r\n").await;
    // A unary method on such a path is what it always was.
    let mut client = harness.raw().await;
    client.send(&asking("/echo/hi", "")).await;
    assert_eq!(client.response().await.1, r#"{"text":"hi"}"#);
    // Where nothing but a socket could bring the messages, plain HTTP is told so.
    client.send("GET /listen/x HTTP/1.1\r\nhost: test\r\n\r\n").await;
    let (head, _) = client.response().await;
    assert!(head.starts_with("http/1.1 426 ") && head.contains("upgrade: websocket"), "{head}");
    // Over HTTP/2 there is nothing that it could be upgraded with.
    let mut statuses = Vec::new();
    for caller in harness.callers() {
        statuses.push(caller.get("/listen/x", "*/*").await.status().as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [405, 426]);
    // An upgrade that the connection does not name is none.
    client.send(&asking("/listen/x", "").replace("connection: Upgrade\r\n", "")).await;
    assert!(client.response().await.0.starts_with("http/1.1 426 "));
}

#[tokio::test]
async fn middleware_that_refuses_answers_over_http() {
    struct Door;
    impl Middleware for Door {
        fn handle<'a>(
            &'a self,
            call: Call,
            next: Next<'a>,
        ) -> crate::call::BoxFuture<'a, Result<Reply>> {
            assert_eq!(call.protocol().name(), "websocket");
            match call.headers().get("x-key") {
                Some(_) => Box::pin(next.run(call)),
                None => Box::pin(async { Err(Error::unauthorized("NO_KEY", "who are you?")) }),
            }
        }
    }
    let harness = start(Options { middleware: vec![Arc::new(Door)], ..Options::default() }).await;
    let mut client = harness.raw().await;
    client.send(&asking("/chat/x", "")).await;
    let (head, body) = client.response().await;
    assert!(head.starts_with("http/1.1 401 ") && body.contains("NO_KEY"), "{head}{body}");
    let mut socket = harness.socket_with("/chat/x", "x-key: 1\r\n").await;
    say(&mut socket, "{}").await;
    assert_eq!(text_of(&mut socket).await, inner("", 0));
}

#[tokio::test]
async fn a_socket_may_stand_behind_the_layers_of_a_user() {
    let layer = tower_layer::layer_fn(|inner: HttpService| {
        tower::ServiceExt::<Request<Body>>::map_response(inner, |mut response| {
            response.headers_mut().insert("x-layer", "seen".parse().unwrap());
            response
        })
    });
    let mut harness = start(Options { layers: vec![wrap(layer)], ..Options::default() }).await;
    let mut client = harness.raw().await;
    client.send(&asking("/chat/x", "")).await;
    let (head, _) = client.response().await;
    assert!(head.starts_with("http/1.1 101 ") && head.contains("x-layer: seen"), "{head}");
    let mut socket = WebSocketStream::from_raw_socket(client.0, Role::Client, None).await;
    say(&mut socket, "{}").await;
    assert_eq!(text_of(&mut socket).await, inner("", 0));
    assert_eq!(harness.event().await, Event::Began);
    drop(socket);
    assert_eq!(harness.event().await, Event::Dropped);
    assert_eq!(harness.outcome().await.1, 499);
}

#[tokio::test]
async fn a_page_may_send_a_token_beside_the_name_of_the_subprotocol() {
    let harness = start(Options::default()).await;
    for (offered, chosen) in [("bident.v1, token.c2VjcmV0", true), ("token.c2VjcmV0", false)] {
        let mut client = harness.raw().await;
        client.send(&asking("/chat/x", &format!("sec-websocket-protocol: {offered}\r\n"))).await;
        let (head, _) = client.response().await;
        assert!(head.starts_with("http/1.1 101 "), "{head}");
        assert_eq!(head.contains("sec-websocket-protocol: bident.v1\r\n"), chosen, "{head}");
    }
}
