//! When a client span is an error, and what it says then: statuses, answers that break off, calls that have none.

use std::time::Duration;

use futures_util::future::{Either, select};
use support::otlp::Status;
use tokio::net::TcpListener;

use super::client::{calling, canned, client_spans, only};
use super::*;

/// What a span says of an error: `error.type`, and the description of its status.
fn failure(span: &Span) -> Option<(&str, &str)> {
    match &span.status {
        Status::Error(text) => Some((span.text("error.type"), text)),
        Status::Unset => {
            assert_eq!(span.get("error.type"), None, "{span:?}");
            None
        }
        status => panic!("{status:?}"),
    }
}

async fn desk_at(scheme: &str, addr: SocketAddr) -> DeskClient {
    DeskClient::connect(format!("{scheme}://{addr}")).await.expect("a client")
}

#[tokio::test]
async fn every_error_status_of_http_is_an_error_of_the_call() {
    let codes = [400_u16, 404, 409, 429, 500, 503];
    let server = start(desk()).await;
    let client = desk_at("http", server.addr).await;
    let received = calling("", &[], async move {
        for code in codes {
            client.work(Note::new(format!("http={code}"))).await.expect_err("an error");
        }
    })
    .await;
    let spans = client_spans(&received);
    assert_eq!(spans.len(), codes.len());
    for (span, code) in spans.into_iter().zip(codes) {
        assert_eq!(span.get("http.response.status_code"), Some(&i64::from(code).into()));
        let (kind, text) = failure(span).expect("an error");
        assert_eq!(kind, code.to_string());
        // Of its own mistakes a server tells its callers nothing.
        assert_eq!(text == "as asked", code < 500, "{text}");
        assert!(!text.is_empty(), "{span:?}");
    }
}

#[tokio::test]
async fn every_code_of_grpc_but_ok_is_an_error_of_the_call() {
    let codes = ["CANCELLED", "INVALID_ARGUMENT", "NOT_FOUND", "ABORTED", "UNAUTHENTICATED"];
    let server = start(desk()).await;
    let client = desk_at("grpc", server.addr).await;
    let received = calling("", &[], async move {
        for code in codes {
            client.work(Note::new(format!("grpc={code}"))).await.expect_err("an error");
        }
        client.work(Note::new("broken")).await.expect_err("an error");
        client.work(Note::new("fine")).await.expect("an answer");
    })
    .await;
    let spans = client_spans(&received);
    for (span, code) in spans.iter().zip(codes) {
        assert_eq!(span.text("rpc.response.status_code"), code);
        assert_eq!(failure(span), Some((code, "as asked")));
    }
    let [broken, fine] = spans[codes.len()..] else { panic!("{spans:#?}") };
    assert_eq!(broken.text("rpc.response.status_code"), "INTERNAL");
    let (kind, text) = failure(broken).expect("an error");
    assert_eq!((kind, text.is_empty()), ("INTERNAL", false));
    assert_eq!((fine.text("rpc.response.status_code"), failure(fine)), ("OK", None));
}

/// The answer, the status that the span tells, and `error.type`.
type Canned = (&'static str, i64, Option<&'static str>);

const ANSWERS: [Canned; 7] = [
    ("HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n", 302, None),
    ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{", 200, Some("INTERNAL")),
    // The connection ends before the body does.
    ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", 200, Some("UNAVAILABLE")),
    ("HTTP/1.1 302 Found\r\ncontent-length: 9\r\n\r\n{", 302, Some("UNAVAILABLE")),
    ("HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\n{", 404, Some("404")),
    ("HTTP/1.1 200 OK\r\ncontent-length: 5000000\r\n\r\n{", 200, Some("BODY_TOO_LARGE")),
    ("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5000000\r\n\r\n{", 503, Some("503")),
];

#[tokio::test]
async fn what_fails_after_the_head_leaves_the_status_what_it_was() {
    for (answer, status, expected) in ANSWERS {
        let (addr, _asked) = canned(answer).await;
        let client = desk_at("http", addr).await;
        let received = calling("", &[], async move {
            client.work(Note::new("fine")).await.expect_err("no message");
        })
        .await;
        let span = only(&received);
        assert_eq!(span.get("http.response.status_code"), Some(&status.into()), "{answer}");
        assert_eq!(failure(span).map(|(kind, _)| kind), expected, "{answer}: {span:?}");
        let metric = received.metric("http.client.request.duration").expect("the metric");
        let kind = metric.points[0].attributes.get("error.type").and_then(Value::text);
        assert_eq!(kind, expected, "{answer}");
    }
}

const STREAMS: [Canned; 4] = [
    ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", 404, Some("404")),
    ("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 0\r\n\r\n", 200, None),
    (
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 1\r\n\r\n<",
        200,
        Some("INTERNAL"),
    ),
    (
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ncontent-length: 99\r\n\r\n\
         {\"text\":\"one\"}\n",
        200,
        Some("UNAVAILABLE"),
    ),
];

/// Reads a stream to its end or its first error.
async fn read(client: &DeskClient, text: &str) {
    let Ok(mut notes) = client.many(Note::new(text)).await else { return };
    while let Some(Ok(_)) = notes.next().await {}
}

#[tokio::test]
async fn a_stream_that_breaks_off_tells_its_status_and_what_broke() {
    for (answer, status, expected) in STREAMS {
        let (addr, _asked) = canned(answer).await;
        let client = desk_at("http", addr).await;
        let received = calling("", &[], async move { read(&client, "fine").await }).await;
        let span = only(&received);
        assert_eq!(span.get("http.response.status_code"), Some(&status.into()), "{answer}");
        assert_eq!(failure(span).map(|(kind, _)| kind), expected, "{answer}: {span:?}");
    }
    // An error that the server itself sends late.
    for (scheme, expected) in [("http", "BROKEN"), ("grpc", "INTERNAL")] {
        let server = start(desk()).await;
        let client = desk_at(scheme, server.addr).await;
        let received = calling("", &[], async move { read(&client, "broken").await }).await;
        let span = only(&received);
        assert_eq!(failure(span).map(|(kind, _)| kind), Some(expected), "{span:?}");
        assert_eq!(span.text("kratos.error.reason"), "BROKEN");
        let status = (scheme == "http").then_some(200.into());
        assert_eq!(span.get("http.response.status_code"), status.as_ref());
    }
}

#[tokio::test]
async fn a_call_without_an_answer_says_why() {
    for scheme in ["http", "grpc"] {
        let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let refusing = nobody.local_addr().expect("an address");
        drop(nobody);
        let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let hanging = silent.local_addr().expect("an address");
        for (addr, expected) in [(refusing, "UNAVAILABLE"), (hanging, "DEADLINE_EXCEEDED")] {
            let client = desk_at(scheme, addr).await.with_deadline(Duration::from_millis(200));
            let received = calling("", &[], async move {
                client.work(Note::new("fine")).await.expect_err("nobody answers");
            })
            .await;
            let span = only(&received);
            let (kind, text) = failure(span).expect("an error");
            assert_eq!(kind, expected, "{scheme}: {span:?}");
            assert!(!text.is_empty() && text != kind, "{span:?}");
            assert_eq!(span.get("http.response.status_code"), None);
            assert_eq!(span.get("network.protocol.version"), None);
            assert_eq!(span.text("network.peer.address"), "127.0.0.1");
            let status = (scheme == "grpc").then_some(expected);
            assert_eq!(span.get("rpc.response.status_code").and_then(Value::text), status);
        }
    }
}

#[tokio::test]
async fn a_call_that_is_given_up_is_no_error() {
    for scheme in ["http", "grpc"] {
        let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let client = desk_at(scheme, silent.local_addr().expect("an address")).await;
        let received = calling("", &[], async move {
            let (called, accepted) = (client.work(Note::new("fine")), silent.accept());
            let (called, accepted) = (std::pin::pin!(called), std::pin::pin!(accepted));
            // Both go out of scope, and the call with them.
            let Either::Right(_) = select(called, accepted).await else { panic!("an answer") };
        })
        .await;
        // And a stream of which the rest is not wanted.
        let (_go, waits) = tokio::sync::watch::channel(false);
        let server = start(desk_that_waits(waits)).await;
        let client = desk_at(scheme, server.addr).await;
        let streamed = calling("", &[], async move {
            let mut notes = client.many(Note::new("fine")).await.expect("a stream");
            assert_eq!(notes.next().await.expect("an item").expect("a note").text, "one");
        })
        .await;
        for (received, answered) in [(&received, false), (&streamed, true)] {
            let span = only(received);
            assert_eq!(failure(span), None, "{scheme}: {span:?}");
            assert_eq!(span.get("kratos.error.reason"), None);
            let code = (scheme == "grpc").then_some("CANCELLED");
            assert_eq!(span.get("rpc.response.status_code").and_then(Value::text), code);
            let status = (scheme == "http" && answered).then_some(200.into());
            assert_eq!(span.get("http.response.status_code"), status.as_ref());
            let name = match scheme {
                "http" => "http.client.request.duration",
                _ => "rpc.client.call.duration",
            };
            let metric = received.metric(name).expect(name);
            let [point] = &metric.points[..] else { panic!("{metric:?}") };
            assert_eq!((point.count, point.attributes.get("error.type")), (1, None));
        }
    }
}
