//! What HTTP/2 peers hear of a drain.

use super::*;

#[tokio::test]
async fn a_drain_says_goaway_and_lets_open_streams_end() {
    let body = r#"{"text":"x"}"#;
    let json = Request::post("http://test/test.v1.Echo/Wait")
        .header("content-type", "application/json")
        .body(Full::from(body))
        .unwrap();
    let message = framed(&text("x"));
    let length = message.len();
    let grpc = grpc_request("/test.v1.Echo/Wait", message);
    for (request, length) in [(json, body.len()), (grpc, length)] {
        let content_type = request.headers()["content-type"].clone();
        let mut harness = start(Options::default()).await;
        let (mut send, connection) = harness.windowed(&h2::client::Builder::new()).await;
        let answer = ask(&mut send, request).await.unwrap();
        assert_eq!(harness.event().await, Event::Began);
        let go = Arc::clone(&harness.go);
        let drain = tokio::spawn(harness.serving.drain(PATIENCE));
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
        // Whoever asks for another stream is told that nothing was begun, so that it may ask elsewhere.
        let another = ask(&mut send, get("/echo/x")).await.err().unwrap();
        assert!(another.is_go_away(), "{another}");
        assert!(!drain.is_finished());
        go.add_permits(1);
        let answer = soon(answer).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], content_type);
        assert_eq!(soon(take(answer.into_body())).await.unwrap(), length);
        assert_eq!(soon(drain).await.unwrap(), 0);
        let _ = soon(connection).await.unwrap();
    }
}
