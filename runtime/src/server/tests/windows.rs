//! HTTP/2's flow control: peers that open their windows late, or never.

use axum::Router;
use axum::routing::get as route;

use super::*;

/// More than a window of HTTP/2's default size.
const LARGE: usize = 1 << 20;

async fn serving(limits: Limits) -> Harness {
    let router = Router::new().route("/large", route(|| async { "x".repeat(LARGE) }));
    let routes = Routes { router: Some(router), ..Routes::default() };
    start(Options { limits, routes, max_body: 2 * LARGE, ..Options::default() }).await
}

fn large_message() -> Request<Full<Bytes>> {
    grpc_request("/test.v1.Echo/Echo", framed(&text("x".repeat(LARGE))))
}

#[tokio::test]
async fn a_drain_waits_for_a_window() {
    for request in [get("/large"), large_message()] {
        let limits = Limits { linger: Duration::from_millis(50), ..Limits::default() };
        let mut harness = serving(limits).await;
        let (mut send, connection) = harness.windowed(&h2::client::Builder::new()).await;
        let answer = soon(ask(&mut send, request).await.unwrap()).await.unwrap();
        // The call is over as far as its handler is concerned.
        assert_eq!(harness.outcome().await.1, 200);
        let mut idle = harness.raw().await;
        idle.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        let drain = tokio::spawn(harness.serving.drain(PATIENCE));
        // By the time that a connection with nothing to send is gone, this one would be too.
        while !idle.closed().await {}
        assert!(soon(take(answer.into_body())).await.unwrap() >= LARGE);
        assert_eq!(soon(drain).await.unwrap(), 0);
        drop(send);
        let _ = soon(connection).await.unwrap();
    }
}

#[tokio::test]
async fn a_stream_whose_window_stays_closed_ends_while_others_go_on() {
    for request in [get("/large"), large_message()] {
        let harness = serving(short()).await;
        let mut windows = h2::client::Builder::new();
        windows.initial_connection_window_size(8 * LARGE as u32);
        let (mut send, connection) = harness.windowed(&windows).await;
        let mut stalled = soon(ask(&mut send, request).await.unwrap()).await.unwrap();
        let others = soon(async {
            let mut others = 0;
            // The connection is told to go first, and takes no further calls.
            while let Ok(answer) = ask(&mut send, get("/echo/x")).await
                && let Ok(answer) = answer.await
            {
                assert_eq!(take(answer.into_body()).await.unwrap(), r#"{"text":"x"}"#.len());
                others += 1;
            }
            others
        });
        assert!(others.await > 0);
        // Whatever was on its way comes, and then the end.
        let body = stalled.body_mut();
        while let Some(Ok(_)) = soon(body.data()).await {}
        let _ = soon(connection).await.unwrap();
    }
}

#[tokio::test]
async fn a_small_answer_without_a_window_does_not_hold_its_connection() {
    for request in [get("/echo/x"), grpc_request("/test.v1.Echo/Echo", framed(&text("x")))] {
        let harness = serving(short()).await;
        let (mut send, mut connection) = {
            let socket = TcpStream::connect(harness.address()).await.unwrap();
            let mut windows = h2::client::Builder::new();
            windows.initial_window_size(0);
            soon(windows.handshake::<_, Bytes>(socket)).await.unwrap()
        };
        let mut pings = connection.ping_pong().unwrap();
        let connection = tokio::spawn(connection);
        let answer = soon(ask(&mut send, request).await.unwrap()).await.unwrap();
        // A peer that says something all the time is stuck all the same.
        soon(async { while pings.ping(h2::Ping::opaque()).await.is_ok() {} }).await;
        let _ = soon(connection).await.unwrap();
        drop(answer);
    }
}

#[tokio::test]
async fn a_window_that_opens_bit_by_bit_keeps_its_stream() {
    let harness = serving(short()).await;
    let (mut send, _connection) = harness.windowed(&h2::client::Builder::new()).await;
    let answer = soon(ask(&mut send, get("/large")).await.unwrap()).await.unwrap();
    let mut body = answer.into_body();
    let (mut total, mut rounds) = (0, 0);
    while let Some(bytes) = soon(body.data()).await {
        let taken = bytes.unwrap().len();
        total += taken;
        // Much longer than a stream may stand still, in steps of which each is shorter.
        if rounds < 5 && total >= rounds * 64 * 1024 {
            rounds += 1;
            assert!(harness.raw().await.closed().await);
        }
        body.flow_control().release_capacity(taken).unwrap();
    }
    assert_eq!(total, LARGE);
}

fn short() -> Limits {
    Limits {
        header_read: Duration::from_millis(300),
        idle: Duration::from_millis(300),
        ..Limits::default()
    }
}
