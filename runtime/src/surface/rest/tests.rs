//! What can be said without a server: formats, negotiation, text, and how answers look.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, Method, Response};
use serde_json::{Value, json};
use smallvec::SmallVec;

use super::media::{Answer, Format, Input};
use super::request::split_key;
use super::text::{form_value, path_value};
use crate::call::Reply;
use crate::surface::Payload;
use crate::{Error, Result};

fn headers(pairs: &[(http::HeaderName, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(name, HeaderValue::from_static(value));
    }
    headers
}

fn input(content_type: &'static str) -> Input {
    Input::of(headers(&[(CONTENT_TYPE, content_type)]).get(CONTENT_TYPE))
}

fn answer(accept: &'static str) -> Answer {
    Answer::negotiate(&Method::GET, &headers(&[(ACCEPT, accept)]))
}

#[test]
fn a_content_type_is_told_by_its_subtype() {
    for json in
        ["application/json", "Application/JSON", "application/json; charset=utf-8", "text/json;x"]
    {
        assert_eq!(input(json), Input::Message(Format::Json), "{json}");
    }
    assert_eq!(input("application/protojson"), Input::Message(Format::ProtoJson));
    assert_eq!(input("application/proto"), Input::Message(Format::Proto));
    assert_eq!(input("application/x-protobuf ; a=b"), Input::Message(Format::Proto));
    assert_eq!(input("application/x-www-form-urlencoded; charset=UTF-8"), Input::Form);
    assert_eq!(Input::of(None), Input::Unsaid);
    assert_eq!(input("Multipart/Form-Data; boundary=b"), Input::Multipart);
    assert_eq!(input("application/gRPC+proto; a=b"), Input::Grpc);
    for unknown in [
        "text/plain",
        "json",
        "",
        "application/",
        "application/jsonx",
        "multipart/mixed",
        "application/grpcx",
    ] {
        assert_eq!(input(unknown), Input::Unknown, "{unknown}");
    }
}

#[test]
fn the_answer_is_in_the_best_format_that_is_named() {
    for (accept, format) in [
        ("*/*", Format::Json),
        ("application/json", Format::Json),
        ("application/*;q=0.1", Format::Json),
        ("application/protojson", Format::ProtoJson),
        ("APPLICATION/Proto", Format::Proto),
        ("application/x-protobuf", Format::Proto),
        ("application/json;q=0.5, application/proto;q=0.9", Format::Proto),
        ("application/json, application/proto", Format::Json),
        ("application/proto, application/json", Format::Proto),
        ("application/proto, */*", Format::Proto),
        ("application/proto;q=0.2, */*", Format::Json),
        ("application/json;q=0, */*;q=0.5", Format::ProtoJson),
        ("application/proto;q=0", Format::Json),
        ("application/proto;q=nonsense", Format::Json),
        ("application/proto; v=1; Q=0.7, application/json;q=0.6", Format::Proto),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Format::Json),
        ("image/png", Format::Json),
        ("", Format::Json),
    ] {
        assert_eq!(answer(accept).format, format, "{accept}");
    }
}

#[test]
fn a_form_that_was_asked_for_is_no_others_in_a_cache() {
    for (accept, varies) in [
        ("*/*", false),
        ("application/json", false),
        ("application/proto", true),
        ("application/protojson", true),
    ] {
        let response = answer(accept).whole(Reply::new(()).meta, Bytes::new());
        assert_eq!(response.headers().contains_key(VARY), varies, "{accept}");
    }
    let problem = answer("application/problem+json").error(&Error::route_not_found());
    assert_eq!(problem.headers()[VARY], "accept");
    let own =
        answer("application/proto").whole(Reply::new(()).header("vary", "x").meta, Bytes::new());
    assert_eq!(own.headers().get_all(VARY).iter().count(), 2);
}

#[test]
fn several_accept_headers_are_one_list() {
    let headers = headers(&[
        (ACCEPT, "text/html"),
        (ACCEPT, "application/proto;q=0.4, application/json;q=0.3"),
    ]);
    assert_eq!(Answer::negotiate(&Method::GET, &headers).format, Format::Proto);
}

#[test]
fn a_request_in_protojson_is_answered_in_it() {
    let sent = (CONTENT_TYPE, "application/protojson");
    let with = |more: &[_]| {
        let mut pairs = vec![sent.clone()];
        pairs.extend_from_slice(more);
        Answer::negotiate(&Method::POST, &headers(&pairs)).format
    };
    assert_eq!(with(&[]), Format::ProtoJson);
    assert_eq!(with(&[(ACCEPT, "*/*")]), Format::ProtoJson);
    assert_eq!(with(&[(ACCEPT, "application/json")]), Format::Json);
}

#[test]
fn path_values_are_decoded_and_keep_the_slashes_that_part_segments() -> Result {
    let single = |raw| path_value(raw, false);
    let wide = |raw| path_value(raw, true);
    assert_eq!(single("plain").as_deref(), Ok("plain"));
    assert_eq!(single("a%2Fb%20c+d").as_deref(), Ok("a/b c+d"));
    assert_eq!(wide("x/a%2Fb%2fc%20d").as_deref(), Ok("x/a%2Fb%2fc d"));
    assert_eq!(single("%E4%BD%A0").as_deref(), Ok("你"));
    for broken in ["%", "%4", "%zz", "a%2", "%+1"] {
        assert!(single(broken).is_err(), "{broken}");
    }
    assert!(single("%FF").is_err(), "not UTF-8");
    assert_eq!(form_value("a+b%2Bc").as_deref(), Ok("a b+c"));
    Ok(())
}

#[test]
fn a_key_is_split_at_dots_and_brackets() {
    for (key, names) in [
        ("a", &["a"][..]),
        ("a.b.c", &["a", "b", "c"]),
        ("f[]", &["f"]),
        ("labels[k]", &["labels", "k"]),
        ("labels[k.l]", &["labels", "k.l"]),
        ("a.labels[k].b", &["a", "labels", "k", "b"]),
        ("a[0][1]", &["a", "0", "1"]),
    ] {
        let mut path = SmallVec::new();
        split_key(key, &mut path);
        assert_eq!(&path[..], names, "{key}");
    }
}

proptest::proptest! {
    #[test]
    fn hostile_text_is_never_a_panic(text in "[a.%+\\[\\]é&=]{0,24}") {
        split_key(&text, &mut SmallVec::new());
        let _ = path_value(&text, true);
        let _ = form_value(&text);
    }
}

fn json(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

#[test]
fn an_error_has_its_four_keys_and_its_code_as_the_status() {
    let error = Error::not_found("USER_NOT_FOUND", "no user 7").with("id", 7);
    let response = answer("*/*").error(&error);
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    let body =
        r#"{"code":404,"reason":"USER_NOT_FOUND","message":"no user 7","metadata":{"id":"7"}}"#;
    assert_eq!(response.body(), body);
    assert_eq!(
        json(&answer("*/*").error(&Error::bad_request("", ""))),
        json!({"code": 400, "reason": "", "message": "", "metadata": {}})
    );
}

#[test]
fn a_server_error_keeps_its_text_to_itself_unless_exposed() {
    let error = || Error::internal("WHY", "the password is 7").with("id", 7);
    assert_eq!(
        json(&answer("*/*").error(&error())),
        json!({"code": 500, "reason": "WHY", "message": "internal error", "metadata": {}})
    );
    assert_eq!(
        json(&answer("*/*").error(&error().expose())),
        json!({"code": 500, "reason": "WHY", "message": "the password is 7", "metadata": {"id": "7"}})
    );
}

#[test]
fn problem_details_are_for_those_who_ask() {
    let error = Error::not_found("USER_NOT_FOUND", "no user 7").with("id", 7);
    let response = answer("application/json, application/problem+json").error(&error);
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    assert_eq!(
        json(&response),
        json!({
            "type": "about:blank", "title": "Not Found", "status": 404, "detail": "no user 7",
            "reason": "USER_NOT_FOUND", "metadata": {"id": "7"}
        })
    );
    for plain in
        ["application/problem+json;q=0.5, application/json", "application/problem+json;q=0", "*/*"]
    {
        assert_eq!(
            answer(plain).error(&error).headers()[CONTENT_TYPE],
            "application/json",
            "{plain}"
        );
    }
    let gone = json(&answer("application/problem+json").error(&Error::cancelled()));
    assert_eq!(gone["title"], "Client Closed Request");
}

#[test]
fn errors_are_json_for_those_who_read_protobuf_too() {
    let content_type =
        |accept| answer(accept).error(&Error::route_not_found()).headers()[CONTENT_TYPE].clone();
    assert_eq!(content_type("application/proto"), "application/json");
    assert_eq!(content_type("application/protojson"), "application/protojson");
}

#[test]
fn metadata_beyond_four_kibibytes_is_left_out() {
    let error = Error::bad_request("WHY", "")
        .with("a", "x".repeat(4000))
        .with("b", "x".repeat(4000))
        .with("c", "small");
    let body = json(&answer("*/*").error(&error));
    let keys: Vec<_> = body["metadata"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["a", "c"]);
}

#[test]
fn a_reply_keeps_what_its_handler_set() {
    let meta = Reply::new(()).status(201).header("x-one", "1").trailer("x-two", "2").meta;
    let response = answer("*/*").whole(meta, Bytes::from_static(b"{}"));
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["x-one"], "1");
    assert_eq!(response.headers()["trailer-x-two"], "2");
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    let meta = Reply::new(()).header("content-type", "text/csv").meta;
    assert_eq!(answer("*/*").whole(meta, Bytes::new()).headers()[CONTENT_TYPE], "text/csv");
    let meta = Reply::new(()).status(204).meta;
    let response = answer("*/*").whole(meta, Bytes::from_static(b"{}"));
    assert!(response.body().length() == Some(0) && !response.headers().contains_key(CONTENT_TYPE));
}

#[test]
fn head_gets_the_length_and_no_body() {
    let head = Answer::negotiate(&Method::HEAD, &HeaderMap::new());
    for response in [
        head.whole(Reply::new(()).meta, Bytes::from_static(b"{\"a\":1}")),
        head.error(&Error::route_not_found()).map(Payload::full),
    ] {
        assert_eq!(response.body().length(), Some(0));
        assert_ne!(response.headers()[CONTENT_LENGTH], "0");
    }
}
