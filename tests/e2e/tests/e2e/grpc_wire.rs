//! gRPC's protocol over HTTP/2 as its specification has it, beyond what any one client library sends.

use bident::prelude::*;
use e2e::{GrpcCall, Running, Wire, call, frame, start};
use prost::Message as _;

use crate::common::{Note, Plain, wire};

struct Echo;

#[service(package = "wire.v1")]
impl Echo {
    #[rpc]
    async fn echo(&self, note: Note) -> Note {
        note
    }

    #[rpc]
    async fn fill(&self, bytes: u32) -> Note {
        Note::new("x".repeat(bytes as usize))
    }
}

const ECHO: &str = "/wire.v1.Echo/Echo";

async fn echo() -> Running {
    start(App::new("wire").service(Echo)).await
}

#[tokio::test]
async fn the_content_types_of_protobuf_are_read() {
    let server = echo().await;
    for media in ["application/grpc", "application/grpc+proto", "application/grpc; x=y"] {
        let answer = GrpcCall::new(ECHO, &wire("a")).header("content-type", media);
        let answer = answer.send(server.addr).await;
        assert!(answer.header("content-type").starts_with("application/grpc"), "{media}");
        assert_eq!(answer.decode::<Plain>().text, "a", "{media}");
    }
}

#[tokio::test]
async fn a_message_may_come_in_pieces_of_any_size() {
    let server = echo().await;
    let body = frame(&wire("a longer text").encode_to_vec());
    for size in [1, 2, 4, 5, 6, 100] {
        let pieces: Vec<_> = body.chunks(size).map(<[u8]>::to_vec).collect();
        let answer = GrpcCall::pieces(ECHO, pieces).send(server.addr).await;
        assert_eq!(answer.decode::<Plain>().text, "a longer text", "{size}");
    }
}

#[tokio::test]
async fn an_empty_message_is_a_message() {
    let server = echo().await;
    let answer = GrpcCall::bytes(ECHO, frame(b"")).send(server.addr).await;
    assert_eq!(answer.messages, [""]);
    assert_eq!(answer.decode::<Plain>().text, "");
}

#[tokio::test]
async fn a_large_answer_obeys_flow_control() {
    let server = echo().await;
    // Larger than HTTP/2's first windows; gRPC's limit of 4 MiB is on what is read, not on what is sent.
    let answer = GrpcCall::new("/wire.v1.Echo/Fill", &6_000_000_u32).send(server.addr).await;
    assert_eq!(answer.decode::<Plain>().text.len(), 6_000_000);
}

#[tokio::test]
async fn compression_that_is_not_spoken_is_unimplemented() {
    let server = echo().await;
    let snappy = GrpcCall::new(ECHO, &wire("a")).header("grpc-encoding", "snappy");
    let answer = snappy.send(server.addr).await;
    assert_eq!(answer.status, 12);
    assert!(answer.header("grpc-accept-encoding").contains("identity"), "{:?}", answer.headers);
    let identity = GrpcCall::new(ECHO, &wire("a")).header("grpc-encoding", "identity");
    let identity = identity.header("grpc-accept-encoding", "gzip, identity");
    assert_eq!(identity.send(server.addr).await.status, 0);
}

#[tokio::test]
async fn deadlines_are_read_in_every_unit() {
    let server = echo().await;
    for value in ["1H", "1M", "99999999S", "10000m", "10000000u", "99999999n", "00000009S"] {
        let answer = GrpcCall::new(ECHO, &wire("a")).header("grpc-timeout", value);
        assert_eq!(answer.send(server.addr).await.status, 0, "{value}");
    }
    for value in ["", "S", "1", "1s", "-1S", "999999999S", "1.5S", "1 S", "1SS"] {
        let answer = GrpcCall::new(ECHO, &wire("a")).header("grpc-timeout", value);
        assert_eq!(answer.send(server.addr).await.failure(), (3, "CODEC".into()), "{value:?}");
        let answer = call("POST", ECHO).header("grpc-timeout", value).send(server.addr).await;
        assert_eq!(answer.failure(), (400, "CODEC".into()), "{value:?}");
    }
    for value in ["0m", "0S", "00000000n"] {
        let answer = GrpcCall::new(ECHO, &wire("a")).header("grpc-timeout", value);
        assert_eq!(answer.send(server.addr).await.failure(), (4, "DEADLINE_EXCEEDED".into()));
        let answer = call("POST", ECHO).header("grpc-timeout", value).send(server.addr).await;
        assert_eq!(answer.failure(), (504, "DEADLINE_EXCEEDED".into()));
    }
}

#[tokio::test]
async fn over_http1_it_is_no_grpc() {
    let server = echo().await;
    let body = frame(&wire("a").encode_to_vec());
    for path in [ECHO, "/wire.v1.Echo/Fill"] {
        for media in ["application/grpc", "application/grpc+proto"] {
            let http1 = call("POST", path).header("content-type", media).body(body.clone());
            let answer = http1.send(server.addr).await;
            assert_eq!(answer.failure(), (415, "UNSUPPORTED_MEDIA_TYPE".into()), "{path} {media}");
            let text = String::from_utf8_lossy(&answer.body);
            for way in ["gRPC needs HTTP/2", "application/grpc-web+proto", "Connect"] {
                assert!(text.contains(way), "{path} {media}: {text}");
            }
        }
    }
    for media in ["application/grpc-webs", "application/grpcx"] {
        let other = call("POST", ECHO).header("content-type", media).body(body.clone());
        let answer = other.over(Wire::H2c).send(server.addr).await;
        assert_eq!(answer.failure(), (415, "UNSUPPORTED_MEDIA_TYPE".into()), "{media}");
    }
}

#[tokio::test]
async fn paths_that_are_no_method_are_unimplemented() {
    let server = echo().await;
    for path in ["/", "/wire.v1.Echo", "/wire.v1.Echo/", "/wire.v1.Echo/echo", "/Echo/Echo", "//"] {
        let answer = GrpcCall::new(path, &wire("a")).send(server.addr).await;
        assert_eq!(answer.failure(), (12, "METHOD_NOT_FOUND".into()), "{path}");
    }
}

#[tokio::test]
async fn a_hundred_calls_share_a_connection() {
    let server = echo().await;
    let connection = e2e::Connection::open(server.addr, Wire::H2c).await;
    let calls: Vec<_> =
        (0..100).map(|n| GrpcCall::new(ECHO, &wire(n.to_string())).begin_on(&connection)).collect();
    for (n, call) in calls.into_iter().enumerate() {
        let answer = e2e::bounded("a call", call).await.expect("an answer");
        assert_eq!(answer.decode::<Plain>().text, n.to_string());
    }
}
