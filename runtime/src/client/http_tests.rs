//! How a request is spread over path, query and body, and how an error body is read.

use super::*;
use crate::service::BindingSpec;

fn read(status: u16, body: &str) -> Error {
    let (mut head, ()) = http::Response::new(()).into_parts();
    head.status = http::StatusCode::from_u16(status).unwrap();
    let body = Bytes::copy_from_slice(body.as_bytes());
    error(&Answer { head, body, trailers: HeaderMap::new() })
}

#[crate::message]
pub(super) struct Item {
    pub title: String,
    pub pages: u64,
}

#[crate::message]
pub(super) struct Request {
    pub id: String,
    pub item: Option<Item>,
    pub tags: Vec<String>,
    pub labels: std::collections::BTreeMap<String, i64>,
    pub data: Vec<u8>,
    pub long_name: Option<bool>,
}

fn full() -> Request {
    Request {
        id: "a/b".to_owned(),
        item: Some(Item { title: "T".to_owned(), pages: 0 }),
        tags: vec!["x".to_owned(), "y z".to_owned()],
        labels: [("k".to_owned(), 5)].into(),
        data: vec![251, 255],
        long_name: Some(false),
    }
}

/// What a method with this binding sends: the first line, then the body.
async fn sent(request: &Request, binding: Option<BindingSpec>) -> (String, String) {
    let bindings: &'static [BindingSpec] = Box::leak(binding.into_iter().collect());
    let method: &'static MethodSpec = Box::leak(Box::new(MethodSpec {
        bindings,
        ..MethodSpec::new(
            "Do",
            "/a.B/Do",
            <Request as Message>::describe,
            <Item as Message>::describe,
        )
    }));
    let plan = Plan::new(method).unwrap();
    let (path, request) =
        plan.request(Given::One(request.clone()), HeaderMap::new(), &Link::default()).unwrap();
    let kind = request.headers().get(CONTENT_TYPE).cloned();
    let line = format!("{} {path}", request.method());
    let body = request.into_body().collect(usize::MAX).await.unwrap();
    assert_eq!(kind.is_some(), !body.is_empty());
    (line, String::from_utf8(body.to_vec()).unwrap())
}

const fn bound(
    verb: &'static str,
    path: &'static str,
    body: Option<&'static str>,
) -> Option<BindingSpec> {
    Some(BindingSpec { verb, path, body, response_body: None })
}

#[tokio::test]
async fn without_a_binding_the_rpc_path_takes_the_whole_message() {
    let (line, body) = sent(&full(), None).await;
    assert_eq!(line, "POST /a.B/Do");
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap(),
        serde_json::json!({
            "id": "a/b", "item": {"title": "T", "pages": 0}, "tags": ["x", "y z"],
            "labels": {"k": 5}, "data": "+/8=", "long_name": false,
        })
    );
}

#[tokio::test]
async fn fields_go_to_path_body_and_query() {
    let (line, body) = sent(&full(), bound("GET", "/v1/{id}", None)).await;
    let query =
        "data=%2B%2F8%3D&item.pages=0&item.title=T&labels[k]=5&long_name=false&tags=x&tags=y%20z";
    assert_eq!((line, body.as_str()), (format!("GET /v1/a%2Fb?{query}"), ""));

    let (line, body) = sent(&full(), bound("PUT", "/v1/{id=**}", Some("item"))).await;
    let query = "data=%2B%2F8%3D&labels[k]=5&long_name=false&tags=x&tags=y%20z";
    assert_eq!(line, format!("PUT /v1/a/b?{query}"));
    assert_eq!(body, r#"{"pages":0,"title":"T"}"#);

    let empty = Request { id: "1".to_owned(), ..Request::default() };
    let (line, body) = sent(&empty, bound("PATCH", "/v1/{id}", Some("item"))).await;
    assert_eq!((line.as_str(), body.as_str()), ("PATCH /v1/1", ""));

    let (line, body) = sent(&empty, bound("POST", "/v1/{id}:run", Some("*"))).await;
    assert_eq!(line, "POST /v1/1:run");
    assert!(!body.contains("\"id\""), "{body}");
}

#[test]
fn the_kits_body_is_read_and_the_status_wins() {
    let body = r#"{"code":400,"reason":"WHY","message":"no","metadata":{"id":"7"}}"#;
    let error = read(404, body);
    assert_eq!((error.code(), error.reason(), error.message()), (404, "WHY", "no"));
    assert_eq!(error.metadata()["id"], "7");
}

#[test]
fn every_part_of_the_body_may_be_missing() {
    for (body, reason, message) in [
        (r#"{"reason":"WHY"}"#, "WHY", "Conflict"),
        (r#"{"message":"no"}"#, "", "no"),
        (r#"{"reason":"WHY","message":"no","metadata":null,"more":[1]}"#, "WHY", "no"),
        (r#"{"code":9,"message":"no","details":[]}"#, "", "no"),
    ] {
        let error = read(409, body);
        assert_eq!((error.code(), error.reason(), error.message()), (409, reason, message));
        assert!(error.metadata().is_empty());
    }
}

#[test]
fn a_foreign_body_leaves_its_text() {
    for (body, message) in [
        ("", "the answer is HTTP 502 Bad Gateway"),
        ("<html>oops", "the answer is HTTP 502 Bad Gateway: <html>oops"),
        (r#"{"error":"x"}"#, r#"the answer is HTTP 502 Bad Gateway: {"error":"x"}"#),
        ("[1]", "the answer is HTTP 502 Bad Gateway: [1]"),
    ] {
        let error = read(502, body);
        assert_eq!((error.code(), error.reason(), error.message()), (502, "", message));
    }
    assert_eq!(read(302, "").code(), 500);
    assert!(read(500, &"ü".repeat(5000)).message().len() < 600);
}
