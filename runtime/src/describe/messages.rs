//! Messages and enums as descriptors.

use std::collections::{BTreeSet, HashMap};

use prost_types::field_descriptor_proto::{Label as Count, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumOptions, EnumValueDescriptorProto, EnumValueOptions,
    FieldDescriptorProto, FieldOptions, FileDescriptorProto, MessageOptions, OneofDescriptorProto,
};

use super::names::{self, Names};
use super::parts::{map_entry, named};
use super::schema::{Package, file_name, locate};
use crate::message::{EnumDesc, FieldDesc, Kind, Label, MessageDesc, TypeRef, Types};
use crate::service::ServiceSpec;

/// Types that are mentioned by name alone: those of the known files, and those of other libraries, of which nothing but
/// the name is known here. The latter are described as messages without fields, so that whoever reads the schema can
/// pass their values on.
pub(crate) struct Foreign {
    /// From a full name to its known file, and whether it is an enum.
    known: HashMap<String, (String, bool)>,
    unknown: BTreeSet<&'static str>,
}

impl Foreign {
    pub(crate) fn new(
        files: &[FileDescriptorProto],
        types: &Types,
        roots: &[(&'static ServiceSpec, Vec<TypeRef>)],
    ) -> Self {
        let mut known = HashMap::new();
        for file in files {
            for message in &file.message_type {
                let full = names::join(file.package(), message.name());
                known.insert(full, (file.name().to_owned(), false));
            }
            for desc in &file.enum_type {
                let full = names::join(file.package(), desc.name());
                known.insert(full, (file.name().to_owned(), true));
            }
        }
        let mentioned = (0..types.messages().len()).flat_map(|index| names::used(types, index));
        let unknown = mentioned
            .chain(roots.iter().flat_map(|(_, refs)| refs.iter().cloned()))
            .filter_map(|of| match of {
                TypeRef::Named(full) if !known.contains_key(full) => Some(full),
                _ => None,
            })
            .collect();
        Self { known, unknown }
    }

    /// The packages of the types of other libraries.
    pub(crate) fn packages(&self) -> impl Iterator<Item = String> {
        self.unknown.iter().map(|full| package_of(full).to_owned())
    }

    /// The file that declares a type.
    pub(crate) fn file(&self, full: &str) -> String {
        match self.known.get(full) {
            Some((file, _)) => file.clone(),
            None => file_name(package_of(full)),
        }
    }

    fn is_enum(&self, full: &str) -> bool {
        self.known.get(full).is_some_and(|(_, is_enum)| *is_enum)
    }
}

fn package_of(full: &str) -> &str {
    full.rsplit_once('.').map_or("", |(package, _)| package)
}

/// Adds every message and enum of a package to its file.
pub(crate) fn fill(
    parts: &mut Package,
    package: &str,
    types: &Types,
    names: &Names,
    foreign: &Foreign,
) {
    let mut writer =
        Writer { file: file_name(package), imports: &mut parts.imports, types, names, foreign };
    for index in 0..types.messages().len() {
        let name = &names.messages[index];
        if name.package == package && name.parent.is_none() {
            parts.messages.push(writer.message(index));
        }
    }
    for (desc, name) in types.enums().iter().zip(&names.enums) {
        if name.package == package && name.parent.is_none() {
            parts.enums.push(enumeration(desc));
        }
    }
    for full in foreign.unknown.iter().filter(|full| package_of(full) == package) {
        let name = full.rsplit('.').next().map(Into::into);
        parts.messages.push(DescriptorProto { name, ..DescriptorProto::default() });
    }
}

struct Writer<'a> {
    file: String,
    imports: &'a mut BTreeSet<String>,
    types: &'a Types,
    names: &'a Names,
    foreign: &'a Foreign,
}

impl Writer<'_> {
    fn message(&mut self, index: usize) -> DescriptorProto {
        let desc: &MessageDesc = &self.types.messages()[index];
        let full = self.names.messages[index].full.clone();
        let mut out = DescriptorProto {
            name: Some(desc.name.clone()),
            oneof_decl: desc.oneofs.iter().map(|name| oneof(name.clone())).collect(),
            options: desc
                .deprecated
                .then(|| MessageOptions { deprecated: Some(true), ..MessageOptions::default() }),
            ..DescriptorProto::default()
        };
        for field in &desc.fields {
            let field = self.field(field, &full, &mut out);
            out.field.push(field);
        }
        // Types that stand inside this one, in the order in which they were described.
        for (nested, name) in self.names.messages.iter().enumerate() {
            if name.parent == Some(index) {
                let nested = self.message(nested);
                out.nested_type.push(nested);
            }
        }
        for (nested, name) in self.types.enums().iter().zip(&self.names.enums) {
            if name.parent == Some(index) {
                out.enum_type.push(enumeration(nested));
            }
        }
        out
    }

    fn field(
        &mut self,
        desc: &FieldDesc,
        full: &str,
        message: &mut DescriptorProto,
    ) -> FieldDescriptorProto {
        let mut typed = self.typed(&desc.kind);
        let mut count = Count::Optional;
        let mut oneof_index = desc.oneof;
        let mut optional = None;
        match &desc.label {
            Label::Repeated => count = Count::Repeated,
            Label::Map(key) => {
                let entry = map_entry(&desc.name, self.typed(key), typed);
                typed = named(Type::Message, format!(".{full}.{}", entry.name()));
                message.nested_type.push(entry);
                count = Count::Repeated;
            }
            // A message field has presence as it is; only a scalar needs the marker and a oneof of its own.
            Label::Optional
                if desc.oneof.is_none() && typed.r#type != Some(Type::Message as i32) =>
            {
                optional = Some(true);
                oneof_index = Some(message.oneof_decl.len());
                message.oneof_decl.push(oneof(format!("_{}", desc.name)));
            }
            Label::Optional | Label::Singular => {}
        }
        FieldDescriptorProto {
            name: Some(desc.name.clone()),
            number: i32::try_from(desc.number).ok(),
            label: Some(count as i32),
            json_name: Some(desc.json.clone()),
            oneof_index: oneof_index.and_then(|index| i32::try_from(index).ok()),
            proto3_optional: optional,
            options: desc
                .deprecated
                .then(|| FieldOptions { deprecated: Some(true), ..FieldOptions::default() }),
            ..typed
        }
    }

    fn typed(&mut self, kind: &Kind) -> FieldDescriptorProto {
        let scalar = match kind {
            Kind::Double => Type::Double,
            Kind::Float => Type::Float,
            Kind::Int32 => Type::Int32,
            Kind::Int64 => Type::Int64,
            Kind::Uint32 => Type::Uint32,
            Kind::Uint64 => Type::Uint64,
            Kind::Sint32 => Type::Sint32,
            Kind::Sint64 => Type::Sint64,
            Kind::Fixed32 => Type::Fixed32,
            Kind::Fixed64 => Type::Fixed64,
            Kind::Sfixed32 => Type::Sfixed32,
            Kind::Sfixed64 => Type::Sfixed64,
            Kind::Bool => Type::Bool,
            Kind::String => Type::String,
            Kind::Bytes => Type::Bytes,
            Kind::Type(of) => {
                let (file, full) = locate(of, self.names, self.foreign);
                if file != self.file {
                    self.imports.insert(file);
                }
                let is_enum = match of {
                    TypeRef::Enum(_) => true,
                    TypeRef::Message(_) => false,
                    TypeRef::Named(full) => self.foreign.is_enum(full),
                };
                let kind = if is_enum { Type::Enum } else { Type::Message };
                return named(kind, format!(".{full}"));
            }
        };
        FieldDescriptorProto { r#type: Some(scalar as i32), ..FieldDescriptorProto::default() }
    }
}

fn oneof(name: String) -> OneofDescriptorProto {
    OneofDescriptorProto { name: Some(name), options: None }
}

fn enumeration(desc: &EnumDesc) -> EnumDescriptorProto {
    let mut numbers = BTreeSet::new();
    let aliased = desc.values.iter().any(|value| !numbers.insert(value.number));
    EnumDescriptorProto {
        name: Some(desc.name.clone()),
        value: desc
            .values
            .iter()
            .map(|value| EnumValueDescriptorProto {
                name: Some(value.name.clone()),
                number: Some(value.number),
                options: value.deprecated.then(|| EnumValueOptions {
                    deprecated: Some(true),
                    ..EnumValueOptions::default()
                }),
            })
            .collect(),
        options: (desc.deprecated || aliased).then(|| EnumOptions {
            deprecated: desc.deprecated.then_some(true),
            allow_alias: aliased.then_some(true),
            ..EnumOptions::default()
        }),
        ..EnumDescriptorProto::default()
    }
}
