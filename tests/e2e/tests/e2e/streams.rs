//! Streams in the call layer, seen through the first of them, health's Watch: who may end one, and how.

use bident::prelude::*;
use e2e::{GrpcCall, Running, call, start};

use crate::common::{Note, wire};

struct Slow;

#[service(package = "streams.v1")]
impl Slow {
    #[rpc(post = "/hang")]
    async fn hang(&self) -> Note {
        std::future::pending().await
    }
}

const WATCH: &str = "/grpc.health.v1.Health/Watch";
const SERVING: Option<&[u8]> = Some(b"\x08\x01");

async fn slow(settings: &str) -> Running {
    start(App::new("streams").defaults(settings).service(Slow)).await
}

#[tokio::test]
async fn a_callers_deadline_ends_a_stream() {
    let server = slow("").await;
    for (name, value) in [("grpc-timeout", "400m"), ("connect-timeout-ms", "400")] {
        let mut watch = GrpcCall::new(WATCH, &wire("")).header(name, value).open(server.addr).await;
        assert_eq!(watch.next().await.as_deref(), SERVING, "{name}");
        let end = watch.end().await;
        assert_eq!(end.failure(), (4, "DEADLINE_EXCEEDED".into()), "{name}");
        assert!(end.messages.is_empty());
    }
}

#[tokio::test]
async fn the_servers_timeout_is_for_unary_calls_alone() {
    let server = slow("server: {timeout: 200ms}").await;
    let mut watch = GrpcCall::new(WATCH, &wire("")).open(server.addr).await;
    assert_eq!(watch.next().await.as_deref(), SERVING);
    // Two unary calls that began after the stream have timed out one after the other.
    for _ in 0..2 {
        let unary = call("POST", "/hang").send(server.addr).await;
        assert_eq!(unary.failure(), (504, "DEADLINE_EXCEEDED".into()));
    }
    let stopped = tokio::spawn(server.stop());
    let not_serving: Option<&[u8]> = Some(b"\x08\x02");
    assert_eq!(watch.next().await.as_deref(), not_serving, "the stream was still open");
    drop(watch);
    e2e::bounded("the stop", stopped).await.expect("no panic").expect("a clean stop");
}

#[tokio::test]
async fn a_stream_that_is_given_up_leaves_the_others_of_its_connection() {
    let server = slow("").await;
    let mut connection = e2e::Connection::open(server.addr, e2e::Wire::H2c).await;
    let watch = GrpcCall::new(WATCH, &wire("")).begin_on(&connection);
    let check = GrpcCall::new("/grpc.health.v1.Health/Check", &wire(""));
    assert_eq!(check.send_on(&mut connection).await.messages, [&b"\x08\x01"[..]]);
    watch.abort();
    assert_eq!(check.send_on(&mut connection).await.messages, [&b"\x08\x01"[..]]);
}

#[tokio::test]
async fn a_stream_is_served_over_plain_http_too() {
    let server = slow("").await;
    for over in e2e::WIRES {
        let watch = call("POST", WATCH).json("{}").header("accept", "application/x-ndjson");
        let answer = watch.header("connect-timeout-ms", "300").over(over).send(server.addr).await;
        let text = answer.text();
        assert!(text.starts_with("{\"status\":\"SERVING\"}\n"), "{text}");
        assert!(text.contains("DEADLINE_EXCEEDED"), "{text}");
    }
}
