//! Many messages in an answer: events and lines.

use super::*;

const EVENTS: &str = "text/event-stream";
const LINES: &str = "application/x-ndjson";

fn item(id: &str, text: &str, n: u32) -> String {
    format!(r#"{{"id":"{id}","text":"{text}","n":{n}}}"#)
}

#[tokio::test]
async fn events_are_the_answer_unless_lines_are_asked_for() {
    let mut harness = start(Options::default()).await;
    for caller in harness.callers() {
        for accept in [EVENTS, "*/*"] {
            let response = caller.get("/feed/a%2Fb?n=2&text=hi", accept).await;
            assert_eq!(response.status(), 200);
            let headers = response.headers();
            assert_eq!(headers["content-type"], EVENTS);
            assert_eq!(headers["cache-control"], "no-cache");
            assert_eq!(headers["vary"], "accept");
            assert_eq!(headers["x-accel-buffering"], "no");
            assert_eq!(headers["x-beside"], "header");
            let [first, second] = [0, 1].map(|n| item("a/b", "hi", n));
            let expected =
                format!("event: message\ndata: {first}\n\nevent: message\ndata: {second}\n\n");
            assert_eq!(whole(response).await, expected);
            let ended = ("/test.v1.Streams/Feed".to_owned(), 200, String::new());
            assert_eq!(harness.outcome().await, ended);
        }
        for (accept, media) in [
            (LINES, LINES),
            ("application/json", LINES),
            ("application/jsonl", "application/jsonl"),
        ] {
            let response = caller.get("/feed/x?n=2&text=hi", accept).await;
            assert_eq!(response.headers()["content-type"], media);
            let expected = format!("{}\n{}\n", item("x", "hi", 0), item("x", "hi", 1));
            assert_eq!(whole(response).await, expected);
        }
    }
}

#[tokio::test]
async fn every_binding_reads_and_answers_as_for_one_message() {
    let harness = start(Options::default()).await;
    for caller in harness.callers() {
        let response = caller.get("/texts/x?n=2&text=hi", LINES).await;
        assert_eq!(whole(response).await, "\"hi\"\n\"hi\"\n");

        let json = [("content-type", "application/json"), ("accept", LINES)];
        let body = || Body::from(Bytes::from_static(br#"{"text":"inside"}"#));
        let response = caller.ask("POST", "/feed/x?n=1", &json, body()).await;
        let expected = "{\"id\":\"x\",\"text\":\"\",\"n\":0,\"inner\":{\"text\":\"inside\"}}\n";
        assert_eq!(whole(response).await, expected);

        let body = Body::from(Bytes::from_static(br#"{"id":"rpc","n":1}"#));
        let response = caller.ask("POST", "/test.v1.Streams/Feed", &json, body).await;
        assert_eq!(whole(response).await, item("rpc", "", 0) + "\n");

        // The messages that there are none of are none.
        let response = caller.get("/feed/x", EVENTS).await;
        assert_eq!((response.status(), whole(response).await), (StatusCode::OK, String::new()));
    }
}

#[tokio::test]
async fn what_a_caller_saw_last_reaches_the_handler() {
    let harness = start(Options::default()).await;
    for caller in harness.callers() {
        let headers = [("accept", LINES), ("last-event-id", "41")];
        let response = caller.ask("GET", "/feed/x?n=1&text=after-", &headers, Body::empty()).await;
        assert_eq!(whole(response).await, item("x", "after-41", 0) + "\n");
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_off_does_not_look_like_one_that_has_ended() {
    let mut harness = start(Options::default()).await;
    let mut cut = Vec::new();
    for caller in harness.callers() {
        let mut body = caller.get("/feed/x?n=1&text=wait", EVENTS).await.into_body();
        assert!(piece(&mut body).await.starts_with("event: message"));
        assert_eq!(harness.event().await, Event::Began);
        cut.push((caller, body));
    }
    // Only the end of the connection ends what is sent to somebody who knows no chunks.
    let mut old = harness.raw().await;
    old.send("GET /feed/x?n=1&text=hi HTTP/1.0\r\n\r\n").await;
    let mut whole = String::new();
    soon(old.0.read_to_string(&mut whole)).await.unwrap();
    assert!(whole.ends_with(&format!("data: {}\n\n", item("x", "hi", 0))), "{whole}");
    assert!(!whole.contains("chunked") && !whole.contains("content-length"), "{whole}");

    soon(harness.serving.drain(Duration::ZERO)).await;
    for (_, mut body) in cut {
        assert!(soon(body.frame()).await.unwrap().is_err());
    }
}

#[tokio::test]
async fn an_error_before_the_first_message_has_its_status() {
    let mut harness = start(Options::default()).await;
    for caller in harness.callers() {
        for accept in [EVENTS, LINES] {
            let response = caller.get("/feed/7?text=refused", accept).await;
            assert_eq!(response.status(), 404);
            assert_eq!(response.headers()["content-type"], "application/json");
            assert_eq!(response.headers()["x-beside"], "header");
            let error: serde_json::Value = serde_json::from_str(&whole(response).await).unwrap();
            assert_eq!(
                (&error["reason"], &error["metadata"]["id"]),
                (&"ITEM_NOT_FOUND".into(), &"7".into())
            );
            assert_eq!(harness.outcome().await.1, 404);

            let response = caller.get("/feed/7?text=broken", accept).await;
            assert_eq!(response.status(), 409, "nothing had been sent");
            assert_eq!(response.headers()["x-beside"], "header");
            assert_eq!(harness.outcome().await.2, "BROKEN");

            assert_eq!(caller.get("/feed/7?n=many", accept).await.status(), 400);
            assert_eq!(harness.outcome().await.2, "CODEC");
        }
    }
}

#[tokio::test]
async fn an_error_after_messages_is_the_last_event_or_line() {
    let mut harness = start(Options::default()).await;
    let error = r#"{"code":409,"reason":"BROKEN","message":"as you said","metadata":{"id":"x"}}"#;
    for caller in harness.callers() {
        let first = item("x", "broken", 0);
        for (accept, expected) in [
            (EVENTS, format!("event: message\ndata: {first}\n\nevent: error\ndata: {error}\n\n")),
            (LINES, format!("{first}\n{{\"error\":{error}}}\n")),
        ] {
            let response = caller.get("/feed/x?n=1&text=broken", accept).await;
            assert_eq!(response.status(), 200);
            assert_eq!(whole(response).await, expected);
            let ended = ("/test.v1.Streams/Feed".to_owned(), 409, "BROKEN".to_owned());
            assert_eq!(harness.outcome().await, ended);
        }
    }
}

#[tokio::test]
async fn a_head_request_gets_the_head_and_ends_the_stream() {
    let mut harness = start(Options::default()).await;
    for caller in harness.callers() {
        let accept = [("accept", EVENTS)];
        let response = caller.ask("HEAD", "/feed/x?n=1&text=wait", &accept, Body::empty()).await;
        assert_eq!(response.headers()["content-type"], EVENTS);
        assert_eq!(whole(response).await, "");
        assert_eq!(harness.event().await, Event::Began);
        assert_eq!(harness.event().await, Event::Dropped);
        assert_eq!(harness.outcome().await.1, 200);
    }
}

#[tokio::test]
async fn the_callers_deadline_ends_a_stream_that_waits() {
    let mut harness = start(Options::default()).await;
    for caller in harness.callers() {
        let headers = [("accept", EVENTS), ("grpc-timeout", "50m")];
        let response = caller.ask("GET", "/feed/x?n=1&text=wait", &headers, Body::empty()).await;
        let body = whole(response).await;
        assert!(body.starts_with("event: message\n"), "{body}");
        assert!(
            body.contains("event: error\ndata: {\"code\":504,\"reason\":\"DEADLINE_EXCEEDED\"")
        );
        assert_eq!(harness.event().await, Event::Began);
        assert_eq!(harness.event().await, Event::Dropped);
        assert_eq!(harness.outcome().await.1, 504);
    }
}

#[tokio::test]
async fn the_servers_timeout_is_not_for_streams() {
    let options = Options { timeout: Some(Duration::from_millis(1)), ..Options::default() };
    let mut harness = start(options).await;
    for caller in harness.callers() {
        let response = caller.get("/feed/x?n=1&text=wait", LINES).await;
        let mut body = response.into_body();
        assert_eq!(piece(&mut body).await, item("x", "wait", 0) + "\n");
        assert_eq!(harness.event().await, Event::Began);
        // Unary calls of this server are over before anything else can happen.
        assert_eq!(caller.get("/feed/x?n=1&text=refused", LINES).await.status(), 404);
        harness.go.add_permits(1);
        assert_eq!(piece(&mut body).await, item("", "", 0) + "\n");
        assert_eq!(harness.event().await, Event::Dropped);
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_ends_the_stream_at_once() {
    let mut harness = start(Options::default()).await;
    for caller in harness.callers() {
        let mut response = caller.get("/feed/x?n=1&text=wait", EVENTS).await;
        piece(response.body_mut()).await;
        assert_eq!(harness.event().await, Event::Began);
        drop((response, caller));
        assert_eq!(harness.event().await, Event::Dropped);
        let ended = ("/test.v1.Streams/Feed".to_owned(), 499, "CANCELLED".to_owned());
        assert_eq!(harness.outcome().await, ended);
    }
}

#[tokio::test]
async fn a_caller_that_reads_nothing_stops_the_producer() {
    let harness = start(Options::default()).await;
    for caller in harness.callers() {
        let mut response = caller.get("/feed/x?text=flood", LINES).await;
        // It has stopped once it makes nothing while others are served many times over.
        let mut before = usize::MAX;
        let mut still = 0;
        for _ in 0..100_000 {
            tokio::task::yield_now().await;
            let asked = caller.get("/feed/x?text=refused", LINES);
            assert_eq!(asked.await.status(), 404);
            let made = FLOODED.load(Ordering::SeqCst);
            still = if made == before { still + 1 } else { 0 };
            before = made;
            if still == 50 {
                break;
            }
        }
        assert_eq!(still, 50, "it went on to {before}");
        assert!(before < 4096, "64 MiB for nobody");
        // Whoever reads gets on.
        for _ in 0..before + 10 {
            piece(response.body_mut()).await;
        }
        assert!(FLOODED.load(Ordering::SeqCst) > before);
    }
}

#[tokio::test]
async fn middleware_may_answer_in_place_of_a_stream() {
    struct Cached;
    impl Middleware for Cached {
        fn handle<'a>(
            &'a self,
            call: Call,
            _: Next<'a>,
        ) -> crate::call::BoxFuture<'a, Result<Reply>> {
            Box::pin(async move { call.reply(&Item { text: "cached".into(), ..Item::default() }) })
        }
    }
    let harness = start(Options { middleware: vec![Arc::new(Cached)], ..Options::default() }).await;
    let [caller, _] = harness.callers();
    let response = caller.get("/feed/x", EVENTS).await;
    assert_eq!(response.headers()["content-type"], EVENTS);
    let expected = format!("event: message\ndata: {}\n\n", item("", "cached", 0));
    assert_eq!(whole(response).await, expected);
}
