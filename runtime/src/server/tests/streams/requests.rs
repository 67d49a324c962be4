//! Many messages in a request: lines.

use futures_util::stream::unfold;
use http_body_util::StreamBody;
use hyper::body::Frame;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tower::ServiceExt as _;

use super::*;
use crate::server::HttpService;

const LINES: (&str, &str) = ("content-type", "application/x-ndjson");

fn bytes(text: impl Into<String>) -> Body {
    Body::from(Bytes::from(text.into()))
}

/// Text, or that there is no way to go on.
type Written = Result<&'static str, Error>;

/// A body that is sent as it is written.
fn written() -> (UnboundedSender<Written>, Body) {
    let (send, received) = unbounded_channel::<Written>();
    let frames = unfold(received, async |mut received| {
        let text = received.recv().await?;
        Some((text.map(|text| Frame::data(Bytes::from_static(text.as_bytes()))), received))
    });
    (send, Body::new(StreamBody::new(Box::pin(frames))))
}

#[tokio::test]
async fn lines_are_messages_and_the_answer_is_one() {
    let mut harness = start(Options::default()).await;
    let cases = [
        ("{\"text\":\"a\"}\n{\"text\":\"b\"}\n", "ab", 2),
        ("\r\n{\"text\":\"a\"}\r\n\n  {\"text\":\"b\"}", "ab", 2),
    ];
    for caller in harness.callers() {
        for (body, text, n) in cases {
            let response = caller.ask("POST", "/join/x", &[LINES], bytes(body)).await;
            assert_eq!(response.headers()["content-type"], "application/json");
            let expected = format!(r#"{{"id":"x","text":"{text}","n":{n}}}"#);
            assert_eq!(whole(response).await, expected);
            let ended = ("/test.v1.Streams/Join".to_owned(), 200, String::new());
            assert_eq!(harness.outcome().await, ended);
        }
        // Of one message the path is part, and the query too.
        let json = [("content-type", "application/json")];
        let body = bytes("{\n  \"text\": \"alone\"\n}");
        let response = caller.ask("POST", "/join/x?inner.text=query", &json, body).await;
        let expected = r#"{"id":"x","text":"alone","n":1,"inner":{"text":"query"}}"#;
        assert_eq!(whole(response).await, expected);
        for headers in [&json[..], &[LINES], &[]] {
            let response = caller.ask("POST", "/join/x", headers, Body::empty()).await;
            assert_eq!(whole(response).await, r#"{"id":"","text":"","n":0}"#);
        }
        let response = caller.ask("POST", "/test.v1.Streams/Join", &[LINES], bytes("{}")).await;
        assert_eq!(whole(response).await, r#"{"id":"","text":"","n":1}"#);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_line_ends_the_call() {
    let mut harness = start(Options::default()).await;
    let long = format!("{{\"text\":\"{}\"}}\n", "x".repeat(2000));
    let cases = [
        (LINES.1, "{}\n{\"text\":7}\n", 400, "CODEC"),
        (LINES.1, "{}\n{\"text\":", 400, "CODEC"),
        (LINES.1, &long, 413, "BODY_TOO_LARGE"),
        (LINES.1, &long[..1500], 413, "BODY_TOO_LARGE"),
        ("application/json", &long, 413, "BODY_TOO_LARGE"),
        ("text/csv", "a,b", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ];
    for caller in harness.callers() {
        for (media, body, status, reason) in cases {
            let headers = [("content-type", media)];
            let response = caller.ask("POST", "/join/x", &headers, bytes(body)).await;
            assert_eq!(response.status(), status, "{body}");
            assert_eq!(harness.outcome().await.2, reason);
        }
        // Many lines may be larger than any one of them.
        let many = bytes("{\"text\":\"1234567890\"}\n".repeat(200));
        let response = caller.ask("POST", "/join/x", &[LINES], many).await;
        assert_eq!(response.status(), 200);
        harness.outcome().await;
        // One message is not many lines.
        let response = caller.ask("POST", "/v1/echo", &[LINES], bytes("{}\n")).await;
        assert_eq!(response.status(), 415);
        harness.outcome().await;
    }
}

#[tokio::test]
async fn over_http1_streams_are_no_grpc() {
    let harness = start(Options::default()).await;
    let mut client = harness.raw().await;
    let head = "host: t\r\ncontent-type: application/grpc+proto\r\ncontent-length: 5\r\n\r\n";
    client.send(&format!("POST /test.v1.Streams/Join HTTP/1.1\r\n{head}\0\0\0\0\0")).await;
    let (head, body) = client.response().await;
    assert!(head.starts_with("http/1.1 415 ") && body.contains("gRPC needs HTTP/2"), "{body}");
}

#[tokio::test]
async fn messages_go_both_ways_as_they_are_written() {
    let mut harness = start(Options::default()).await;
    for caller in harness.callers() {
        let (send, body) = written();
        send.send(Ok("{\"text\":\"1\"}\n{\"te")).unwrap();
        let headers = [LINES, ("accept", "application/x-ndjson")];
        let mut response = caller.ask("POST", "/chat/x", &headers, body).await.into_body();
        let inner = |text, n| {
            format!("{{\"id\":\"x\",\"text\":\"\",\"n\":{n},\"inner\":{{\"text\":\"{text}\"}}}}\n")
        };
        assert_eq!(piece(&mut response).await, inner("1", 0));
        send.send(Ok("xt\":\"2\"}\n")).unwrap();
        assert_eq!(piece(&mut response).await, inner("2", 1));
        drop(send);
        let rest = soon(response.collect()).await.unwrap();
        assert!(rest.to_bytes().is_empty());
        assert_eq!(harness.outcome().await.1, 200);
    }
}

#[tokio::test]
async fn a_caller_that_breaks_off_its_messages_ends_the_call() {
    let mut harness = start(Options::default()).await;
    for caller in harness.callers() {
        let (send, body) = written();
        send.send(Ok("{}\n")).unwrap();
        let mut response = caller.ask("POST", "/chat/x", &[LINES], body).await;
        piece(response.body_mut()).await;
        assert_eq!(harness.event().await, Event::Began);
        send.send(Err(Error::cancelled())).unwrap();
        assert_eq!(harness.event().await, Event::Dropped);
        assert_eq!(harness.outcome().await.1, 499);
    }
}

/// A layer of the user's that puts a body of its own in place of each request's.
fn wrapping() -> Vec<Wrap> {
    vec![wrap(tower_layer::layer_fn(|inner: HttpService| {
        inner.map_request(|request: Request<Body>| request.map(|body| body.map_frame(|it| it)))
    }))]
}

#[tokio::test]
async fn what_a_handler_leaves_unread_costs_http1_neither_answer_nor_connection() {
    for layers in [Vec::new(), wrapping()] {
        let harness = start(Options { layers, ..Options::default() }).await;
        let mut client = harness.raw().await;
        let head =
            "host: t\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
        client.send(&format!("POST /chat/x?text=broken HTTP/1.1\r\n{head}3\r\n{{}}\n\r\n")).await;
        let (head, body) = client.response().await;
        assert!(head.starts_with("http/1.1 409 ") && body.contains("BROKEN"), "{head}{body}");
        // The answer is there, and its caller goes on to write what it meant to.
        let rest = "{}\n".repeat(100_000);
        client.send(&format!("{:x}\r\n{rest}\r\n0\r\n\r\n", rest.len())).await;
        client.send("GET /echo/hi HTTP/1.1\r\nhost: t\r\n\r\n").await;
        assert_eq!(client.response().await.1, r#"{"text":"hi"}"#);
    }
}

#[tokio::test]
async fn what_is_wrong_in_base64_costs_http1_neither_answer_nor_connection() {
    // A message that is larger than any may be, and none.
    for begun in ["AAAA//8=", "!!!!"] {
        let harness = start(Options::default()).await;
        let mut client = harness.raw().await;
        let body = format!("{begun}{}", "AAAA".repeat(75_000));
        let head =
            "host: t\r\ncontent-type: application/grpc-web-text\r\ntransfer-encoding: chunked\r\n";
        client
            .send(&format!(
                "POST /test.v1.Echo/Echo HTTP/1.1\r\n{head}\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
                body.len()
            ))
            .await;
        client.send("GET /echo/hi HTTP/1.1\r\nhost: t\r\n\r\n").await;
        let (head, _) = client.response().await;
        assert!(head.contains("content-type: application/grpc-web-text+proto\r\n"), "{head}");
        assert_eq!(client.response().await.1, r#"{"text":"hi"}"#);
    }
}
