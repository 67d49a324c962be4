//! HTTP/1.1: routes, errors, keep-alive.

use super::*;

#[tokio::test]
async fn a_get_and_a_post_are_answered_on_one_connection() {
    let mut harness = start(Options::default()).await;
    let mut client = harness.raw().await;
    client.send("GET /echo/a%2Fb HTTP/1.1\r\nhost: test\r\n\r\n").await;
    let (head, body) = client.response().await;
    assert!(head.starts_with("http/1.1 200 ok"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    assert_eq!(body, r#"{"text":"a/b"}"#);
    for path in ["/v1/echo", "/test.v1.Echo/Echo"] {
        client.send(&post(path, r#"{"text":"hi"}"#)).await;
        assert_eq!(client.response().await.1, r#"{"text":"hi"}"#);
    }
    for _ in 0..3 {
        assert_eq!(harness.outcome().await, ("/test.v1.Echo/Echo".to_owned(), 200, String::new()));
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let harness = start(Options::default()).await;
    let mut client = harness.raw().await;
    let get = |n: usize| format!("GET /echo/{n} HTTP/1.1\r\nhost: test\r\n\r\n");
    client.send(&(0..16).map(get).collect::<String>()).await;
    for n in 0..16 {
        assert_eq!(client.response().await.1, format!(r#"{{"text":"{n}"}}"#));
    }
}

#[tokio::test]
async fn errors_have_one_shape_and_pass_the_middleware_once() {
    let mut harness = start(Options::default()).await;
    let mut client = harness.raw().await;
    let echo = "/test.v1.Echo/Echo".to_owned();
    let cases = [
        (
            "GET /nowhere HTTP/1.1\r\nhost: t\r\n\r\n".to_owned(),
            404,
            "ROUTE_NOT_FOUND",
            "unmatched".to_owned(),
        ),
        (
            "DELETE /v1/echo HTTP/1.1\r\nhost: t\r\n\r\n".to_owned(),
            405,
            "METHOD_NOT_ALLOWED",
            "unmatched".to_owned(),
        ),
        (post("/v1/echo", "{"), 400, "CODEC", echo.clone()),
        (
            post("/v1/echo", &format!(r#"{{"text":"{}"}}"#, "x".repeat(2000))),
            413,
            "BODY_TOO_LARGE",
            echo.clone(),
        ),
        (
            "GET /echo/a HTTP/1.1\r\nhost: t\r\ngrpc-timeout: soon\r\n\r\n".to_owned(),
            400,
            "CODEC",
            "unmatched".to_owned(),
        ),
        (
            post("/test.v1.Echo/Fail", r#"{"text":"x"}"#),
            404,
            "TEXT_NOT_FOUND",
            "/test.v1.Echo/Fail".to_owned(),
        ),
        (
            post("/test.v1.Echo/Count", r#"{"text":"broken"}"#),
            409,
            "BROKEN",
            "/test.v1.Echo/Count".to_owned(),
        ),
    ];
    for (request, code, reason, operation) in cases {
        client.send(&request).await;
        let (head, body) = client.response().await;
        assert!(head.starts_with(&format!("http/1.1 {code} ")), "{head}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!((&body["code"], &body["reason"]), (&code.into(), &reason.into()), "{body}");
        assert_eq!(head.contains("allow: options, post"), code == 405, "{head}");
        assert_eq!(head.contains("x-beside: header"), reason == "TEXT_NOT_FOUND", "{head}");
        if operation != "unmatched" || code != 400 {
            assert_eq!(harness.outcome().await, (operation, code, reason.to_owned()));
        } else {
            assert_eq!(harness.outcome().await.1, code);
        }
        if code == 413 {
            // The rest of a body that nobody wants is not read.
            client = harness.raw().await;
        }
    }
}

#[tokio::test]
async fn options_names_the_methods() {
    let harness = start(Options::default()).await;
    let mut client = harness.raw().await;
    client.send("OPTIONS /v1/echo HTTP/1.1\r\nhost: t\r\n\r\n").await;
    let (head, _) = client.response().await;
    assert!(head.starts_with("http/1.1 204"), "{head}");
    assert!(head.contains("allow: ") && head.contains("post"), "{head}");
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_server_lives_on() {
    let mut harness = start(Options::default()).await;
    let mut client = harness.raw().await;
    client.send(&post("/test.v1.Echo/Panic", r#"{"text":"x"}"#)).await;
    let (head, body) = client.response().await;
    assert!(head.starts_with("http/1.1 500"), "{head}");
    assert!(body.contains("INTERNAL") && !body.contains("on purpose"), "{body}");
    assert_eq!(harness.outcome().await.1, 500);
    client.send(&post("/v1/echo", r#"{"text":"x"}"#)).await;
    assert_eq!(client.response().await.1, r#"{"text":"x"}"#);
}

#[tokio::test]
async fn a_caller_that_goes_away_drops_the_handler() {
    let mut harness = start(Options::default()).await;
    let mut client = harness.raw().await;
    client.send(&post("/test.v1.Echo/Wait", r#"{"text":"x"}"#)).await;
    assert_eq!(harness.event().await, Event::Began);
    drop(client);
    assert_eq!(harness.event().await, Event::Dropped);
}

#[tokio::test]
async fn half_a_request_does_not_hold_back_the_answer_before_it() {
    let harness = start(Options::default()).await;
    let mut client = harness.raw().await;
    client.send(&format!("{}GET /ec", post("/v1/echo", r#"{"text":"1"}"#))).await;
    assert_eq!(client.response().await.1, r#"{"text":"1"}"#);
    client.send("ho/2 HTTP/1.1\r\nhost: t\r\n\r\n").await;
    assert_eq!(client.response().await.1, r#"{"text":"2"}"#);
}

#[tokio::test]
async fn a_malformed_head_is_told_so() {
    let harness = start(Options::default()).await;
    let mut client = harness.raw().await;
    client.send("GET  /echo/x HTTP/1.1\r\nhost t\r\n\r\n").await;
    assert!(client.response().await.0.starts_with("http/1.1 400"));
}
