//! Bodies: whole messages, single fields, forms, nothing at all.

use e2e::{WIRES, call, grpc};
use serde_json::json;

use super::{Sum, server, set};

#[tokio::test]
async fn a_field_can_be_the_body_and_the_answer() {
    let server = server().await;
    let put = |body: &'static str| call("PUT", "/v1/authors/x?author.age=9&count=3").json(body);
    let answer = put(r#"{"name": "ann"}"#).send(server.addr).await;
    assert_eq!(answer.json(), json!({"name": "x/ann", "age": 9}));
    assert_eq!(put("").send(server.addr).await.json(), json!({"name": "x/", "age": 9}));
    let wrong = put(r#"{"age": "old"}"#).send(server.addr).await;
    assert_eq!(wrong.failure(), (400, "CODEC".to_owned()));
    assert!(wrong.text().contains("author.age"), "{}", wrong.text());

    let tags = call("POST", "/v1/tags").json(r#"["a", "b"]"#).send(server.addr).await;
    assert_eq!(tags.json(), json!(["a", "b"]));
}

#[tokio::test]
async fn a_form_is_read_where_the_method_says_so() {
    let server = server().await;
    let form = async |method, path| {
        let form = "text=a+b&labels%5Bk%5D=v&tags=1&tags=2&name=ann";
        call(method, path)
            .header("content-type", "application/x-www-form-urlencoded;charset=UTF-8")
            .body(form)
            .send(server.addr)
            .await
    };
    let whole = form("POST", "/v1/whole").await;
    assert_eq!(
        set(&whole.json()),
        json!({"text": "a b", "labels": {"k": "v"}, "tags": ["1", "2"]})
    );
    assert_eq!(form("PUT", "/v1/authors/x").await.json()["name"], "x/ann");
    assert_eq!(form("POST", "/v1/tags").await.failure(), (415, "UNSUPPORTED_MEDIA_TYPE".into()));
    let rpc = form("POST", "/e2e.binding.v1.Echo/Tags").await;
    assert_eq!(rpc.failure(), (415, "UNSUPPORTED_MEDIA_TYPE".into()));
    assert_eq!(form("POST", "/e2e.binding.v1.Echo/Whole").await.json()["text"], "a b");
}

#[tokio::test]
async fn an_empty_body_is_an_empty_message() {
    let server = server().await;
    for wire in WIRES {
        for path in ["/v1/whole", "/e2e.binding.v1.Echo/Whole"] {
            for content_type in
                [None, Some("application/json"), Some("application/proto"), Some("text/plain")]
            {
                let mut call = call("POST", path).over(wire);
                if let Some(content_type) = content_type {
                    call = call.header("content-type", content_type);
                }
                let answer = call.send(server.addr).await;
                assert_eq!((answer.status.as_u16(), set(&answer.json())), (200, json!({})));
            }
        }
        let nothing = call("POST", "/v1/nothing").over(wire).send(server.addr).await;
        assert_eq!((nothing.status.as_u16(), nothing.json()), (200, json!({})));
    }
    let step = call("POST", "/v1/move").send(server.addr).await;
    assert_eq!(step.failure(), (400, "CODEC".into()));
    let step = call("POST", "/v1/move").json(r#"{"by": {"down": 2}}"#).send(server.addr).await;
    assert_eq!(step.json(), json!({"sum": "-2"}));
}

#[tokio::test]
async fn a_body_with_delete_and_a_custom_verb() {
    let server = server().await;
    let answer = call("DELETE", "/v1/gone/x").json(r#"{"count": 1, "text": "y"}"#);
    assert_eq!(set(&answer.send(server.addr).await.json()), json!({"count": 1, "text": "x"}));
    let answer = call("PURGE", "/v1/gone/x?count=2").send(server.addr).await;
    assert_eq!(set(&answer.json()), json!({"count": 2, "text": "x"}));
}

#[tokio::test]
async fn the_rpc_path_takes_json_as_well_as_grpc() {
    let server = server().await;
    let path = "/e2e.binding.v1.Echo/Add";
    for wire in WIRES {
        let answer = call("POST", path).json(r#"{"a": "40", "b": 2}"#).over(wire);
        assert_eq!(answer.send(server.addr).await.json(), json!({"sum": "42"}));
        let get = call("GET", path).over(wire).send(server.addr).await;
        assert_eq!(get.failure(), (405, "METHOD_NOT_ALLOWED".into()));
        assert_eq!(get.header("allow"), "OPTIONS, POST");
    }
    let request = AddRequest { a: 40, b: 2 };
    assert_eq!(grpc(server.addr, path, &request).await.decode::<Sum>().sum, 42);
}

#[tokio::test]
async fn a_field_travels_in_binary_where_it_is_a_message() {
    let server = server().await;
    let ann = AuthorBytes { name: "ann".to_owned(), age: 3 };
    let put = call("PUT", "/v1/authors/x")
        .header("content-type", "application/proto")
        .header("accept", "application/proto")
        .body(prost::Message::encode_to_vec(&ann));
    let answer = put.send(server.addr).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/proto"));
    let answer: AuthorBytes = prost::Message::decode(answer.body).unwrap();
    assert_eq!((&*answer.name, answer.age), ("x/ann", 3));

    let list = call("POST", "/v1/tags").header("accept", "application/proto").json(r#"["a", "b"]"#);
    let list = list.send(server.addr).await;
    assert_eq!(list.header("content-type"), "application/json", "a list has no binary form");
    assert_eq!(list.json(), json!(["a", "b"]));
    let list =
        call("POST", "/v1/tags").header("content-type", "application/proto").body("\n\u{1}a");
    assert_eq!(list.send(server.addr).await.failure(), (415, "UNSUPPORTED_MEDIA_TYPE".into()));
}

#[derive(Clone, PartialEq, prost::Message)]
struct AuthorBytes {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(uint32, tag = "2")]
    age: u32,
}

/// What the macro makes of two plain arguments, as prost's own derive writes it.
#[derive(Clone, PartialEq, prost::Message)]
struct AddRequest {
    #[prost(int64, tag = "1")]
    a: i64,
    #[prost(int64, tag = "2")]
    b: i64,
}
