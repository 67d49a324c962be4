//! The descriptors, read back the way a client does: from their bytes alone.

mod across;
mod http;
mod known_files;

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
    timeout: Some(Duration::from_secs(1)),
    ..MethodSpec::new("Do", "/demo.v1.Demo/Do", request, empty)
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
