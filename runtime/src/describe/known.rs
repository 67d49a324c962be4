//! The well-known files that a schema may import. They are data (`known.txt`), read once while an app is built.
//!
//! Reflection must answer for every import, and nothing else in the dependency tree carries these descriptors.

use prost_types::descriptor_proto::ExtensionRange;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FieldOptions, FileDescriptorProto, OneofDescriptorProto,
};

use super::parts::{json_name, map_entry, named, scalar};

/// The end of an extension range that says `to max`.
const MAX_NUMBER: i32 = 536_870_912;

/// All files, imports after the files that need them or before: the order says nothing.
pub(crate) fn files() -> Vec<FileDescriptorProto> {
    let mut reader = Reader::default();
    for line in include_str!("known.txt").lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        if !words.is_empty() && words[0] != "#" && !line.starts_with('#') {
            reader.line(&words);
        }
    }
    reader.files
}

/// What the field lines that follow belong to.
#[derive(Default)]
enum At {
    #[default]
    Nothing,
    /// The path of a message: its name and those of the messages around it.
    Message(Vec<String>),
    Enum(Vec<String>),
    /// The full name of the extended message.
    Extend(String),
}

#[derive(Default)]
struct Reader {
    files: Vec<FileDescriptorProto>,
    at: At,
}

impl Reader {
    fn line(&mut self, words: &[&str]) {
        match words {
            ["file", name, package, syntax, imports @ ..] => {
                self.files.push(FileDescriptorProto {
                    name: Some((*name).into()),
                    package: Some((*package).into()),
                    // A file that leaves its syntax out is proto2.
                    syntax: (*syntax != "proto2").then(|| (*syntax).into()),
                    dependency: imports.iter().map(|import| (*import).into()).collect(),
                    ..FileDescriptorProto::default()
                });
            }
            ["message", path] => {
                let path = split(path);
                let name = path.last().cloned();
                let message = DescriptorProto { name, ..DescriptorProto::default() };
                self.siblings(&path).push(message);
                self.at = At::Message(path);
            }
            ["enum", path] => {
                let path = split(path);
                let name = path.last().cloned();
                let new = EnumDescriptorProto { name, ..EnumDescriptorProto::default() };
                self.enums(&path).push(new);
                self.at = At::Enum(path);
            }
            ["extend", full] => self.at = At::Extend((*full).into()),
            _ => self.member(words),
        }
    }

    fn member(&mut self, words: &[&str]) {
        match &self.at {
            At::Nothing => {}
            At::Enum(path) => {
                let path = path.clone();
                if let (Some(last), [name, number]) = (self.enums(&path).last_mut(), words) {
                    last.value.push(EnumValueDescriptorProto {
                        name: Some((*name).into()),
                        number: number.parse().ok(),
                        options: None,
                    });
                }
            }
            At::Extend(full) => {
                let extendee = Some(full.clone());
                let (field, ..) = self.field(words);
                if let Some(file) = self.files.last_mut() {
                    file.extension.push(FieldDescriptorProto { extendee, ..field });
                }
            }
            At::Message(path) => {
                let path = path.clone();
                if let ["extensions", start] = words {
                    let range = ExtensionRange {
                        start: start.parse().ok(),
                        end: Some(MAX_NUMBER),
                        options: None,
                    };
                    self.last(&path, |message| message.extension_range.push(range));
                    return;
                }
                let (field, oneof, map_value) = self.field(words);
                let package = self.package();
                self.last(&path, |message| {
                    add_field(
                        message,
                        &format!(".{package}.{}", path.join(".")),
                        field,
                        oneof,
                        map_value,
                    );
                });
            }
        }
    }

    /// A field line: label or oneof, type, name, number, and what may follow.
    fn field(
        &self,
        words: &[&str],
    ) -> (FieldDescriptorProto, Option<String>, Option<FieldDescriptorProto>) {
        let (mut label, mut oneof, mut words) = (Label::Optional, None, words);
        match words.first() {
            Some(&"optional") => words = &words[1..],
            Some(&"required") => (label, words) = (Label::Required, &words[1..]),
            Some(&"repeated") => (label, words) = (Label::Repeated, &words[1..]),
            Some(word) if word.ends_with('|') => {
                oneof = Some(word.trim_end_matches('|').to_owned());
                words = &words[1..];
            }
            _ => {}
        }
        let [kind, name, number, rest @ ..] = words else { return Default::default() };
        let map_value =
            kind.strip_prefix("map<string,").map(|kind| self.typed(kind.trim_end_matches('>')));
        if map_value.is_some() {
            label = Label::Repeated;
        }
        let field = FieldDescriptorProto {
            name: Some((*name).into()),
            number: number.parse().ok(),
            label: Some(label as i32),
            json_name: Some(json_name(name)),
            default_value: rest.iter().find_map(|word| word.strip_prefix('=')).map(Into::into),
            options: rest
                .contains(&"packed")
                .then(|| FieldOptions { packed: Some(true), ..FieldOptions::default() }),
            ..self.typed(kind)
        };
        (field, oneof, map_value)
    }

    fn typed(&self, kind: &str) -> FieldDescriptorProto {
        let full = |name: &str| format!(".{}.{name}", self.package());
        match (scalar(kind), kind.strip_prefix('@')) {
            (Some(scalar), _) => FieldDescriptorProto {
                r#type: Some(scalar as i32),
                ..FieldDescriptorProto::default()
            },
            (None, Some(name)) => named(Type::Enum, full(name)),
            (None, None) => named(Type::Message, full(kind)),
        }
    }

    fn package(&self) -> String {
        self.files.last().map_or_else(String::new, |file| file.package().to_owned())
    }

    /// The list that the message at `path` belongs into.
    fn siblings(&mut self, path: &[String]) -> &mut Vec<DescriptorProto> {
        if self.files.is_empty() {
            self.files.push(FileDescriptorProto::default());
        }
        let last = self.files.len() - 1;
        let mut list = &mut self.files[last].message_type;
        for outer in &path[..path.len() - 1] {
            let index = list.iter().position(|m| m.name() == outer).unwrap_or(0);
            list = &mut list[index].nested_type;
        }
        list
    }

    fn enums(&mut self, path: &[String]) -> &mut Vec<EnumDescriptorProto> {
        match path {
            [outer @ .., _] if !outer.is_empty() => {
                let name = outer[outer.len() - 1].clone();
                let list = self.siblings(outer);
                let index = list.iter().position(|m| m.name() == name).unwrap_or(0);
                &mut list[index].enum_type
            }
            _ => {
                let last = self.files.len() - 1;
                &mut self.files[last].enum_type
            }
        }
    }

    fn last(&mut self, path: &[String], with: impl FnOnce(&mut DescriptorProto)) {
        if let Some(message) = self.siblings(path).last_mut() {
            with(message);
        }
    }
}

fn add_field(
    message: &mut DescriptorProto,
    full: &str,
    mut field: FieldDescriptorProto,
    oneof: Option<String>,
    map_value: Option<FieldDescriptorProto>,
) {
    if let Some(value) = map_value {
        let key = FieldDescriptorProto {
            r#type: Some(Type::String as i32),
            ..FieldDescriptorProto::default()
        };
        let entry = map_entry(field.name(), key, value);
        field.r#type = Some(Type::Message as i32);
        field.type_name = Some(format!("{full}.{}", entry.name()));
        message.nested_type.push(entry);
    }
    if let Some(name) = oneof {
        let index = message.oneof_decl.iter().position(|o| o.name() == name).unwrap_or_else(|| {
            message.oneof_decl.push(OneofDescriptorProto { name: Some(name), options: None });
            message.oneof_decl.len() - 1
        });
        field.oneof_index = i32::try_from(index).ok();
    }
    message.field.push(field);
}

fn split(path: &str) -> Vec<String> {
    path.split('.').map(Into::into).collect()
}
