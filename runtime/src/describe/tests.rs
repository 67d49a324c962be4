//! The descriptors, read back the way a client does: from their bytes alone.

use std::time::Duration;

use prost::Message as _;
use prost_types::FileDescriptorProto;
use prost_types::field_descriptor_proto::{Label as Count, Type};

use super::*;
use crate::message::{
    EnumDesc, EnumValueDesc, FieldDesc, Kind, Label, MessageDesc, TypeRef, Types,
};
use crate::service::{BindingSpec, MethodSpec, ServiceSpec, Shape};

struct Request;
struct Color;
struct Variant;
struct Shared;
struct Here;
struct There;

fn head(name: &str, rust: &'static str) -> MessageDesc {
    MessageDesc {
        name: name.into(),
        package: None,
        rust,
        doc: "",
        fields: Vec::new(),
        oneofs: Vec::new(),
        nested: Vec::new(),
        deprecated: false,
    }
}

fn field(name: &str, number: u32, label: Label, kind: Kind) -> FieldDesc {
    FieldDesc {
        name: name.into(),
        json: parts::json_name(name),
        number,
        label,
        kind,
        oneof: None,
        doc: "",
        deprecated: false,
        secret: false,
        traced: None,
    }
}

fn color(types: &mut Types) -> TypeRef {
    let value = |name: &str, number| EnumValueDesc {
        name: name.into(),
        number,
        doc: "",
        deprecated: number == 1,
    };
    types.enumeration::<Color>(|| EnumDesc {
        name: "Color".into(),
        package: None,
        rust: "tests::Color",
        doc: "",
        values: vec![value("COLOR_RED", 0), value("COLOR_BLUE", 1)],
        deprecated: false,
    })
}

fn request(types: &mut Types) -> TypeRef {
    types.message::<Request>(
        || head("Request", "tests::Request"),
        |types, desc| {
            let own = types.message::<Request>(|| head("", ""), |_, _| {});
            let color = color(types);
            let variant = types.message::<Variant>(|| head("Variant", "tests::Variant"), |_, _| {});
            desc.oneofs.push("kind".into());
            desc.nested.push(variant.clone());
            let timestamp = TypeRef::Named("google.protobuf.Timestamp");
            desc.fields = vec![
                field("display_name", 1, Label::Singular, Kind::String),
                field("age", 2, Label::Optional, Kind::Sint32),
                field("parent", 3, Label::Optional, Kind::Type(own)),
                field("colors", 4, Label::Repeated, Kind::Type(color)),
                field("made_by_name", 5, Label::Map(Kind::String), Kind::Type(timestamp)),
                FieldDesc {
                    oneof: Some(0),
                    ..field("variant", 6, Label::Optional, Kind::Type(variant))
                },
                field("other", 7, Label::Optional, Kind::Type(TypeRef::Named("acme.v1.Thing"))),
            ];
        },
    )
}

fn empty(_: &mut Types) -> TypeRef {
    TypeRef::Named("google.protobuf.Empty")
}

const BASE: MethodSpec = MethodSpec {
    name: "Do",
    operation: "/demo.v1.Demo/Do",
    doc: "",
    bindings: &[],
    shape: Shape::Unary,
    timeout: Some(Duration::from_secs(1)),
    idempotent: false,
    deprecated: false,
    form: false,
    input: request,
    output: empty,
};

const BINDING: BindingSpec =
    BindingSpec { verb: "GET", path: "/v1/{display_name}", body: None, response_body: None };

static DEMO: ServiceSpec = ServiceSpec {
    package: "demo.v1",
    name: "Demo",
    full_name: "demo.v1.Demo",
    doc: "",
    deprecated: true,
    methods: &[
        MethodSpec {
            bindings: &[
                BINDING,
                BindingSpec {
                    verb: "HEAD",
                    path: "/h",
                    body: Some("*"),
                    response_body: Some("age"),
                },
            ],
            idempotent: true,
            ..BASE
        },
        MethodSpec { name: "Talk", shape: Shape::Bidi, ..BASE },
    ],
};

fn file(schema: &Schema, name: &str) -> FileDescriptorProto {
    FileDescriptorProto::decode(schema.file(name).expect(name).bytes.clone()).expect(name)
}

#[test]
fn a_package_is_a_file() {
    let schema = describe(&[&DEMO]).ok().unwrap();
    let demo = file(&schema, "demo/v1/demo.proto");
    assert_eq!((demo.package(), demo.syntax()), ("demo.v1", "proto3"));
    assert_eq!(
        demo.dependency,
        [
            "acme/v1/acme.proto",
            "google/api/annotations.proto",
            "google/protobuf/empty.proto",
            "google/protobuf/timestamp.proto"
        ]
    );
    let request = &demo.message_type[0];
    let names: Vec<_> = demo.message_type.iter().map(|m| m.name()).collect();
    assert_eq!(names, ["Request"]);
    assert_eq!(demo.enum_type[0].value[1].name(), "COLOR_BLUE");
    assert!(demo.enum_type[0].value[1].options.as_ref().unwrap().deprecated());
    let nested: Vec<_> = request.nested_type.iter().map(|m| m.name()).collect();
    assert_eq!(nested, ["MadeByNameEntry", "Variant"]);
    assert!(request.nested_type[0].options.as_ref().unwrap().map_entry());
    assert_eq!(request.nested_type[0].field[1].type_name(), ".google.protobuf.Timestamp");
    let oneofs: Vec<_> = request.oneof_decl.iter().map(|o| o.name()).collect();
    assert_eq!(oneofs, ["kind", "_age"]);

    let shown: Vec<_> = request
        .field
        .iter()
        .map(|f| {
            (
                f.json_name(),
                f.r#type(),
                f.label(),
                f.type_name(),
                f.oneof_index,
                f.proto3_optional(),
            )
        })
        .collect();
    let one = Count::Optional;
    assert_eq!(
        shown,
        [
            ("displayName", Type::String, one, "", None, false),
            ("age", Type::Sint32, one, "", Some(1), true),
            ("parent", Type::Message, one, ".demo.v1.Request", None, false),
            ("colors", Type::Enum, Count::Repeated, ".demo.v1.Color", None, false),
            (
                "madeByName",
                Type::Message,
                Count::Repeated,
                ".demo.v1.Request.MadeByNameEntry",
                None,
                false
            ),
            ("variant", Type::Message, one, ".demo.v1.Request.Variant", Some(0), false),
            ("other", Type::Message, one, ".acme.v1.Thing", None, false),
        ]
    );
    // Of a foreign type nothing but the name is known.
    assert_eq!(file(&schema, "acme/v1/acme.proto").message_type[0].name(), "Thing");
}

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

#[test]
fn every_import_can_be_asked_for() {
    let schema = describe(&[&DEMO]).ok().unwrap();
    let mut open = vec!["demo/v1/demo.proto".to_owned()];
    let mut seen = Vec::new();
    while let Some(name) = open.pop() {
        open.extend(file(&schema, &name).dependency);
        seen.push(name);
    }
    assert!(seen.contains(&"google/protobuf/descriptor.proto".to_owned()));
    assert!(schema.file("google/protobuf/wrappers.proto").is_none(), "nothing that nobody imports");
}

#[test]
fn symbols() {
    let schema = describe(&[&DEMO]).ok().unwrap();
    for symbol in [
        "demo.v1.Demo",
        "demo.v1.Demo.Talk",
        "demo.v1.Request",
        ".demo.v1.Request.Variant",
        "demo.v1.Request.display_name",
        "demo.v1.Request.kind",
        "demo.v1.Color",
        "demo.v1.COLOR_RED",
    ] {
        assert_eq!(schema.declaring(symbol).expect(symbol).name, "demo/v1/demo.proto", "{symbol}");
    }
    assert!(schema.declaring("demo.v1").is_none());
    assert!(schema.declaring("").is_none());
    let options = "google.protobuf.MethodOptions";
    assert_eq!(schema.extension_numbers(options), [72_295_728]);
    assert_eq!(schema.extending(options, 72_295_728).unwrap().name, "google/api/annotations.proto");
    assert!(schema.extending(options, 1).is_none());
}

#[test]
fn file_names_follow_the_package() {
    for (package, name) in [
        ("helloworld.v1", "helloworld/v1/helloworld.proto"),
        ("grpc.reflection.v1alpha", "grpc/reflection/v1alpha/reflection.proto"),
        ("shop", "shop/shop.proto"),
        ("v1", "v1/v1.proto"),
        ("", "unnamed.proto"),
    ] {
        assert_eq!(schema::file_name(package), name);
    }
}

fn shared(types: &mut Types) -> TypeRef {
    types.message::<Shared>(|| head("Shared", "tests::Shared"), |_, _| {})
}

fn clashing(types: &mut Types) -> TypeRef {
    types.message::<Here>(|| head("Shared", "tests::Here"), |_, _| {})
}

/// Says that it belongs to another package and uses a type that does not.
fn outer(types: &mut Types) -> TypeRef {
    types.message::<There>(
        || MessageDesc { package: Some("other.v1"), ..head("There", "tests::There") },
        |types, desc| {
            let inner = shared(types);
            desc.fields.push(field("inner", 1, Label::Optional, Kind::Type(inner)));
        },
    )
}

macro_rules! service {
    ($package:literal, $full:literal, $input:ident, $output:ident) => {{
        static SPEC: ServiceSpec = ServiceSpec {
            package: $package,
            name: "S",
            full_name: $full,
            doc: "",
            deprecated: false,
            methods: &[MethodSpec { input: $input, output: $output, ..BASE }],
        };
        &SPEC
    }};
}

#[test]
fn what_is_wrong_across_services() {
    let a = service!("a.v1", "a.v1.S", shared, empty);
    let b = service!("b.v1", "b.v1.S", shared, clashing);
    let mistakes = describe(&[a, b]).err().unwrap();
    assert_eq!(
        mistakes,
        [
            "the type `tests::Shared` is reached from the packages `a.v1` (a.v1.S) and `b.v1` (b.v1.S): say which one it belongs to with `#[message(package = \"...\")]`",
        ]
    );
    let c = service!("c.v1", "c.v1.S", shared, clashing);
    assert_eq!(
        describe(&[c]).err().unwrap(),
        ["the message `tests::Shared` and the message `tests::Here` are both called `c.v1.Shared`"]
    );
    let d = service!("d.v1", "d.v1.S", outer, shared);
    let mistakes = describe(&[d]).err().unwrap();
    assert!(
        mistakes[0].starts_with("the types of the packages `d.v1`, `other.v1` use each other"),
        "{mistakes:?}"
    );
}

#[test]
fn the_known_files_are_complete() {
    let files = known::files();
    let mut names = std::collections::BTreeSet::new();
    for file in &files {
        let package = file.package();
        for message in &file.message_type {
            collect(&format!(".{package}.{}", message.name()), message, &mut names);
        }
        names.extend(file.enum_type.iter().map(|e| format!(".{package}.{}", e.name())));
    }
    fn collect(
        full: &str,
        message: &prost_types::DescriptorProto,
        names: &mut std::collections::BTreeSet<String>,
    ) {
        names.insert(full.to_owned());
        names.extend(message.enum_type.iter().map(|e| format!("{full}.{}", e.name())));
        for nested in &message.nested_type {
            collect(&format!("{full}.{}", nested.name()), nested, names);
        }
    }
    fn check(message: &prost_types::DescriptorProto, names: &std::collections::BTreeSet<String>) {
        for field in &message.field {
            assert!(
                field.number() > 0 && field.r#type.is_some() && field.label.is_some(),
                "{field:?}"
            );
            assert!(field.type_name().is_empty() || names.contains(field.type_name()), "{field:?}");
        }
        message.nested_type.iter().for_each(|nested| check(nested, names));
    }
    for file in &files {
        file.message_type.iter().for_each(|message| check(message, &names));
        for import in &file.dependency {
            assert!(files.iter().any(|f| f.name() == import), "{import}");
        }
    }
    assert_eq!(files.len(), 11);
    let api = files.iter().find(|f| f.name() == "google/api/annotations.proto").unwrap();
    assert_eq!(api.extension[0].extendee(), ".google.protobuf.MethodOptions");
    assert_eq!(api.extension[0].type_name(), ".google.api.HttpRule");
}
