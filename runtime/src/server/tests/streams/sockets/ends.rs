//! How a socket ends: with its call, by either side, with the connection and with the server.

use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::*;

#[tokio::test]
async fn an_error_has_its_frame_and_its_close() {
    let mut harness = start(Options::default()).await;
    let mut socket = harness.socket("/chat/x?text=broken").await;
    say(&mut socket, "{}").await;
    let error = error_of(&mut socket).await;
    assert_eq!((&error["code"], &error["reason"]), (&409.into(), &"BROKEN".into()));
    assert_eq!(error["metadata"]["n"], "0");
    assert_eq!(close_of(&mut socket).await, (1011, "BROKEN".to_owned()));
    assert_eq!(harness.outcome().await.2, "BROKEN");

    let mut socket = harness.socket("/join/x").await;
    say(&mut socket, r#"{"text":7}"#).await;
    assert_eq!(error_of(&mut socket).await["reason"], "CODEC");
    assert_eq!(close_of(&mut socket).await, (1011, "CODEC".to_owned()));
    assert_eq!(harness.outcome().await.1, 400);

    let mut socket = harness.socket("/join/x").await;
    say(&mut socket, format!(r#"{{"text":"{}"}}"#, "x".repeat(2000))).await;
    assert_eq!(error_of(&mut socket).await["reason"], "BODY_TOO_LARGE");
    assert_eq!(close_of(&mut socket).await.0, 1009);
    assert_eq!(harness.outcome().await.1, 413);

    let mut socket = harness.socket("/join/x").await;
    say(&mut socket, "\u{1e}error:I have changed my mind").await;
    assert_eq!(error_of(&mut socket).await["message"], "I have changed my mind");
    assert_eq!(close_of(&mut socket).await.0, 1011);
    assert_eq!(harness.outcome().await.2, "CANCELLED");
}

#[tokio::test]
async fn a_socket_that_grows_old_is_told_before_it_is_cut() {
    let limits = Limits {
        max_age: Some(Duration::from_millis(100)),
        age_grace: Duration::from_millis(900),
        ..Limits::default()
    };
    let harness = start(Options { limits, ..Options::default() }).await;
    let mut socket = harness.socket("/chat/x").await;
    assert_eq!(error_of(&mut socket).await["reason"], "UNAVAILABLE");
    assert_eq!(close_of(&mut socket).await, (1001, "UNAVAILABLE".to_owned()));
}

#[tokio::test]
async fn a_peer_that_goes_away_ends_the_call_at_once() {
    let mut harness = start(Options::default()).await;
    let abnormal = CloseFrame { code: CloseCode::Protocol, reason: "".into() };
    let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    for how in [None, Some(None), Some(Some(abnormal)), Some(Some(normal))] {
        let mut socket = harness.socket("/chat/x?text=wait").await;
        say(&mut socket, "{}").await;
        assert_eq!(harness.event().await, Event::Began);
        match how {
            None => drop(socket),
            Some(frame) => soon(socket.send(Sent::Close(frame))).await.unwrap(),
        }
        assert_eq!(harness.event().await, Event::Dropped);
        assert_eq!(harness.outcome().await.1, 499);
    }
}

#[tokio::test]
async fn a_close_is_the_end_of_the_messages() {
    let mut harness = start(Options::default()).await;
    let mut socket = harness.socket("/join/x").await;
    say(&mut socket, "{}").await;
    let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    soon(socket.send(Sent::Close(Some(normal)))).await.unwrap();
    assert_eq!(close_of(&mut socket).await.0, 1000, "it is answered");
    // The handler had the messages, and came to its own end.
    assert_eq!(harness.outcome().await.1, 200);
}

#[tokio::test]
async fn what_is_no_websocket_ends_the_call_with_an_error() {
    let mut harness = start(Options::default()).await;
    // Text that is not UTF-8, a frame without a mask, a kind of frame that there is none of.
    let faults = [
        (&b"\x81\x82\0\0\0\0\xff\xff"[..], 1007),
        (b"\x81\x02{}", 1002),
        (b"\x83\x80\0\0\0\0", 1002),
    ];
    for (frame, code) in faults {
        let mut socket = harness.socket("/join/x").await;
        soon(socket.get_mut().write_all(frame)).await.unwrap();
        assert_eq!(error_of(&mut socket).await["reason"], "CODEC");
        assert_eq!(close_of(&mut socket).await.0, code);
        assert_eq!(harness.outcome().await.2, "CODEC");
    }
}

#[tokio::test]
async fn the_callers_deadline_ends_the_call() {
    let mut harness = start(Options::default()).await;
    let mut socket = harness.socket_with("/chat/x", "grpc-timeout: 50m\r\n").await;
    assert_eq!(error_of(&mut socket).await["reason"], "DEADLINE_EXCEEDED");
    assert_eq!(close_of(&mut socket).await.0, 1011);
    assert_eq!(harness.event().await, Event::Began);
    assert_eq!(harness.event().await, Event::Dropped);
    assert_eq!(harness.outcome().await.1, 504);
}

#[tokio::test]
async fn a_drain_waits_for_sockets_and_ends_them_in_order() {
    let mut harness = start(Options::default()).await;
    let mut first = harness.socket("/chat/x").await;
    let mut second = harness.socket("/chat/x?text=wait").await;
    say(&mut first, "{}").await;
    assert_eq!(text_of(&mut first).await, inner("", 0));
    say(&mut second, "{}").await;
    for _ in 0..2 {
        assert_eq!(harness.event().await, Event::Began);
    }
    let drain = tokio::spawn(harness.serving.drain(Duration::from_millis(600)));
    say(&mut first, "{}").await;
    assert_eq!(text_of(&mut first).await, inner("", 1));
    say(&mut first, END).await;
    assert_eq!(close_of(&mut first).await.0, 1000);
    let error = error_of(&mut second).await;
    assert_eq!((&error["code"], &error["reason"]), (&503.into(), &"UNAVAILABLE".into()));
    assert_eq!(close_of(&mut second).await, (1001, "UNAVAILABLE".to_owned()));
    assert_eq!(soon(drain).await.unwrap(), 0, "nobody had to be aborted");
}

#[tokio::test]
async fn a_socket_counts_as_a_connection() {
    let limits = Limits { max_connections: 1, ..Limits::default() };
    let harness = start(Options { limits, ..Options::default() }).await;
    let mut socket = harness.socket("/chat/x").await;
    let mut waiting = harness.raw().await;
    waiting.send("GET /echo/hi HTTP/1.1\r\nhost: t\r\n\r\n").await;
    for n in 0..20 {
        say(&mut socket, "{}").await;
        assert_eq!(text_of(&mut socket).await, inner("", n));
        assert!(waiting.0.try_read(&mut [0; 1]).is_err());
    }
    say(&mut socket, END).await;
    assert_eq!(close_of(&mut socket).await.0, 1000);
    drop(socket);
    assert_eq!(waiting.response().await.1, r#"{"text":"hi"}"#);
}
