//! Streams: a span lasts as long as its stream, whatever that is written in.

use std::time::SystemTime;

use e2e::{GrpcCall, Raw, Wire, call};
use support::otlp::Status;
use tokio::sync::watch;

use super::*;
use crate::common::wire;

const MANY: &str = "/telemetry.v1.Desk/Many";

/// Nanoseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_nanos()).expect("before 2554")
}

async fn waiting() -> (Told, watch::Sender<bool>) {
    let (go, waits) = watch::channel(false);
    (Told::open(desk_that_waits(waits), "").await, go)
}

#[tokio::test]
async fn a_stream_of_grpc_ends_with_its_last_message() {
    let (told, go) = waiting().await;
    let mut stream = GrpcCall::new(MANY, &wire("fine")).open(told.addr).await;
    stream.next().await.expect("the first");
    let before = now();
    go.send_replace(true);
    assert_eq!(stream.end().await.status, 0);
    let [span] = told.spans().await;
    assert_eq!(span.name, "telemetry.v1.Desk/Many");
    assert!(span.start < before && before <= span.end, "{before}: {span:?}");
    assert_eq!(span.text("rpc.response.status_code"), "OK");
}

#[tokio::test]
async fn an_error_in_trailers_is_the_streams() {
    let told = Told::desk().await;
    let stream = GrpcCall::new(MANY, &wire("broken")).send(told.addr).await;
    assert_eq!((stream.status, stream.messages.len()), (13, 2));
    let [span] = told.spans().await;
    assert_eq!(span.text("rpc.response.status_code"), "INTERNAL");
    assert_eq!(span.text("error.type"), "INTERNAL");
    assert_eq!(span.text("kratos.error.reason"), "BROKEN");
    assert_eq!(span.status, Status::Error("a leg is gone".to_owned()));
}

#[tokio::test]
async fn events_and_lines_are_requests_that_take_long() {
    for accept in ["text/event-stream", "application/x-ndjson"] {
        let (told, go) = waiting().await;
        let mut raw = Raw::connect(told.addr).await;
        raw.send(format!(
            "GET /desk/fine/many HTTP/1.1\r\nhost: desk\r\naccept: {accept}\r\n\
             connection: close\r\n\r\n"
        ))
        .await;
        raw.until("one").await;
        let before = now();
        go.send_replace(true);
        raw.to_end().await;
        let received = told.end().await;
        let [span] = &received.spans[..] else { panic!("{:?}", received.spans) };
        assert_eq!(
            (span.name.as_str(), span.text("kratos.kind")),
            ("GET /desk/{text}/many", "http")
        );
        assert!(span.start < before && before <= span.end, "{accept}: {span:?}");
        assert_eq!(span.get("http.response.status_code"), Some(&200.into()));
        let metric = received.metric("http.server.request.duration").expect("the metric");
        assert!((metric.points[0].sum - span.seconds()).abs() < 1e-6, "{metric:?} {span:?}");
    }
}

#[tokio::test]
async fn events_that_break_off_with_an_error_are_one() {
    let told = Told::desk().await;
    let request = call("GET", "/desk/broken/many").header("accept", "text/event-stream");
    assert_eq!(request.over(Wire::H2c).send(told.addr).await.status, 200);
    let [span] = told.spans().await;
    assert_eq!(span.get("http.response.status_code"), Some(&200.into()), "it had been sent");
    assert_eq!(span.text("error.type"), "BROKEN");
    assert!(matches!(span.status, Status::Error(_)), "{span:?}");
}

#[tokio::test]
async fn a_stream_whose_caller_goes_away_ends_then() {
    let (told, _go) = waiting().await;
    let mut stream = GrpcCall::new(MANY, &wire("fine")).open(told.addr).await;
    stream.next().await.expect("the first");
    stream.hang_up();
    let [span] = told.spans().await;
    assert_eq!(span.text("rpc.response.status_code"), "CANCELLED");
    assert_eq!(span.status, Status::Unset);
}

struct Fuse;

#[service(package = "telemetry.v1")]
impl Fuse {
    /// One note; then, when that has left, it does what the text says.
    #[rpc(get = "/fuse/{text}")]
    async fn burn(&self, note: Note) -> impl Stream<Item = Note> + Send {
        stream::once(async { Note::new("one") }).chain(stream::once(async move {
            tokio::task::yield_now().await;
            if note.text == "explode" {
                panic!("too short");
            }
            std::future::pending().await
        }))
    }
}

#[tokio::test]
async fn a_stream_that_is_late_or_panics_is_an_error_whatever_it_has_sent() {
    for (text, code, reason) in
        [("hang", "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"), ("explode", "INTERNAL", "INTERNAL")]
    {
        let told = Told::open(App::new("fuse").service(Fuse), "").await;
        let rpc = GrpcCall::new("/telemetry.v1.Fuse/Burn", &wire(text));
        assert_ne!(rpc.header("grpc-timeout", "200m").send(told.addr).await.status, 0);
        let request = call("GET", &format!("/fuse/{text}")).header("accept", "text/event-stream");
        let request = request.header("grpc-timeout", "200m").over(Wire::H2c);
        assert_eq!(request.send(told.addr).await.status, 200);
        let [rpc, http] = told.spans().await;
        assert_eq!(rpc.text("rpc.response.status_code"), code);
        assert_eq!(http.get("http.response.status_code"), Some(&200.into()), "it had been sent");
        for (span, kind) in [(&rpc, code), (&http, reason)] {
            assert_eq!(span.text("error.type"), kind, "{span:?}");
            assert_eq!(span.text("kratos.error.reason"), reason);
            assert!(matches!(span.status, Status::Error(_)), "{span:?}");
        }
    }
}

/// A text frame as a client sends it: masked, with a mask that changes nothing.
fn masked(text: &str) -> Vec<u8> {
    let length = 0x80 | u8::try_from(text.len()).expect("a short text");
    [&[0x81, length, 0, 0, 0, 0], text.as_bytes()].concat()
}

#[tokio::test]
async fn a_websocket_is_one_request_from_its_handshake_to_its_close() {
    let told = Told::desk().await;
    let mut raw = Raw::connect(told.addr).await;
    raw.send(
        "GET /chat?lang=en&sig=abc HTTP/1.1\r\nhost: desk\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    )
    .await;
    raw.send(masked(r#"{"text":"first"}"#)).await;
    raw.until("first").await;
    let before = now();
    raw.send(masked("\u{1e}end")).await;
    raw.to_end().await;
    let [span] = told.spans().await;
    assert_eq!((span.name.as_str(), span.kind), ("GET /chat", Kind::Server));
    assert_eq!(span.text("kratos.kind"), "websocket");
    assert_eq!(span.get("http.response.status_code"), Some(&101.into()));
    assert_eq!(span.text("http.route"), "/chat");
    assert_eq!((span.text("url.path"), span.text("url.query")), ("/chat", "lang=en&sig=REDACTED"));
    assert_eq!(span.status, Status::Unset);
    assert!(span.start < before && before <= span.end, "{before}: {span:?}");
}
