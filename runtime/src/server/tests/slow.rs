//! Peers that take their answers slowly, or not at all.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::routing::get;
use http_body::Frame;

use super::*;

/// More than the sockets' buffers hold.
const HUGE: usize = 48 * 1024 * 1024;

/// A body that is always ready with more.
struct Endless;

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 8192])))))
    }
}

async fn serving(limits: Limits) -> Harness {
    let router = Router::new()
        .route("/huge", get(|| async { "x".repeat(HUGE) }))
        .route("/endless", get(|| async { axum::body::Body::new(Endless) }));
    let routes = Routes { router: Some(router), ..Routes::default() };
    start(Options { limits, routes, ..Options::default() }).await
}

/// How much more there is to read before the connection ends.
async fn rest(client: &mut Plain) -> usize {
    let mut buffer = vec![0; 256 * 1024];
    let mut total = 0;
    while let Ok(read @ 1..) = soon(client.0.read(&mut buffer)).await {
        total += read;
    }
    total
}

#[tokio::test]
async fn a_drain_waits_for_a_slow_reader() {
    let limits = Limits { linger: Duration::from_millis(50), ..Limits::default() };
    let harness = serving(limits).await;
    let mut slow = harness.raw().await;
    slow.send("GET /huge HTTP/1.1\r\nhost: t\r\n\r\n").await;
    let mut first = [0; 1];
    soon(slow.0.read_exact(&mut first)).await.unwrap();
    let mut idle = harness.raw().await;
    idle.send(&post("/v1/echo", r#"{"text":"1"}"#)).await;
    idle.response().await;
    let drain = tokio::spawn(harness.serving.drain(PATIENCE));
    // Whatever has nothing to send is gone, and the answer that nobody reads is not.
    assert!(idle.closed().await);
    assert!(rest(&mut slow).await >= HUGE);
    assert_eq!(soon(drain).await.unwrap(), 0);
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_closed() {
    let limits = Limits { idle: Duration::from_millis(300), ..Limits::default() };
    let mut harness = serving(limits).await;
    let mut stuck = harness.raw().await;
    stuck.send("GET /endless HTTP/1.1\r\nhost: t\r\n\r\n").await;
    assert_eq!(harness.outcome().await, ("/endless".to_owned(), 499, "CANCELLED".to_owned()));
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    let limits = Limits {
        // Shorter than the idle limit, which is the one that holds for what is being sent.
        header_read: Duration::from_millis(50),
        idle: Duration::from_millis(600),
        max_connections: 1,
        ..Limits::default()
    };
    let mut harness = serving(limits).await;
    let mut stuck = harness.raw().await;
    // Before anything that this task may be late to notice.
    let began = std::time::Instant::now();
    stuck.send("GET /huge HTTP/1.1\r\nhost: t\r\n\r\n").await;
    // The call is over, and its answer is on its way.
    assert_eq!(harness.outcome().await.1, 200);
    let mut next = harness.raw().await;
    next.send(&post("/v1/echo", r#"{"text":"1"}"#)).await;
    // There is room for another connection only once this one is closed.
    assert_eq!(next.response().await.1, r#"{"text":"1"}"#);
    assert!(began.elapsed() >= Duration::from_millis(600), "{:?}", began.elapsed());
    assert!(rest(&mut stuck).await < HUGE);
}
