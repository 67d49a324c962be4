//! Time limits and counts.

use super::*;

fn short() -> Limits {
    Limits {
        header_read: Duration::from_millis(300),
        idle: Duration::from_millis(300),
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let harness = start(Options { limits: short(), ..Options::default() }).await;
    assert!(harness.raw().await.closed().await);
}

#[tokio::test]
async fn a_half_sent_head_is_closed() {
    let harness = start(Options { limits: short(), ..Options::default() }).await;
    for half in ["GET / HT", "P", "PR", "PRI * HTTP/2.0\r\n"] {
        let mut client = harness.raw().await;
        client.send(half).await;
        while !client.closed().await {}
    }
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let harness = start(Options { limits: short(), ..Options::default() }).await;
    let mut client = harness.raw().await;
    client.send(&post("/v1/echo", r#"{"text":"x"}"#)).await;
    client.response().await;
    assert!(client.closed().await);

    let mut send = harness.h2().await;
    grpc(&mut send, "Echo", "x").await;
    while soon(send.ready()).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_waiting_call_keeps_its_connection() {
    let mut harness = start(Options { limits: short(), ..Options::default() }).await;
    let mut client = harness.raw().await;
    client.send(&post("/test.v1.Echo/Wait", r#"{"text":"x"}"#)).await;
    assert_eq!(harness.event().await, Event::Began);
    // A second connection that is closed for being idle shows that the limit has passed.
    assert!(harness.raw().await.closed().await);
    assert!(harness.raw().await.closed().await);
    harness.go.add_permits(1);
    assert_eq!(client.response().await.1, r#"{"text":"x"}"#);
}

#[tokio::test]
async fn connections_beyond_the_most_wait_their_turn() {
    let limits = Limits { max_connections: 1, ..Limits::default() };
    let harness = start(Options { limits, ..Options::default() }).await;
    let mut first = harness.raw().await;
    first.send(&post("/v1/echo", r#"{"text":"1"}"#)).await;
    first.response().await;
    let mut second = harness.raw().await;
    second.send(&post("/v1/echo", r#"{"text":"2"}"#)).await;
    first.send(&post("/v1/echo", r#"{"text":"3"}"#)).await;
    assert_eq!(first.response().await.1, r#"{"text":"3"}"#);
    drop(first);
    assert_eq!(second.response().await.1, r#"{"text":"2"}"#);
}

#[tokio::test]
async fn a_huge_head_is_refused() {
    let limits = Limits { max_header_bytes: 16 * 1024, ..Limits::default() };
    let harness = start(Options { limits, ..Options::default() }).await;
    let mut client = harness.raw().await;
    let head = format!("GET /echo/x HTTP/1.1\r\nhost: t\r\nx-long: {}\r\n\r\n", "x".repeat(20_000));
    client.send(&head).await;
    assert!(client.response().await.0.starts_with("http/1.1 431"));
}
