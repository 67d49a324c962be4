//! Reflection, as a client without a schema uses it.

use std::collections::BTreeMap;

use bident::prelude::*;
use bytes::{Bytes, BytesMut};
use e2e::{GrpcCall, Running, frame, start};
use prost::Message;
use prost_types::FileDescriptorProto;

#[message]
struct Question {
    text: String,
    about: Option<Box<Question>>,
    tags: BTreeMap<String, i64>,
    limit: Option<u32>,
}

struct Oracle;

#[service(package = "oracle.v1")]
impl Oracle {
    #[rpc(get = "/oracle/{text}")]
    async fn ask(&self, question: Question) -> Question {
        question
    }

    #[rpc]
    async fn forget(&self) {}
}

const VERSIONS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(string, tag = "1")]
    host: String,
    #[prost(string, optional, tag = "3")]
    file_by_filename: Option<String>,
    #[prost(string, optional, tag = "4")]
    file_containing_symbol: Option<String>,
    #[prost(message, optional, tag = "5")]
    file_containing_extension: Option<Extension>,
    #[prost(string, optional, tag = "6")]
    all_extension_numbers_of_type: Option<String>,
    #[prost(string, optional, tag = "7")]
    list_services: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Extension {
    #[prost(string, tag = "1")]
    containing_type: String,
    #[prost(int32, tag = "2")]
    extension_number: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(string, tag = "1")]
    valid_host: String,
    #[prost(message, optional, tag = "2")]
    original_request: Option<Request>,
    #[prost(message, optional, tag = "4")]
    files: Option<Files>,
    #[prost(message, optional, tag = "5")]
    numbers: Option<Numbers>,
    #[prost(message, optional, tag = "6")]
    services: Option<Services>,
    #[prost(message, optional, tag = "7")]
    error: Option<Failure>,
}

#[derive(Clone, PartialEq, Message)]
struct Files {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    files: Vec<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
struct Numbers {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(int32, repeated, tag = "2")]
    numbers: Vec<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct Services {
    #[prost(message, repeated, tag = "1")]
    services: Vec<Named>,
}

#[derive(Clone, PartialEq, Message)]
struct Named {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct Failure {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

fn list() -> Request {
    Request { list_services: Some(String::new()), ..Request::default() }
}

fn symbol(name: &str) -> Request {
    Request { file_containing_symbol: Some(name.to_owned()), ..Request::default() }
}

fn file(name: &str) -> Request {
    Request { file_by_filename: Some(name.to_owned()), ..Request::default() }
}

fn numbers(name: &str) -> Request {
    Request { all_extension_numbers_of_type: Some(name.to_owned()), ..Request::default() }
}

/// Asks everything on one stream.
async fn ask(app: &Running, path: &str, requests: &[Request]) -> Vec<Response> {
    let mut body = BytesMut::new();
    for request in requests {
        body.extend_from_slice(&frame(&request.encode_to_vec()));
    }
    let answer = GrpcCall::bytes(path, body).send(app.addr).await;
    assert_eq!((answer.status, answer.messages.len()), (0, requests.len()), "{answer:?}");
    let decode = |message| Response::decode(message).expect("a response");
    answer.messages.into_iter().map(decode).collect()
}

fn descriptor(response: &Response) -> FileDescriptorProto {
    let files = &response.files.as_ref().expect("a file").files;
    assert_eq!(files.len(), 1);
    FileDescriptorProto::decode(files[0].clone()).expect("a descriptor")
}

#[tokio::test]
async fn services_and_the_files_that_describe_them() {
    let app = start(App::new("oracle").service(Oracle)).await;
    for path in VERSIONS {
        let answers = ask(
            &app,
            path,
            &[list(), symbol("oracle.v1.Oracle"), symbol("oracle.v1.Question.text")],
        )
        .await;
        let services = answers[0].services.as_ref().expect("a list");
        let names: Vec<_> = services.services.iter().map(|service| service.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "grpc.health.v1.Health",
                "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection",
                "oracle.v1.Oracle",
            ]
        );
        assert_eq!(answers[0].original_request, Some(list()));
        let oracle = descriptor(&answers[1]);
        assert_eq!(oracle, descriptor(&answers[2]));
        let method = &oracle.service[0].method[0];
        assert_eq!((method.name(), method.input_type()), ("Ask", ".oracle.v1.Question"));
    }
    app.stop().await.expect("a good end");
}

#[tokio::test]
async fn every_import_of_every_service_can_be_had_by_name() {
    let app = start(App::new("oracle").service(Oracle)).await;
    let services = ask(&app, VERSIONS[0], &[list()]).await.remove(0).services.expect("a list");
    let questions: Vec<_> = services.services.iter().map(|service| symbol(&service.name)).collect();
    let mut open = ask(&app, VERSIONS[0], &questions).await;
    let mut files = BTreeMap::new();
    while let Some(answer) = open.pop() {
        let found = descriptor(&answer);
        for import in found.dependency.iter().filter(|import| !files.contains_key(*import)) {
            open.extend(ask(&app, VERSIONS[0], &[file(import)]).await);
        }
        files.insert(found.name().to_owned(), found);
    }
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "google/api/annotations.proto",
            "google/api/http.proto",
            "google/protobuf/descriptor.proto",
            "google/protobuf/empty.proto",
            "grpc/health/v1/health.proto",
            "grpc/reflection/v1/reflection.proto",
            "grpc/reflection/v1alpha/reflection.proto",
            "oracle/v1/oracle.proto",
        ]
    );
    let fields: Vec<_> = files["oracle/v1/oracle.proto"].message_type[0]
        .field
        .iter()
        .map(|field| (field.name(), field.number(), field.type_name(), field.proto3_optional()))
        .collect();
    assert_eq!(
        fields,
        [
            ("text", 1, "", false),
            ("about", 2, ".oracle.v1.Question", false),
            ("tags", 3, ".oracle.v1.Question.TagsEntry", false),
            ("limit", 4, "", true),
        ]
    );
    app.stop().await.expect("a good end");
}

#[tokio::test]
async fn extensions_and_what_is_not_there() {
    let app = start(App::new("oracle").service(Oracle)).await;
    let options = "google.protobuf.MethodOptions".to_owned();
    let extension = |number| Request {
        file_containing_extension: Some(Extension {
            containing_type: options.clone(),
            extension_number: number,
        }),
        ..Request::default()
    };
    for path in VERSIONS {
        let answers = ask(
            &app,
            path,
            &[numbers("oracle.v1.Question"), numbers(&options), extension(72_295_728)],
        )
        .await;
        let found: Vec<_> =
            answers.iter().filter_map(|answer| answer.numbers.clone()).map(|n| n.numbers).collect();
        assert_eq!(found, [vec![], vec![72_295_728]]);
        assert_eq!(descriptor(&answers[2]).name(), "google/api/annotations.proto");

        // Each failure is an answer of its own; the stream goes on.
        let wrong = [
            symbol("no.Such"),
            file("no.proto"),
            numbers("no.Such"),
            extension(1),
            Request::default(),
        ];
        let codes: Vec<_> = ask(&app, path, &wrong)
            .await
            .into_iter()
            .map(|answer| answer.error.expect("an error").code)
            .collect();
        assert_eq!(codes, [5, 5, 5, 5, 3]);
    }
    app.stop().await.expect("a good end");
}

#[tokio::test]
async fn reflection_can_be_turned_off() {
    let app = App::new("oracle").service(Oracle).defaults("server: { reflection: false }");
    let app = start(app).await;
    for path in VERSIONS {
        let answer = GrpcCall::new(path, &list()).send(app.addr).await;
        assert_eq!(answer.failure(), (12, "METHOD_NOT_FOUND".to_owned()));
    }
    app.stop().await.expect("a good end");
}
