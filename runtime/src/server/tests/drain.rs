//! Stopping without losing a request.

use super::*;

#[tokio::test]
async fn calls_under_way_end_well() {
    let mut harness = start(Options::default()).await;
    let address = harness.address();
    let mut client = harness.raw().await;
    client.send(&post("/test.v1.Echo/Wait", r#"{"text":"x"}"#)).await;
    let mut send = harness.h2().await;
    let call = tokio::spawn(async move { grpc(&mut send, "Wait", "y").await });
    for _ in 0..2 {
        assert_eq!(harness.event().await, Event::Began);
    }
    let go = harness.go;
    let drain = tokio::spawn(harness.serving.drain(PATIENCE));
    // The listener is closed before the calls have ended.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go.add_permits(2);
    let (head, body) = client.response().await;
    assert!(head.contains("connection: close"), "{head}");
    assert_eq!(body, r#"{"text":"x"}"#);
    assert_eq!(soon(call).await.unwrap().messages, [text("y")]);
    assert!(client.closed().await);
    assert_eq!(soon(drain).await.unwrap(), 0);
}

#[tokio::test]
async fn a_request_on_its_way_is_served() {
    let harness = start(Options::default()).await;
    let mut idle = harness.raw().await;
    idle.send(&post("/v1/echo", r#"{"text":"1"}"#)).await;
    idle.response().await;
    // One that the operating system accepted and the server has not seen yet.
    let mut waiting = harness.raw().await;
    let drain = tokio::spawn(harness.serving.drain(PATIENCE));
    tokio::task::yield_now().await;
    idle.send(&post("/v1/echo", r#"{"text":"2"}"#)).await;
    waiting.send(&post("/v1/echo", r#"{"text":"3"}"#)).await;
    assert_eq!(idle.response().await.1, r#"{"text":"2"}"#);
    assert_eq!(waiting.response().await.1, r#"{"text":"3"}"#);
    assert_eq!(soon(drain).await.unwrap(), 0);
}

#[tokio::test]
async fn idle_connections_do_not_hold_the_drain() {
    let harness = start(Options::default()).await;
    let mut http = harness.raw().await;
    http.send(&post("/v1/echo", r#"{"text":"1"}"#)).await;
    http.response().await;
    let silent = harness.raw().await;
    let mut preface = harness.raw().await;
    preface.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let mut send = harness.h2().await;
    grpc(&mut send, "Echo", "x").await;
    let began = std::time::Instant::now();
    assert_eq!(soon(harness.serving.drain(PATIENCE)).await, 0);
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
    drop((silent, preface));
}

#[tokio::test]
async fn what_does_not_end_is_aborted_at_the_deadline() {
    let mut harness = start(Options::default()).await;
    let mut half = harness.raw().await;
    half.send("POST /v1/echo HTTP/1.1\r\nhost: t\r\ncontent-le").await;
    let mut body = harness.raw().await;
    body.send("POST /v1/echo HTTP/1.1\r\nhost: t\r\ncontent-length: 100\r\n\r\n{").await;
    let mut client = harness.raw().await;
    client.send(&post("/test.v1.Echo/Wait", r#"{"text":"x"}"#)).await;
    assert_eq!(harness.event().await, Event::Began);
    let mut send = harness.h2().await;
    let call = send.send_request(grpc_request("/test.v1.Echo/Wait", framed(&text(""))));
    let call = tokio::spawn(call);
    assert_eq!(harness.event().await, Event::Began);
    assert_eq!(soon(harness.serving.drain(Duration::from_millis(200))).await, 4);
    // Both handlers are gone when the drain returns.
    assert_eq!(harness.events.try_recv().unwrap(), Event::Dropped);
    assert_eq!(harness.events.try_recv().unwrap(), Event::Dropped);
    assert!(soon(call).await.unwrap().is_err());
    assert!(client.closed().await);
}

#[tokio::test]
async fn dropping_a_server_ends_its_connections() {
    let mut harness = start(Options::default()).await;
    let mut client = harness.raw().await;
    client.send(&post("/test.v1.Echo/Wait", r#"{"text":"x"}"#)).await;
    assert_eq!(harness.event().await, Event::Began);
    drop(harness.serving);
    assert!(client.closed().await);
    assert_eq!(soon(harness.events.recv()).await, Some(Event::Dropped));
}
