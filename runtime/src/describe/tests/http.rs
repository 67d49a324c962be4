//! Methods and their HTTP bindings, read with types of a client's own.

use prost::Message as _;

use super::{DEMO, describe, file};

/// `google.api.http` as a client with the generated types would read it.
#[derive(Clone, PartialEq, prost::Message)]
struct Rule {
    #[prost(string, optional, tag = "2")]
    get: Option<String>,
    #[prost(string, tag = "7")]
    body: String,
    #[prost(message, optional, tag = "8")]
    custom: Option<Custom>,
    #[prost(message, repeated, tag = "11")]
    more: Vec<Rule>,
    #[prost(string, tag = "12")]
    response_body: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Custom {
    #[prost(string, tag = "1")]
    kind: String,
    #[prost(string, tag = "2")]
    path: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Options {
    #[prost(message, optional, tag = "72295728")]
    http: Option<Rule>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Method {
    #[prost(message, optional, tag = "4")]
    options: Option<Options>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Service {
    #[prost(message, repeated, tag = "2")]
    method: Vec<Method>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Services {
    #[prost(message, repeated, tag = "6")]
    service: Vec<Service>,
}

#[test]
fn methods_and_their_http_bindings() {
    let schema = describe(&[&DEMO]).ok().unwrap();
    let demo = file(&schema, "demo/v1/demo.proto");
    assert!(demo.service[0].options.as_ref().unwrap().deprecated());
    let [unary, talk] = &demo.service[0].method[..] else { panic!("two methods") };
    assert_eq!(
        (unary.input_type(), unary.output_type()),
        (".demo.v1.Request", ".google.protobuf.Empty")
    );
    assert_eq!(unary.options.as_ref().unwrap().idempotency_level, Some(2));
    assert!(!unary.client_streaming() && !unary.server_streaming());
    assert!(talk.client_streaming() && talk.server_streaming());
    assert_eq!(talk.options, None);

    let bytes = schema.file("demo/v1/demo.proto").unwrap().bytes.clone();
    let read = Services::decode(bytes).unwrap();
    let rule = read.service[0].method[0].options.clone().unwrap().http.unwrap();
    assert_eq!(rule.get.as_deref(), Some("/v1/{display_name}"));
    let head = &rule.more[0];
    assert_eq!(head.custom, Some(Custom { kind: "HEAD".into(), path: "/h".into() }));
    assert_eq!((head.body.as_str(), head.response_body.as_str()), ("*", "age"));
}
