//! Bytes with a content type of their own, in and out.

use super::*;

#[tokio::test]
async fn a_reply_that_is_bytes_is_sent_as_it_is() {
    let harness = start(Options::default()).await;
    for caller in harness.callers() {
        for (text, media) in [("text/csv", "text/csv"), ("", "application/octet-stream")] {
            let path = format!("/stored/x?text={text}");
            let response = caller.get(&path, "application/json").await;
            assert_eq!(response.headers()["content-type"], media);
            assert_eq!(whole(response).await, "bytes");
        }
        // A message around them is a message.
        let response = caller.get("/file/x?text=text/csv", "application/json").await;
        assert_eq!(response.headers()["content-type"], "application/json");
        let json =
            r#"{"name":"x","file":{"contentType":"text/csv","data":"Ynl0ZXM=","extensions":[]}}"#;
        assert_eq!(whole(response).await, json);
    }
}

#[tokio::test]
async fn a_request_may_be_bytes_of_any_type() {
    let harness = start(Options::default()).await;
    for caller in harness.callers() {
        for media in ["image/png", "application/json", "application/x-www-form-urlencoded"] {
            let body = Body::from(Bytes::from_static(b"\x89 not { json"));
            let response = caller.ask("POST", "/bytes", &[("content-type", media)], body).await;
            assert_eq!(response.headers()["content-type"], media);
            let body = soon(response.into_body().collect()).await.unwrap().to_bytes();
            assert_eq!(body, &b"\x89 not { json"[..]);
        }
        let response = caller.ask("POST", "/bytes", &[], Body::empty()).await;
        assert_eq!(response.headers()["content-type"], "application/octet-stream");
        assert_eq!(whole(response).await, "");
        // On the RPC path it is a message like any other.
        let json = r#"{"contentType":"a/b","data":"aGk=","extensions":[]}"#;
        let headers = [("content-type", "application/json")];
        let body = Body::from(Bytes::from_static(json.as_bytes()));
        let response = caller.ask("POST", "/test.v1.Streams/Echo", &headers, body).await;
        assert_eq!(whole(response).await, json);
        let large = Body::from(Bytes::from(vec![0; 2048]));
        let response = caller.ask("POST", "/bytes", &[("content-type", "a/b")], large).await;
        assert_eq!(response.status(), 413);
    }
}

#[tokio::test]
async fn a_stream_of_bytes_is_a_download() {
    let mut harness = start(Options::default()).await;
    for caller in harness.callers() {
        for accept in ["*/*", "text/csv", "application/json"] {
            let response = caller.get("/download/x?n=3", accept).await;
            assert_eq!(response.headers()["content-type"], "text/csv");
            assert_eq!(whole(response).await, "0;\n1;\n2;\n");
            assert_eq!(harness.outcome().await.1, 200);
        }
        let response = caller.get("/download/x?n=0", "*/*").await;
        assert_eq!((response.status(), whole(response).await), (StatusCode::OK, String::new()));
        harness.outcome().await;

        let response = caller.get("/download/x?n=1&text=refused", "*/*").await;
        assert_eq!(response.status(), 404, "nothing had been sent");
        assert_eq!(harness.outcome().await.2, "NO_FILE");

        // Half a file does not look like a whole one.
        let path = "/download/x?n=2&text=broken";
        if let Ok(response) = caller.try_ask("GET", path, &[], Body::empty()).await {
            assert_eq!(response.status(), 200);
            assert!(soon(response.into_body().collect()).await.is_err());
        }
        assert_eq!(harness.outcome().await.2, "BROKEN");

        // Events and lines are text, which has no place for every byte.
        let line = r#"{"contentType":"text/csv","data":"MDsK","extensions":[]}"#;
        let response = caller.get("/download/x?n=1", "text/event-stream").await;
        assert_eq!(whole(response).await, format!("event: message\ndata: {line}\n\n"));
        let response = caller.get("/download/x?n=1", "application/x-ndjson").await;
        assert_eq!(whole(response).await, format!("{line}\n"));
        for _ in 0..2 {
            harness.outcome().await;
        }
    }
}

#[tokio::test]
async fn an_upload_is_a_stream_that_may_be_larger_than_any_message() {
    let harness = start(Options::default()).await;
    for caller in harness.callers() {
        let headers = [("content-type", "video/mp4")];
        let body = Body::from(Bytes::from(vec![7; 300_000]));
        let response = caller.ask("POST", "/upload/film", &headers, body).await;
        assert_eq!(whole(response).await, r#"{"id":"film video/mp4","text":"","n":300000}"#);
        let response = caller.ask("POST", "/upload/film", &headers, Body::empty()).await;
        assert_eq!(whole(response).await, r#"{"id":"","text":"","n":0}"#);
    }
}
