//! Connections that grow old, and peers that are asked whether they are still there.

use super::*;

fn aging(age: u64, grace: u64) -> Limits {
    Limits {
        max_age: Some(Duration::from_millis(age)),
        age_grace: Duration::from_millis(grace),
        ..Limits::default()
    }
}

#[tokio::test]
async fn an_old_connection_says_goaway_and_its_calls_end() {
    let mut harness = start(Options { limits: aging(300, 60_000), ..Options::default() }).await;
    let (mut send, connection) = harness.windowed(&h2::client::Builder::new()).await;
    let request = grpc_request("/test.v1.Echo/Wait", framed(&text("x")));
    let answer = ask(&mut send, request).await.unwrap();
    assert_eq!(harness.event().await, Event::Began);
    let refused = soon(async {
        loop {
            match send.clone().ready().await {
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => break error,
            }
        }
    });
    let refused = refused.await;
    assert!(refused.is_go_away() && refused.is_remote(), "{refused}");
    assert_eq!(refused.reason(), Some(h2::Reason::NO_ERROR));
    harness.go.add_permits(1);
    let answer = soon(answer).await.unwrap();
    assert_eq!(answer.status(), 200);
    soon(take(answer.into_body())).await.unwrap();
    soon(connection).await.unwrap().unwrap();
    // Others are not concerned.
    let mut young = harness.h2().await;
    assert_eq!(grpc(&mut young, "Echo", "x").await.grpc_status(), "0");
}

#[tokio::test]
async fn what_outlives_the_grace_is_ended() {
    let mut harness = start(Options { limits: aging(200, 200), ..Options::default() }).await;
    let (mut send, connection) = harness.windowed(&h2::client::Builder::new()).await;
    let request = grpc_request("/test.v1.Echo/Wait", framed(&text("x")));
    let answer = ask(&mut send, request).await.unwrap();
    let mut plain = harness.raw().await;
    plain.send(&post("/test.v1.Echo/Wait", r#"{"text":"x"}"#)).await;
    let mut idle = harness.raw().await;
    idle.send(&post("/v1/echo", r#"{"text":"x"}"#)).await;
    idle.response().await;

    assert!(plain.closed().await);
    assert!(idle.closed().await);
    soon(answer).await.unwrap_err();
    let _ = soon(connection).await.unwrap();
    let mut heard = Vec::new();
    while heard.iter().filter(|event| **event == Event::Dropped).count() < 2 {
        heard.push(harness.event().await);
    }
}

#[tokio::test]
async fn an_old_connection_of_http1_closes_with_its_next_answer() {
    let harness = start(Options { limits: aging(300, 60_000), ..Options::default() }).await;
    let mut client = harness.raw().await;
    loop {
        client.send(&post("/v1/echo", r#"{"text":"x"}"#)).await;
        let (head, body) = client.response().await;
        assert_eq!(body, r#"{"text":"x"}"#);
        if head.contains("connection: close\r\n") {
            break;
        }
    }
    assert!(client.closed().await);
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_gone() {
    let beat = Duration::from_millis(200);
    let limits = Limits { keep_alive: Some((beat, beat)), ..Limits::default() };
    let mut harness = start(Options { limits, ..Options::default() }).await;
    let (mut send, _connection) = harness.windowed(&h2::client::Builder::new()).await;
    let request = grpc_request("/test.v1.Echo/Wait", framed(&text("x")));
    let answer = ask(&mut send, request).await.unwrap();
    assert_eq!(harness.event().await, Event::Began);

    // The preface and empty settings, and not a word more.
    let mut silent = harness.raw().await;
    silent.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    while !silent.closed().await {}

    harness.go.add_permits(1);
    assert_eq!(soon(answer).await.unwrap().status(), 200, "who answers stays");
}
