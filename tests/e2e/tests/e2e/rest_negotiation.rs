//! In which format a request is read and an answer is written.

use bident::prelude::*;
use e2e::{Running, WIRES, call, start};
use serde_json::json;

#[message]
struct Note {
    note_text: String,
    size: i64,
}

struct Notes;

#[service(package = "e2e.formats.v1")]
impl Notes {
    #[rpc(get = "/notes/{size}", post = "/notes")]
    async fn note(&self, req: Note) -> Note {
        req
    }

    #[rpc(post = "/notes:text", response_body = "note_text")]
    async fn text(&self, req: Note) -> Note {
        req
    }
}

/// The same message as prost's own derive reads and writes it.
#[derive(Clone, PartialEq, prost::Message)]
struct NoteBytes {
    #[prost(string, tag = "1")]
    note_text: String,
    #[prost(int64, tag = "2")]
    size: i64,
}

async fn server() -> Running {
    start(App::new("formats").service(Notes)).await
}

fn bytes() -> Vec<u8> {
    prost::Message::encode_to_vec(&NoteBytes { note_text: "hi".to_owned(), size: 7 })
}

#[tokio::test]
async fn bodies_are_read_in_every_format() {
    let server = server().await;
    let json = br#"{"note_text": "hi", "size": 7}"#.to_vec();
    for wire in WIRES {
        for (content_type, body) in [
            ("application/json", &json),
            ("APPLICATION/JSON; charset=\"utf-8\"", &json),
            ("application/protojson", &json),
            ("application/proto", &bytes()),
            ("application/x-protobuf", &bytes()),
        ] {
            for path in ["/notes", "/e2e.formats.v1.Notes/Note"] {
                let call = call("POST", path).header("content-type", content_type).over(wire);
                let answer = call.body(body.clone()).send(server.addr).await;
                assert_eq!(answer.json(), json!({"noteText": "hi", "size": "7"}), "{content_type}");
            }
        }
    }
}

#[tokio::test]
async fn a_body_in_no_known_format_is_refused() {
    let server = server().await;
    for content_type in
        ["text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense"]
    {
        let call = call("POST", "/notes").header("content-type", content_type).body("{}");
        let answer = call.send(server.addr).await;
        assert_eq!(answer.failure(), (415, "UNSUPPORTED_MEDIA_TYPE".into()), "{content_type}");
    }
    let unsaid = call("POST", "/notes").body("{}").send(server.addr).await;
    assert_eq!(unsaid.failure(), (415, "UNSUPPORTED_MEDIA_TYPE".into()));
}

#[tokio::test]
async fn bodies_that_do_not_decode_are_told_where() {
    let server = server().await;
    for (content_type, body, says) in [
        ("application/json", "{\"size\": \"x\"}", "size"),
        ("application/json", "{", "line 1"),
        ("application/json", "{} {}", "trailing"),
        ("application/proto", "\n\u{1}", ""),
    ] {
        let call = call("POST", "/notes").header("content-type", content_type).body(body);
        let answer = call.send(server.addr).await;
        assert_eq!(answer.failure(), (400, "CODEC".into()), "{body}");
        assert!(answer.text().contains(says), "{}", answer.text());
    }
}

#[tokio::test]
async fn answers_are_in_the_format_that_is_asked_for() {
    let server = server().await;
    for wire in WIRES {
        for (accept, content_type) in [
            ("*/*", "application/json"),
            ("application/json", "application/json"),
            ("application/protojson", "application/protojson"),
            ("application/proto", "application/proto"),
            ("application/x-protobuf;q=0.9, application/json;q=0.1", "application/proto"),
            ("text/html, */*;q=0.1", "application/json"),
            ("image/png", "application/json"),
        ] {
            let call = call("GET", "/notes/7?noteText=hi").header("accept", accept).over(wire);
            let answer = call.send(server.addr).await;
            assert_eq!(answer.header("content-type"), content_type, "{accept}");
            assert_eq!(answer.header("content-length"), answer.body.len().to_string());
            if content_type == "application/proto" {
                assert_eq!(answer.body, bytes());
            } else {
                assert_eq!(answer.json(), json!({"noteText": "hi", "size": "7"}));
            }
        }
    }
}

#[tokio::test]
async fn protojson_is_answered_in_protojson() {
    let server = server().await;
    let call = call("POST", "/notes").header("content-type", "application/protojson").body("{}");
    assert_eq!(call.send(server.addr).await.header("content-type"), "application/protojson");
}

#[tokio::test]
async fn a_text_field_as_the_answer() {
    let server = server().await;
    let call = call("POST", "/notes:text").json(r#"{"noteText": "hi"}"#);
    assert_eq!(call.send(server.addr).await.text(), "\"hi\"");
}

#[tokio::test]
async fn head_is_a_get_without_a_body() {
    let server = server().await;
    for wire in WIRES {
        let get = call("GET", "/notes/7").over(wire).send(server.addr).await;
        let head = call("HEAD", "/notes/7").over(wire).send(server.addr).await;
        assert_eq!(head.status, 200);
        assert!(head.body.is_empty());
        assert_eq!(head.header("content-length"), get.body.len().to_string());
        assert_eq!(head.header("content-type"), "application/json");
        let missing = call("HEAD", "/nowhere").over(wire).send(server.addr).await;
        assert_eq!((missing.status.as_u16(), missing.body.len()), (404, 0));
    }
}

#[tokio::test]
async fn options_and_405_say_what_is_allowed() {
    let server = server().await;
    for wire in WIRES {
        let options = call("OPTIONS", "/notes/7").over(wire).send(server.addr).await;
        assert_eq!((options.status.as_u16(), options.body.len()), (204, 0));
        assert_eq!(options.header("allow"), "GET, HEAD, OPTIONS");
        let put = call("PUT", "/notes/7").over(wire).send(server.addr).await;
        assert_eq!(put.failure(), (405, "METHOD_NOT_ALLOWED".into()));
        assert_eq!(put.header("allow"), "GET, HEAD, OPTIONS");
        for path in ["/nowhere", "/notes/", "//notes", "/notes/7/"] {
            let missing = call("GET", path).over(wire).send(server.addr).await;
            assert_eq!(missing.failure(), (404, "ROUTE_NOT_FOUND".into()), "{path}");
        }
    }
}
