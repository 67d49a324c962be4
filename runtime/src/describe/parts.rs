//! The pieces that every descriptor is put together from.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, MessageOptions};

/// The descriptor's number for a scalar type by its name in a schema.
pub(crate) fn scalar(name: &str) -> Option<Type> {
    Some(match name {
        "double" => Type::Double,
        "float" => Type::Float,
        "int32" => Type::Int32,
        "int64" => Type::Int64,
        "uint32" => Type::Uint32,
        "uint64" => Type::Uint64,
        "sint32" => Type::Sint32,
        "sint64" => Type::Sint64,
        "fixed32" => Type::Fixed32,
        "fixed64" => Type::Fixed64,
        "sfixed32" => Type::Sfixed32,
        "sfixed64" => Type::Sfixed64,
        "bool" => Type::Bool,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        _ => return None,
    })
}

/// The type part of a field whose type has a name; `full` begins with a dot.
pub(crate) fn named(kind: Type, full: String) -> FieldDescriptorProto {
    FieldDescriptorProto {
        r#type: Some(kind as i32),
        type_name: Some(full),
        ..FieldDescriptorProto::default()
    }
}

/// The message that stands for the entries of a map field, with the type parts of its key and value.
pub(crate) fn map_entry(
    field: &str,
    key: FieldDescriptorProto,
    value: FieldDescriptorProto,
) -> DescriptorProto {
    let part = |name: &str, number, typed: FieldDescriptorProto| FieldDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        label: Some(Label::Optional as i32),
        json_name: Some(name.into()),
        ..typed
    };
    DescriptorProto {
        name: Some(entry_name(field)),
        field: vec![part("key", 1, key), part("value", 2, value)],
        options: Some(MessageOptions { map_entry: Some(true), ..MessageOptions::default() }),
        ..DescriptorProto::default()
    }
}

/// `LabelsByNameEntry` for `labels_by_name`: what every protobuf compiler makes of it, and some check.
fn entry_name(field: &str) -> String {
    let mut name = String::with_capacity(field.len() + 5);
    let mut upper = true;
    for c in field.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                name.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => name.push(c),
        }
    }
    name + "Entry"
}

/// `displayName` for `display_name`.
pub(crate) fn json_name(field: &str) -> String {
    let mut name = String::with_capacity(field.len());
    let mut upper = false;
    for c in field.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                name.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => name.push(c),
        }
    }
    name
}
