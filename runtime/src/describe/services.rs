//! Services as encoded descriptors.
//!
//! `google.api.http` is an extension that no descriptor type here has a field for, so that options, methods and services
//! are put together as bytes: in protobuf, a message followed by one more field is that message with the field set.

use prost::Message as _;
use prost_types::method_options::IdempotencyLevel;
use prost_types::{MethodDescriptorProto, MethodOptions, ServiceDescriptorProto, ServiceOptions};

use super::messages::Foreign;
use super::names::Names;
use super::schema::{Package, file_name, locate};
use crate::message::TypeRef;
use crate::service::{BindingSpec, MethodSpec, ServiceSpec, Shape};

/// The file that declares `google.api.http`.
const ANNOTATIONS: &str = "google/api/annotations.proto";

mod number {
    //! Field numbers of `google/protobuf/descriptor.proto` and `google/api/http.proto`.
    pub(super) const FILE_SERVICE: u32 = 6;
    pub(super) const SERVICE_METHOD: u32 = 2;
    pub(super) const METHOD_OPTIONS: u32 = 4;
    pub(super) const OPTIONS_HTTP: u32 = 72_295_728;
    pub(super) const RULE_CUSTOM: u32 = 8;
    pub(super) const RULE_BODY: u32 = 7;
    pub(super) const RULE_MORE: u32 = 11;
    pub(super) const RULE_RESPONSE_BODY: u32 = 12;
    pub(super) const CUSTOM_KIND: u32 = 1;
    pub(super) const CUSTOM_PATH: u32 = 2;
}

/// Adds a service to its package; `refs` are its methods' inputs and outputs in turn.
pub(crate) fn fill(
    parts: &mut Package,
    spec: &ServiceSpec,
    refs: &[TypeRef],
    names: &Names,
    foreign: &Foreign,
) {
    let own = file_name(spec.package);
    let mut service = ServiceDescriptorProto {
        name: Some(spec.name.into()),
        options: spec
            .deprecated
            .then(|| ServiceOptions { deprecated: Some(true), ..ServiceOptions::default() }),
        ..ServiceDescriptorProto::default()
    }
    .encode_to_vec();
    for (method, pair) in spec.methods.iter().zip(refs.chunks_exact(2)) {
        let [input, output] = [&pair[0], &pair[1]].map(|of| {
            let (file, full) = locate(of, names, foreign);
            if file != own {
                parts.imports.insert(file);
            }
            format!(".{full}")
        });
        if !method.bindings.is_empty() {
            parts.imports.insert(ANNOTATIONS.into());
        }
        field(&mut service, number::SERVICE_METHOD, &encode_method(method, input, output));
    }
    field(&mut parts.services, number::FILE_SERVICE, &service);
}

fn encode_method(method: &MethodSpec, input: String, output: String) -> Vec<u8> {
    let streams = |shapes: [Shape; 2]| shapes.contains(&method.shape).then_some(true);
    let mut bytes = MethodDescriptorProto {
        name: Some(method.name.into()),
        input_type: Some(input),
        output_type: Some(output),
        client_streaming: streams([Shape::ClientStream, Shape::Bidi]),
        server_streaming: streams([Shape::ServerStream, Shape::Bidi]),
        options: None,
    }
    .encode_to_vec();
    let mut options = MethodOptions {
        deprecated: method.deprecated.then_some(true),
        idempotency_level: method.idempotent.then_some(IdempotencyLevel::Idempotent as i32),
        ..MethodOptions::default()
    }
    .encode_to_vec();
    if let Some((first, more)) = method.bindings.split_first() {
        let mut rule = encode_rule(first);
        for binding in more {
            field(&mut rule, number::RULE_MORE, &encode_rule(binding));
        }
        field(&mut options, number::OPTIONS_HTTP, &rule);
    }
    if !options.is_empty() {
        field(&mut bytes, number::METHOD_OPTIONS, &options);
    }
    bytes
}

fn encode_rule(binding: &BindingSpec) -> Vec<u8> {
    let mut rule = Vec::new();
    let pattern = match binding.verb {
        "GET" => 2,
        "PUT" => 3,
        "POST" => 4,
        "DELETE" => 5,
        "PATCH" => 6,
        _ => number::RULE_CUSTOM,
    };
    if pattern == number::RULE_CUSTOM {
        let mut custom = Vec::new();
        field(&mut custom, number::CUSTOM_KIND, binding.verb.as_bytes());
        field(&mut custom, number::CUSTOM_PATH, binding.path.as_bytes());
        field(&mut rule, pattern, &custom);
    } else {
        field(&mut rule, pattern, binding.path.as_bytes());
    }
    if let Some(body) = binding.body {
        field(&mut rule, number::RULE_BODY, body.as_bytes());
    }
    if let Some(body) = binding.response_body {
        field(&mut rule, number::RULE_RESPONSE_BODY, body.as_bytes());
    }
    rule
}

/// Appends a length-delimited field.
fn field(out: &mut Vec<u8>, number: u32, body: &[u8]) {
    varint(out, u64::from(number) << 3 | 2);
    varint(out, body.len() as u64);
    out.extend_from_slice(body);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
