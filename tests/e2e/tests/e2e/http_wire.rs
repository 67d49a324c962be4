//! HTTP as it is on the wire: what old, careful and hostile clients send.

use bident::prelude::*;
use e2e::{Connection, Raw, Running, WIRES, Wire, call, start};

use crate::common::{Note, json};

struct Echo;

#[service(package = "http.v1")]
impl Echo {
    #[rpc(get = "/echo/{text}", post = "/echo")]
    async fn echo(&self, text: String) -> Note {
        Note::new(text)
    }
}

async fn echo() -> Running {
    start(App::new("http").service(Echo)).await
}

/// What the server sends back on `bytes` until it closes the connection.
async fn exchange(server: &Running, bytes: impl AsRef<[u8]>) -> String {
    let mut raw = Raw::connect(server.addr).await;
    raw.send(bytes).await;
    String::from_utf8_lossy(&raw.to_end().await).into_owned()
}

async fn lives(server: &Running) {
    for over in WIRES {
        let answer = call("GET", "/echo/alive").over(over).send(server.addr).await;
        assert_eq!(answer.json()["text"], "alive", "{over:?}");
    }
}

#[tokio::test]
async fn a_body_is_asked_for_where_the_client_waits_to_be_asked() {
    let server = echo().await;
    let body = json("waited");
    let mut raw = Raw::connect(server.addr).await;
    raw.send(format!(
        "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    ))
    .await;
    assert!(raw.until("\r\n\r\n").await.starts_with("HTTP/1.1 100"));
    raw.send(&body).await;
    assert!(raw.until("waited").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_asked_for() {
    let server = echo().await;
    let mut raw = Raw::connect(server.addr).await;
    raw.send(
        "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: 5000000\r\n\r\n",
    )
    .await;
    let answer = raw.until("BODY_TOO_LARGE").await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn an_offer_to_upgrade_is_passed_over() {
    let server = echo().await;
    let request = "GET /echo/plain HTTP/1.1\r\nhost: x\r\nconnection: Upgrade, HTTP2-Settings, close\r\n\
                   upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n";
    let answer = exchange(&server, request).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("plain"), "{answer}");
}

#[tokio::test]
async fn connections_are_kept_or_closed_as_the_client_wishes() {
    let server = echo().await;
    let mut raw = Raw::connect(server.addr).await;
    for n in 0..3 {
        raw.send(format!("GET /echo/kept{n} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        raw.until(&format!("kept{n}")).await;
    }
    raw.send("GET /echo/last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    let last = String::from_utf8_lossy(&raw.to_end().await).into_owned();
    assert!(last.contains("last"), "{last}");

    let old = exchange(&server, "GET /echo/old HTTP/1.0\r\n\r\n").await;
    assert!(old.contains(" 200 ") && old.contains("old"), "{old}");
    assert!(!old.to_ascii_lowercase().contains("transfer-encoding"), "{old}");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = echo().await;
    let mut pipeline = String::new();
    for n in 0..4 {
        pipeline += &format!("GET /echo/n{n} HTTP/1.1\r\nhost: x\r\n\r\n");
    }
    pipeline += "GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answers = exchange(&server, pipeline).await;
    let places: Vec<_> = ["n0", "n1", "n2", "n3", "ROUTE_NOT_FOUND"]
        .iter()
        .map(|text| answers.find(text).unwrap_or_else(|| panic!("{text} in {answers}")))
        .collect();
    assert!(places.is_sorted(), "{answers}");
}

#[tokio::test]
async fn errors_leave_the_connection_usable() {
    let server = echo().await;
    for over in WIRES {
        let mut connection = Connection::open(server.addr, over).await;
        for (request, code) in [
            (call("GET", "/nowhere"), 404),
            (call("PUT", "/echo").json(json("x")), 405),
            (call("POST", "/echo").json("{"), 400),
            (call("POST", "/echo").header("content-type", "text/csv").body("x"), 415),
            (call("GET", "/echo/fine"), 200),
        ] {
            let answer = request.send_on(&mut connection).await;
            assert_eq!(answer.status, code, "{over:?}");
        }
    }
}

#[tokio::test]
async fn two_ways_to_tell_a_length_are_refused() {
    let server = echo().await;
    let smuggled = "GET /echo/smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
    let heads = [
        "content-length: 2\r\ncontent-length: 3\r\n",
        "content-length: 2\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 2\r\n",
        "transfer-encoding: identity\r\n",
        "transfer-encoding: chunked, chunked\r\n",
        "content-length: +2\r\n",
        "content-length: 2, 2\r\n",
    ];
    for head in heads {
        let post = "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n";
        let answer = exchange(&server, format!("{post}{head}\r\n0\r\n\r\n{smuggled}")).await;
        assert!(!answer.contains("smuggled"), "{head}: {answer}");
    }
    lives(&server).await;
}

#[tokio::test]
async fn heads_that_are_malformed_are_refused() {
    let server = echo().await;
    for head in [
        "GET /echo/x HTTP/1.1\r\nhost: x\r\nbad header: y\r\n\r\n",
        "GET /echo/x HTTP/1.1\r\nhost: x\r\nx: a\0b\r\n\r\n",
        "GET /echo/x y HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET http:// HTTP/1.1\r\nhost: x\r\n\r\n",
        "G\u{fc}T /echo/x HTTP/1.1\r\nhost: x\r\n\r\n",
    ] {
        let answer = exchange(&server, head).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{head:?}: {answer}");
    }
    lives(&server).await;
}

#[tokio::test]
async fn unusual_targets_are_answered() {
    let server = echo().await;
    let close = "HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    for (target, status) in [
        ("GET http://example.org/echo/absolute", "200"),
        ("OPTIONS *", ""),
        ("CONNECT example.org:443", ""),
        ("TRACE /echo/x", "405"),
        ("get /echo/x", "405"),
        ("BREW /echo/x", "405"),
        ("GET /echo/x?%zz&&==&a=%ff", "200"),
        ("GET /echo/x?text=other", "200"),
        ("GET //echo/x", "404"),
        ("GET /echo/x/", "404"),
        ("GET /echo/../echo/x", "404"),
    ] {
        let answer = exchange(&server, format!("{target} {close}")).await;
        let expected = format!("HTTP/1.1 {status}");
        assert!(answer.starts_with(&expected), "{target}: {answer}");
    }
    let long = format!("GET /echo/{} {close}", "x".repeat(100_000));
    let answer = exchange(&server, long).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    lives(&server).await;
}

#[tokio::test]
async fn h2_headers_have_a_limit_too() {
    let server = echo().await;
    let mut connection = Connection::open(server.addr, Wire::H2c).await;
    assert_eq!(call("GET", "/echo/a").send_on(&mut connection).await.status, 200);
    let large = call("GET", "/echo/a").header("x-large", &"x".repeat(200_000));
    // The client knows the limit by now and may refuse by itself; the server never answers with a success.
    let answer = large.over(Wire::H2c).try_send(server.addr).await;
    assert!(answer.is_none_or(|answer| answer.status.is_client_error()));
    lives(&server).await;
}

#[tokio::test]
async fn more_connections_than_allowed_wait_or_are_refused() {
    let server =
        start(App::new("http").defaults("server: {max_connections: 4}").service(Echo)).await;
    let mut kept = Vec::new();
    for _ in 0..4 {
        let mut connection = Connection::open(server.addr, Wire::Http1).await;
        assert_eq!(call("GET", "/echo/in").send_on(&mut connection).await.status, 200);
        kept.push(connection);
    }
    let mut fifth = Raw::connect(server.addr).await;
    fifth.send("GET /echo/fifth HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    // Those inside are served as before, and a place that becomes free is taken.
    for connection in &mut kept {
        assert_eq!(call("GET", "/echo/in").send_on(connection).await.status, 200);
    }
    assert!(fifth.received().is_empty(), "a fifth connection was served");
    drop(kept);
    let answer = String::from_utf8_lossy(&fifth.to_end().await).into_owned();
    assert!(answer.is_empty() || answer.contains("fifth"), "{answer}");
    lives(&server).await;
}
