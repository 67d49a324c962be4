//! Connections that the user's routes have taken over.

use axum::Router;
use axum::extract::Request as Asked;
use axum::routing::get as route;
use tokio::sync::mpsc::UnboundedReceiver;

use super::*;

const UPGRADE: &str =
    "GET /upgrade HTTP/1.1\r\nhost: t\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";

/// A server with a route that changes to a protocol which says back what it hears, and how each such connection ended.
async fn serving(limits: Limits) -> (Harness, UnboundedReceiver<bool>) {
    let (told, ended) = mpsc::unbounded_channel();
    let handler = async move |mut request: Asked| {
        let upgrade = hyper::upgrade::on(&mut request);
        let told = told.clone();
        tokio::spawn(async move {
            let io = TokioIo::new(upgrade.await.unwrap());
            let (mut read, mut write) = tokio::io::split(io);
            let copied = tokio::io::copy(&mut read, &mut write).await;
            let _ = told.send(copied.is_ok());
        });
        (StatusCode::SWITCHING_PROTOCOLS, [("connection", "upgrade"), ("upgrade", "echo")])
    };
    let router = Router::new().route("/upgrade", route(handler));
    let routes = Routes { router: Some(router), ..Routes::default() };
    (start(Options { limits, routes, ..Options::default() }).await, ended)
}

async fn upgrade(client: &mut Plain) {
    client.send(UPGRADE).await;
    let (head, _) = client.response().await;
    assert!(head.starts_with("http/1.1 101"), "{head}");
    assert!(head.contains("connection: upgrade\r\n"), "{head}");
    echoes(client).await;
}

async fn echoes(client: &mut Plain) {
    client.send("ping").await;
    let mut said = [0; 4];
    soon(client.0.read_exact(&mut said)).await.unwrap();
    assert_eq!(&said, b"ping");
}

#[tokio::test]
async fn it_counts_as_a_connection() {
    let (harness, mut ended) = serving(Limits { max_connections: 1, ..Limits::default() }).await;
    let mut switched = harness.raw().await;
    upgrade(&mut switched).await;
    let mut second = harness.raw().await;
    second.send(&post("/v1/echo", r#"{"text":"2"}"#)).await;
    for _ in 0..20 {
        echoes(&mut switched).await;
        let unanswered = second.0.try_read(&mut [0; 1]).unwrap_err();
        assert_eq!(unanswered.kind(), std::io::ErrorKind::WouldBlock);
    }
    drop(switched);
    assert_eq!(second.response().await.1, r#"{"text":"2"}"#);
    assert!(soon(ended.recv()).await.unwrap());
}

#[tokio::test]
async fn it_has_no_time_limits_of_http() {
    let short = Duration::from_millis(300);
    let limits = Limits { header_read: short, idle: short, ..Limits::default() };
    let (harness, _ended) = serving(limits).await;
    let mut switched = harness.raw().await;
    upgrade(&mut switched).await;
    // Connections that are closed for saying nothing show that the limits have passed.
    for _ in 0..2 {
        assert!(harness.raw().await.closed().await);
    }
    echoes(&mut switched).await;
}

#[tokio::test]
async fn a_drain_waits_for_it() {
    let (harness, mut ended) = serving(Limits { linger: PATIENCE, ..Limits::default() }).await;
    let address = harness.address();
    let mut early = harness.raw().await;
    upgrade(&mut early).await;
    let mut late = harness.raw().await;
    late.send(&post("/v1/echo", r#"{"text":"1"}"#)).await;
    late.response().await;
    let drain = tokio::spawn(harness.serving.drain(2 * PATIENCE));
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    // One that changes its protocol now is no answer after which the connection closes.
    upgrade(&mut late).await;
    for mut client in [early, late] {
        echoes(&mut client).await;
        assert!(!drain.is_finished());
        drop(client);
        assert!(soon(ended.recv()).await.unwrap());
    }
    assert_eq!(soon(drain).await.unwrap(), 0);
}

#[tokio::test]
async fn it_is_aborted_at_the_deadline() {
    let (harness, mut ended) = serving(Limits::default()).await;
    let mut client = harness.raw().await;
    upgrade(&mut client).await;
    assert_eq!(soon(harness.serving.drain(Duration::from_millis(200))).await, 1);
    // The route's own task was told before the drain returned.
    assert!(!ended.try_recv().unwrap());
    assert!(client.closed().await);
}

#[tokio::test]
async fn it_ends_with_its_server() {
    let (harness, mut ended) = serving(Limits::default()).await;
    let mut client = harness.raw().await;
    upgrade(&mut client).await;
    drop(harness.serving);
    assert!(!soon(ended.recv()).await.unwrap());
    assert!(client.closed().await);
}
