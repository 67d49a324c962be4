//! gRPC: one call, streams, errors, metadata, deadlines.

use ::http::Method;

use super::*;
use crate::surface::Encoding;

#[tokio::test]
async fn a_unary_call_is_one_message_and_trailers() {
    let mut harness = start(Options::default()).await;
    let mut send = harness.h2().await;
    let answer = grpc(&mut send, "Echo", "hi").await;
    assert_eq!((answer.status, answer.grpc_status()), (StatusCode::OK, "0"));
    assert_eq!(answer.headers["content-type"], "application/grpc");
    assert_eq!(answer.messages, [text("hi")]);
    assert_eq!(harness.outcome().await, ("/test.v1.Echo/Echo".to_owned(), 200, String::new()));
}

#[tokio::test]
async fn an_error_carries_reason_and_metadata() {
    let mut harness = start(Options::default()).await;
    let mut send = harness.h2().await;
    let answer = grpc(&mut send, "Fail", "seven").await;
    let error = answer.error();
    assert_eq!(
        (error.code(), error.reason(), error.message()),
        (404, "TEXT_NOT_FOUND", "no seven")
    );
    assert_eq!(error.metadata()["text"], "seven");
    assert_eq!(answer.headers["x-beside"], "header");
    assert_eq!(answer.headers["x-after"], "trailer");
    assert_eq!(harness.outcome().await.1, 404);

    let answer = grpc(&mut send, "Fail", "internal").await;
    let error = answer.error();
    assert_eq!((error.code(), error.reason(), error.message()), (500, "SECRET", "internal error"));
    assert!(error.metadata().is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_a_request_has_a_status() {
    let mut harness = start(Options::default()).await;
    let mut send = harness.h2().await;
    let whole = framed(&text("hi"));
    let mut large = vec![0, 0, 0, 8, 0];
    large.extend([0; 2048]);
    let mut compressed = whole.to_vec();
    compressed[0] = 1;
    let echo = "/test.v1.Echo/Echo";
    let cases: [(&str, Vec<u8>, &str, &str); 9] = [
        ("/test.v1.Echo/Nothing", whole.to_vec(), "12", "METHOD_NOT_FOUND"),
        ("/v1/echo", whole.to_vec(), "12", "METHOD_NOT_FOUND"),
        (echo, Vec::new(), "12", "CODEC"),
        (echo, whole[..3].to_vec(), "3", "CODEC"),
        (echo, whole[..7].to_vec(), "3", "CODEC"),
        (echo, [whole.clone(), whole.clone()].concat(), "12", "CODEC"),
        (echo, vec![0, 0, 0, 0, 1, 0xff], "3", "CODEC"),
        (echo, large, "8", "BODY_TOO_LARGE"),
        (echo, compressed, "13", "CODEC"),
    ];
    for (path, body, status, reason) in cases {
        let answer =
            take_apart(soon(send.send_request(grpc_request(path, body.into()))).await.unwrap())
                .await;
        assert_eq!((answer.grpc_status(), answer.error().reason()), (status, reason), "{answer:?}");
        assert_eq!(harness.outcome().await.2, reason);
    }
    let mut request = grpc_request(echo, whole.clone());
    request.headers_mut().insert("grpc-encoding", "snappy".parse().unwrap());
    let answer = take_apart(soon(send.send_request(request)).await.unwrap()).await;
    assert_eq!(answer.grpc_status(), "12");
    assert_eq!(answer.headers["grpc-accept-encoding"], Encoding::ACCEPTED);
    let refused = (echo.to_owned(), 415, "UNSUPPORTED_MEDIA_TYPE".to_owned());
    assert_eq!(harness.outcome().await, refused);

    let mut request = grpc_request(echo, whole.clone());
    *request.method_mut() = Method::PUT;
    let answer = take_apart(soon(send.send_request(request)).await.unwrap()).await;
    assert_eq!(answer.error().reason(), "METHOD_NOT_ALLOWED");
    let refused = (echo.to_owned(), 405, "METHOD_NOT_ALLOWED".to_owned());
    assert_eq!(harness.outcome().await, refused);

    let mut request = grpc_request(echo, whole);
    request.headers_mut().insert("content-type", "application/grpc+thrift".parse().unwrap());
    let answer = take_apart(soon(send.send_request(request)).await.unwrap()).await;
    assert_eq!(answer.grpc_status(), "12");
    assert_eq!(answer.error().reason(), "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn a_reply_is_compressed_as_its_request_was() {
    let harness = start(Options { max_body: 1 << 20, ..Options::default() }).await;
    let mut send = harness.h2().await;
    let long = "again and again ".repeat(1000);
    let zstd = cfg!(feature = "zstd").then_some("zstd");
    for encoding in ["gzip", "deflate"].into_iter().chain(zstd) {
        let known = Encoding::named(encoding.as_bytes()).unwrap();
        for text_of in ["short", &long] {
            let mut packed = Vec::new();
            known.compress(&framed(&text(text_of))[5..], &mut packed).unwrap();
            let mut frame = vec![1];
            frame.extend(u32::try_from(packed.len()).unwrap().to_be_bytes());
            frame.extend(packed);
            let mut request = grpc_request("/test.v1.Echo/Echo", frame.into());
            let headers = request.headers_mut();
            headers.insert("grpc-encoding", encoding.parse().unwrap());
            headers.insert("grpc-accept-encoding", "identity,zstd,deflate,gzip".parse().unwrap());
            let response = soon(send.send_request(request)).await.unwrap();
            assert_eq!(response.headers()["grpc-encoding"], encoding);
            let body = soon(response.into_body().collect()).await.unwrap().to_bytes();
            let large = text_of.len() > 1024;
            assert_eq!(body[0], u8::from(large), "what is small is sent as it is");
            let sent = if large { known } else { Encoding::Identity };
            let message = sent.decompress(body.slice(5..), 1 << 20).unwrap();
            assert_eq!(crate::message::decode::<Text>(message).unwrap(), text(text_of));
        }
    }
}

#[tokio::test]
async fn messages_may_be_json() {
    let harness = start(Options::default()).await;
    let mut send = harness.h2().await;
    let json = br#"{"text":"3"}"#;
    let mut frame = vec![0, 0, 0, 0, u8::try_from(json.len()).unwrap()];
    frame.extend(json);
    for (method, expected) in [("Echo", 1), ("Count", 3)] {
        let path = format!("/test.v1.Echo/{method}");
        let mut request = grpc_request(&path, frame.clone().into());
        request.headers_mut().insert("content-type", "application/grpc+json".parse().unwrap());
        let response = soon(send.send_request(request)).await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/grpc+json");
        let body = soon(response.into_body().collect()).await.unwrap();
        assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
        let body = body.to_bytes();
        assert_eq!(body.windows(8).filter(|it| it == br#"{"text":"#).count(), expected);
    }
}

#[tokio::test]
async fn a_message_in_many_pieces_is_read() {
    let harness = start(Options { max_body: 1 << 20, ..Options::default() }).await;
    let mut send = harness.h2().await;
    let long = "x".repeat(300_000);
    let answer = grpc(&mut send, "Echo", &long).await;
    assert_eq!(answer.messages, [text(long)]);
}

#[tokio::test]
async fn a_stream_is_seen_to_its_end() {
    let mut harness = start(Options::default()).await;
    let mut send = harness.h2().await;
    let answer = grpc(&mut send, "Count", "3").await;
    assert_eq!(answer.grpc_status(), "0");
    assert_eq!(answer.messages, [text("3"), text("2"), text("1")]);
    assert_eq!(answer.trailers["x-early"], "yes");
    assert_eq!(answer.trailers["x-late"], "whole");
    assert_eq!(harness.outcome().await, ("/test.v1.Echo/Count".to_owned(), 200, String::new()));

    let answer = grpc(&mut send, "Count", "broken").await;
    assert_eq!(answer.error().reason(), "BROKEN");
    assert_eq!(answer.trailers["x-early"], "yes");
    assert_eq!(answer.trailers["x-late"], "broken");
    assert_eq!(
        harness.outcome().await,
        ("/test.v1.Echo/Count".to_owned(), 409, "BROKEN".to_owned())
    );
}

#[tokio::test]
async fn metadata_flows_both_ways() {
    let harness = start(Options::default()).await;
    let mut send = harness.h2().await;
    let mut request = grpc_request("/test.v1.Echo/Beside", framed(&text("")));
    request.headers_mut().insert("x-md-global-who", "me".parse().unwrap());
    let answer = take_apart(soon(send.send_request(request)).await.unwrap()).await;
    assert_eq!(answer.headers["x-beside"], "me");
    assert_eq!(answer.trailers["x-after-bin"], "AJ8");
}

#[tokio::test]
async fn the_callers_deadline_drops_the_handler() {
    let mut harness = start(Options::default()).await;
    let mut send = harness.h2().await;
    let mut request = grpc_request("/test.v1.Echo/Wait", framed(&text("")));
    request.headers_mut().insert("grpc-timeout", "50m".parse().unwrap());
    let answer = take_apart(soon(send.send_request(request)).await.unwrap()).await;
    assert_eq!((answer.grpc_status(), answer.error().reason()), ("4", "DEADLINE_EXCEEDED"));
    assert_eq!(harness.event().await, Event::Began);
    assert_eq!(harness.event().await, Event::Dropped);
    assert_eq!(harness.outcome().await.1, 504);
}

#[tokio::test]
async fn a_stream_that_is_always_ready_ends_at_the_callers_deadline() {
    let mut harness = start(Options::default()).await;
    let mut send = harness.h2().await;
    let for_ever = usize::MAX.to_string();
    let mut request = grpc_request("/test.v1.Echo/Count", framed(&text(for_ever)));
    request.headers_mut().insert("grpc-timeout", "50m".parse().unwrap());
    let answer = take_apart(soon(send.send_request(request)).await.unwrap()).await;
    assert_eq!((answer.grpc_status(), answer.error().reason()), ("4", "DEADLINE_EXCEEDED"));
    assert!(!answer.messages.is_empty());
    assert_eq!(harness.outcome().await.1, 504);
}

#[tokio::test]
async fn the_servers_timeout_holds_on_both_prongs() {
    let options = Options { timeout: Some(Duration::from_millis(50)), ..Options::default() };
    let mut harness = start(options).await;
    let mut send = harness.h2().await;
    assert_eq!(grpc(&mut send, "Wait", "").await.grpc_status(), "4");
    let mut client = harness.raw().await;
    client.send(&post("/test.v1.Echo/Wait", r#"{"text":""}"#)).await;
    let (head, body) = client.response().await;
    assert!(head.starts_with("http/1.1 504") && body.contains("DEADLINE_EXCEEDED"), "{head}{body}");
    for _ in 0..2 {
        assert_eq!(harness.outcome().await.1, 504);
    }
}

#[tokio::test]
async fn a_reset_stream_drops_the_handler() {
    let mut harness = start(Options::default()).await;
    let mut send = harness.h2().await;
    let call = send.send_request(grpc_request("/test.v1.Echo/Wait", framed(&text(""))));
    let call = tokio::spawn(call);
    assert_eq!(harness.event().await, Event::Began);
    call.abort();
    assert_eq!(harness.event().await, Event::Dropped);
}

#[tokio::test]
async fn a_panic_is_internal_and_the_connection_lives_on() {
    let harness = start(Options::default()).await;
    let mut send = harness.h2().await;
    let answer = grpc(&mut send, "Panic", "").await;
    assert_eq!((answer.grpc_status(), answer.error().reason()), ("13", "INTERNAL"));
    assert_eq!(grpc(&mut send, "Echo", "still").await.messages, [text("still")]);
}
