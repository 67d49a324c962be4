//! Browsers' questions about origins, over HTTP/1.1.

use ::http::HeaderValue;

use super::*;
use crate::server::{Cors, wrap};

const PAGE: &str = "https://page.test";

async fn guarded(origins: Option<&'static str>, credentials: bool) -> Harness {
    let origins = origins.map(|origin| vec![HeaderValue::from_static(origin)]);
    let exposed = ["x-beside".to_owned()];
    let cors = Cors::new(origins, credentials, &exposed, Duration::from_secs(60));
    start(Options { layers: vec![wrap(cors)], ..Options::default() }).await
}

async fn ask(harness: &Harness, method: &str, origin: &str, more: &str) -> (String, String) {
    let mut client = harness.raw().await;
    let origin = if origin.is_empty() { String::new() } else { format!("origin: {origin}\r\n") };
    let body = if method == "POST" {
        "content-type: application/json\r\ncontent-length: 13\r\n"
    } else {
        ""
    };
    let message = if method == "POST" { r#"{"text":"hi"}"# } else { "" };
    client
        .send(&format!(
            "{method} /v1/echo HTTP/1.1\r\nhost: t\r\n{origin}{more}{body}\r\n{message}"
        ))
        .await;
    client.response().await
}

#[tokio::test]
async fn a_page_that_is_named_may_call() {
    let mut harness = guarded(Some(PAGE), true).await;
    let more = "access-control-request-method: POST\r\naccess-control-request-headers: x-a,content-type\r\n";
    let (head, _) = ask(&harness, "OPTIONS", PAGE, more).await;
    for line in [
        "http/1.1 204",
        "access-control-allow-origin: https://page.test\r\n",
        "access-control-allow-methods: post\r\n",
        "access-control-allow-headers: x-a,content-type\r\n",
        "access-control-allow-credentials: true\r\n",
        "access-control-max-age: 60\r\n",
        "vary: origin\r\n",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
    let (head, body) = ask(&harness, "POST", PAGE, "").await;
    assert_eq!(body, r#"{"text":"hi"}"#);
    assert!(head.contains("access-control-allow-origin: https://page.test\r\n"), "{head}");
    let exposed = head.lines().find(|line| line.starts_with("access-control-expose-headers"));
    assert!(exposed.unwrap().contains("grpc-status") && exposed.unwrap().ends_with("x-beside"));
    // The question before the call is none.
    assert_eq!(harness.outcome().await, ("/test.v1.Echo/Echo".to_owned(), 200, String::new()));
    assert!(harness.ended.try_recv().is_err());
}

#[tokio::test]
async fn any_other_page_is_told_nothing() {
    let harness = guarded(Some(PAGE), false).await;
    let more = "access-control-request-method: POST\r\n";
    for (method, more) in [("OPTIONS", more), ("POST", "")] {
        let (head, _) = ask(&harness, method, "https://other.test", more).await;
        assert!(!head.contains("\naccess-control"), "{head}");
        assert!(head.contains("vary: origin\r\n"), "{head}");
    }
}

#[tokio::test]
async fn every_page_may_call_where_that_is_said() {
    let harness = guarded(None, false).await;
    let (head, _) = ask(&harness, "POST", PAGE, "").await;
    assert!(head.contains("access-control-allow-origin: *\r\n"), "{head}");
    assert!(head.contains("access-control-expose-headers: *\r\n"), "{head}");
}

#[tokio::test]
async fn who_is_no_page_gets_plain_answers() {
    let harness = guarded(None, false).await;
    let (head, _) = ask(&harness, "POST", "", "").await;
    assert!(head.starts_with("http/1.1 200") && !head.contains("access-control"), "{head}");
    // An OPTIONS that asks for the methods of a path.
    let (head, _) = ask(&harness, "OPTIONS", PAGE, "").await;
    assert!(head.contains("allow: options, post\r\n"), "{head}");
}
