//! Connect: unary calls by POST and by GET, streams, errors; over HTTP/1.1 and HTTP/2.

use ::http::Method;
use serde_json::{Value, json};

use super::web::{call, request};
use tower::ServiceExt as _;
use tower_layer::layer_fn;

use super::super::{HttpService, wrap};
use super::*;
use crate::call::Body;
use crate::surface::Encoding;

fn unary(path: &str, media: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let mut request = request(path, media, body);
    request.headers_mut().insert("connect-protocol-version", "1".parse().unwrap());
    request
}

fn envelope(flags: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flags], &length[..], message].concat()
}

/// The messages of a stream, and what its last one says.
fn parts(body: &[u8]) -> (Vec<Value>, Value) {
    let mut messages = Vec::new();
    let mut rest = body;
    loop {
        let ([flags, length @ ..], more) = rest.split_first_chunk::<5>().expect("an envelope");
        let (this, after) = more.split_at(u32::from_be_bytes(*length) as usize);
        rest = after;
        let value = serde_json::from_slice(this).unwrap();
        match flags {
            0 => messages.push(value),
            2 => {
                assert!(rest.is_empty(), "nothing follows the end");
                return (messages, value);
            }
            other => panic!("flags {other}"),
        }
    }
}

fn json_of(response: &Response<Bytes>) -> Value {
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_slice(response.body()).unwrap()
}

#[tokio::test]
async fn a_unary_call_is_a_message_in_a_body() {
    let mut harness = start(Options::default()).await;
    let echo = "/test.v1.Echo/Echo";
    for h2 in [false, true] {
        let sent = r#"{"text":"hi"}"#;
        let answer = call(&harness, h2, unary(echo, "application/json; charset=utf-8", sent)).await;
        assert_eq!((answer.status(), json_of(&answer)), (StatusCode::OK, json!({"text": "hi"})));
        let sent = crate::message::encode(&text("hi"));
        let answer = call(&harness, h2, unary(echo, "application/proto", sent.clone())).await;
        assert_eq!(answer.headers()["content-type"], "application/proto");
        assert_eq!(answer.body(), &sent);
        for _ in 0..2 {
            assert_eq!(harness.outcome().await, (echo.to_owned(), 200, String::new()));
        }
    }
}

#[tokio::test]
async fn trailers_of_a_unary_call_are_headers() {
    let harness = start(Options::default()).await;
    let mut asked = unary("/test.v1.Echo/Beside", "application/json", r#"{"text":"hi"}"#);
    asked.headers_mut().insert("x-md-global-who", "me".parse().unwrap());
    let answer = call(&harness, false, asked).await;
    assert_eq!(answer.headers()["x-beside"], "me");
    assert_eq!(answer.headers()["trailer-x-after-bin"], "AJ8");
}

#[tokio::test]
async fn an_error_has_connects_code_status_and_details() {
    let mut harness = start(Options::default()).await;
    let fail = "/test.v1.Echo/Fail";
    let answer = call(&harness, false, unary(fail, "application/json", r#"{"text":"x"}"#)).await;
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.headers()["x-beside"], "header");
    assert_eq!(answer.headers()["trailer-x-after"], "trailer");
    let error = json_of(&answer);
    assert_eq!((&error["code"], &error["message"]), (&json!("not_found"), &json!("no x")));
    assert_eq!(error["details"][0]["type"], "google.rpc.ErrorInfo");
    assert_eq!(harness.outcome().await, (fail.to_owned(), 404, "TEXT_NOT_FOUND".to_owned()));
    let sent = r#"{"text":"internal"}"#;
    let answer = call(&harness, false, unary(fail, "application/json", sent)).await;
    let error = json_of(&answer);
    assert_eq!(
        (answer.status(), &error["code"]),
        (StatusCode::INTERNAL_SERVER_ERROR, &json!("internal"))
    );
    assert_eq!(error["message"], "internal error");

    // Without the header it is JSON on the RPC path, with the kit's own errors.
    let answer = call(&harness, false, request(fail, "application/json", r#"{"text":"x"}"#)).await;
    assert_eq!(json_of(&answer)["reason"], "TEXT_NOT_FOUND");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_has_its_status_and_code() {
    let mut harness = start(Options::default()).await;
    let (echo, count) = ("/test.v1.Echo/Echo", "/test.v1.Echo/Count");
    let hi = r#"{"text":"hi"}"#;
    let with = |name: &'static str, value: &str, mut request: Request<Full<Bytes>>| {
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let mut delete = unary(echo, "application/proto", "");
    *delete.method_mut() = Method::DELETE;
    let json = "application/json";
    let stream = "application/connect+json";
    let cases = [
        (unary("/test.v1.Echo/Nothing", json, hi), 404, "unimplemented"),
        (delete, 405, "unknown"),
        (unary(echo, "application/foo", hi), 415, "unknown"),
        (request(echo, stream, envelope(0, hi.as_bytes())), 415, "unknown"),
        (request(count, "application/connect+foo", ""), 415, "unknown"),
        (unary(count, json, hi), 415, "unknown"),
        (request("/test.v1.Echo/Nothing", stream, ""), 404, "unimplemented"),
        (with("content-encoding", "foo", unary(echo, json, hi)), 501, "unimplemented"),
        (with("connect-protocol-version", "2", unary(echo, json, hi)), 400, "invalid_argument"),
        (with("connect-timeout-ms", "soon", unary(echo, json, hi)), 400, "invalid_argument"),
        (unary(echo, json, "{"), 400, "invalid_argument"),
        (unary(echo, json, "x".repeat(2000)), 429, "resource_exhausted"),
        (
            with("connect-timeout-ms", "50", unary("/test.v1.Echo/Wait", json, hi)),
            504,
            "deadline_exceeded",
        ),
    ];
    for (request, status, code) in cases {
        let told = format!("{request:?}");
        let answer = call(&harness, false, request).await;
        assert_eq!(answer.status(), status, "{told}");
        assert_eq!(json_of(&answer)["code"], code, "{told}");
        assert!(harness.outcome().await.1 >= 400);
    }
}

#[tokio::test]
async fn messages_are_compressed_both_ways() {
    let harness = start(Options { max_body: 1 << 20, ..Options::default() }).await;
    let long = "again and again ".repeat(1000);
    let sent = json!({ "text": long }).to_string();
    let mut packed = Vec::new();
    Encoding::Gzip.compress(sent.as_bytes(), &mut packed).unwrap();
    let mut asked = unary("/test.v1.Echo/Echo", "application/json", packed.clone());
    asked.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    let answer = call(&harness, false, asked).await;
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let body = Encoding::Gzip.decompress(answer.into_body(), 1 << 20).unwrap();
    assert_eq!(body, sent);

    let mut asked = unary("/test.v1.Echo/Echo", "application/json", sent);
    asked.headers_mut().insert("accept-encoding", "br, deflate, gzip".parse().unwrap());
    let answer = call(&harness, false, asked).await;
    assert_eq!(answer.headers()["content-encoding"], "deflate");

    let frame = envelope(1, &packed);
    let mut asked = request("/test.v1.Echo/Count", "application/connect+json", frame);
    asked.headers_mut().insert("connect-content-encoding", "gzip".parse().unwrap());
    let answer = call(&harness, false, asked).await;
    assert_eq!(answer.headers()["connect-content-encoding"], "gzip");
    assert_eq!(
        parts(answer.body()).1,
        json!({"metadata": {"x-early": ["yes"], "x-late": ["whole"]}})
    );
}

#[tokio::test]
async fn a_stream_says_how_it_ended() {
    let mut harness = start(Options::default()).await;
    let count = "/test.v1.Echo/Count";
    let media = "application/connect+json";
    for h2 in [false, true] {
        let answer =
            call(&harness, h2, request(count, media, envelope(0, br#"{"text":"2"}"#))).await;
        assert_eq!(
            (answer.status(), &answer.headers()["content-type"]),
            (StatusCode::OK, &media.parse().unwrap())
        );
        let (messages, end) = parts(answer.body());
        assert_eq!(messages, [json!({"text": "2"}), json!({"text": "1"})]);
        assert_eq!(end, json!({"metadata": {"x-early": ["yes"], "x-late": ["whole"]}}));
        assert_eq!(harness.outcome().await, (count.to_owned(), 200, String::new()));

        let broken = envelope(0, br#"{"text":"broken"}"#);
        let answer = call(&harness, h2, request(count, media, broken)).await;
        let (messages, end) = parts(answer.body());
        assert!(messages.is_empty());
        assert_eq!(
            (&end["error"]["code"], &end["error"]["message"]),
            (&json!("aborted"), &json!("as you said"))
        );
        assert_eq!(end["error"]["details"][0]["type"], "google.rpc.ErrorInfo");
        assert_eq!(end["metadata"], json!({"x-early": ["yes"], "x-late": ["broken"]}));
        assert_eq!(harness.outcome().await.2, "BROKEN");
    }
}

#[tokio::test]
async fn errors_before_a_stream_end_it() {
    let harness = start(Options::default()).await;
    let media = "application/connect+json";
    let mut unnamed = envelope(1, b"x");
    unnamed.truncate(6);
    for (body, code) in [
        (envelope(0, b"{"), "invalid_argument"),
        (envelope(2, b"{}"), "invalid_argument"),
        (vec![0, 0, 0], "invalid_argument"),
        (envelope(0, &[b' '; 2000]), "resource_exhausted"),
        (unnamed, "internal"),
    ] {
        let answer = call(&harness, false, request("/test.v1.Echo/Count", media, body)).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(parts(answer.body()).1["error"]["code"], code);
    }
    let mut late = request("/test.v1.Echo/Count", media, envelope(0, br#"{"text":"3"}"#));
    late.headers_mut().insert("connect-timeout-ms", "0".parse().unwrap());
    let answer = call(&harness, false, late).await;
    assert_eq!(parts(answer.body()).1["error"]["code"], "deadline_exceeded");
}

#[tokio::test]
async fn idempotent_methods_answer_get() {
    let mut harness = start(Options::default()).await;
    let get = |method: Method, path: &str| {
        let mut request = request(path, "x/y", "");
        *request.method_mut() = method;
        request.headers_mut().remove("content-type");
        request
    };
    let path = "/test.v1.Echo/Beside?connect=v1&encoding=json&message=%7B%22text%22%3A%22hi%22%7D";
    let answer = call(&harness, false, get(Method::GET, path)).await;
    assert_eq!((answer.status(), json_of(&answer)), (StatusCode::OK, json!({"text": "hi"})));
    assert_eq!(answer.headers()["trailer-x-after-bin"], "AJ8");
    assert_eq!(answer.headers()["vary"], "accept-encoding", "compressed or not");
    let answer = call(&harness, false, get(Method::HEAD, path)).await;
    assert_eq!(
        (answer.status(), answer.headers()["content-length"].as_bytes()),
        (StatusCode::OK, &b"13"[..])
    );
    for _ in 0..2 {
        assert_eq!(harness.outcome().await.1, 200);
    }
    let path = "/test.v1.Echo/Beside?encoding=xml&message=";
    let answer = call(&harness, false, get(Method::GET, path)).await;
    assert_eq!((answer.status().as_u16(), &json_of(&answer)["code"]), (415, &json!("unknown")));
    let path = "/test.v1.Echo/Echo?connect=v1&encoding=json&message=%7B%7D";
    let answer = call(&harness, false, get(Method::GET, path)).await;
    assert_eq!(answer.status(), 405);
    assert_eq!(answer.headers()["allow"], "OPTIONS, POST");
}

#[tokio::test]
async fn a_binding_is_rest_whatever_the_headers_say() {
    let harness = start(Options::default()).await;
    let answer = call(&harness, false, unary("/v1/echo", "application/json", "{")).await;
    assert_eq!((answer.status().as_u16(), &json_of(&answer)["reason"]), (400, &json!("CODEC")));
}

#[tokio::test]
async fn a_connection_outlives_a_call_that_was_refused_before_its_body_came() {
    outlives_refusals(start(Options::default()).await).await;
}

/// The same behind layers: one that lets requests through as they are, and one that wraps their bodies.
#[tokio::test]
async fn a_connection_outlives_it_behind_layers_too() {
    let through = || wrap(layer_fn(|inner: HttpService| inner));
    let wrapping = wrap(layer_fn(|inner: HttpService| {
        inner.map_request(|request: Request<Body>| {
            request.map(|body| Body::new(http_body_util::Limited::new(body, 1 << 20)))
        })
    }));
    for layers in [vec![through()], vec![through(), wrapping]] {
        outlives_refusals(start(Options { layers, ..Options::default() }).await).await;
    }
}

async fn outlives_refusals(harness: Harness) {
    let mut client = harness.raw().await;
    let json = "content-type: application/json\r\nconnect-protocol-version: 1\r\n";
    for (path, more, status) in [
        ("/test.v1.Echo/Echo", "content-encoding: foo\r\n", "501"),
        ("/test.v1.Echo/Count", "", "415"),
        ("/test.v1.Echo/Nothing", "", "404"),
    ] {
        let length =
            if status == "501" { "transfer-encoding: chunked" } else { "content-length: 13" };
        client
            .send(&format!("POST {path} HTTP/1.1\r\nhost: t\r\n{json}{more}{length}\r\n\r\n"))
            .await;
        // A call on another connection comes and goes meanwhile.
        let mut other = harness.raw().await;
        other.send(&post("/v1/echo", r#"{"text":"other"}"#)).await;
        assert_eq!(other.response().await.1, r#"{"text":"other"}"#);
        let hi = r#"{"text":"hi"}"#;
        let body = if status == "501" { format!("d\r\n{hi}\r\n0\r\n\r\n") } else { hi.to_owned() };
        client.send(&body).await;
        let (head, _) = client.response().await;
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{head}");
    }
    client.send(&post("/v1/echo", r#"{"text":"still"}"#)).await;
    assert_eq!(client.response().await.1, r#"{"text":"still"}"#);
}
