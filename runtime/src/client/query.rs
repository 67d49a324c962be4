//! The fields of a request that are in neither path nor body, as a query string.
//!
//! Names are the original ones, nested fields `a.b`, repeated ones stand once for each value, maps are `labels[k]`:
//! what `google.api.http` says and every Kratos version reads.

use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value};

use super::path::{RESERVED, text};
use crate::message::{FieldDesc, Kind, Label, TypeRef, Types};
use crate::{Error, Result};

/// Appends `?a=1&b=2` for `fields`, a message of the type `of`; nothing where no field has a value.
pub(super) fn append(
    path: &mut String,
    fields: &Map<String, Value>,
    types: &Types,
    of: &TypeRef,
) -> Result<()> {
    Writer { path, types, separator: '?' }.message("", fields, Some(of), false)
}

struct Writer<'a> {
    path: &'a mut String,
    types: &'a Types,
    separator: char,
}

impl Writer<'_> {
    /// `present`: the message is in an `Option`, so that its defaults are written to show that it is there.
    fn message(
        &mut self,
        prefix: &str,
        fields: &Map<String, Value>,
        of: Option<&TypeRef>,
        present: bool,
    ) -> Result<()> {
        for (name, value) in fields {
            let desc = match of {
                Some(TypeRef::Message(index)) => {
                    self.types.messages()[*index].fields.iter().find(|field| field.name == *name)
                }
                _ => None,
            };
            // Without presence, a default and nothing are the same.
            let silent = !present
                && is_default(value)
                && desc.is_some_and(|d| d.label == Label::Singular && d.oneof.is_none());
            if !silent {
                self.field(&format!("{prefix}{name}"), value, desc)?;
            }
        }
        Ok(())
    }

    fn field(&mut self, name: &str, value: &Value, desc: Option<&FieldDesc>) -> Result<()> {
        let label = desc.map(|desc| &desc.label);
        match value {
            Value::Null => Ok(()),
            Value::Array(values) => {
                for value in values {
                    self.scalar(name, value)?;
                }
                Ok(())
            }
            Value::Object(entries) if matches!(label, Some(Label::Map(_))) => {
                for (key, value) in entries {
                    if key.is_empty() || key.contains(']') {
                        let text = format!("{name}: the key `{key}` cannot stand in a query");
                        return Err(Error::codec(text));
                    }
                    self.scalar(&format!("{name}[{}]", utf8_percent_encode(key, RESERVED)), value)?;
                }
                Ok(())
            }
            Value::Object(fields) => match desc.map(|desc| &desc.kind) {
                // JSON in a protobuf coat has no fields of its own.
                Some(Kind::Type(TypeRef::Named(
                    "google.protobuf.Struct" | "google.protobuf.Value",
                ))) => {
                    self.pair(name, &value.to_string());
                    Ok(())
                }
                kind => {
                    let of = match kind {
                        Some(Kind::Type(of)) => Some(of),
                        _ => None,
                    };
                    let present = label == Some(&Label::Optional);
                    self.message(&format!("{name}."), fields, of, present)
                }
            },
            value => self.scalar(name, value),
        }
    }

    fn scalar(&mut self, name: &str, value: &Value) -> Result<()> {
        let text = text(value).ok_or_else(|| {
            Error::codec(format!("{name}: a list or map of messages cannot stand in a query"))
        })?;
        self.pair(name, &text);
        Ok(())
    }

    /// `name` is escaped where it needs it: names of fields do not.
    fn pair(&mut self, name: &str, value: &str) {
        self.path.push(self.separator);
        self.separator = '&';
        self.path.push_str(name);
        self.path.push('=');
        self.path.extend(utf8_percent_encode(value, RESERVED));
    }
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Number(number) => {
            number.as_f64() == Some(0.0) && !number.to_string().starts_with('-')
        }
        Value::Bool(flag) => !flag,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::MessageDesc;
    use serde_json::json;

    struct Outer;
    struct Inner;

    fn field(name: &str, label: Label, kind: Kind) -> FieldDesc {
        FieldDesc {
            name: name.to_owned(),
            json: name.to_owned(),
            number: 1,
            label,
            kind,
            oneof: None,
            doc: "",
            deprecated: false,
            secret: false,
            traced: None,
        }
    }

    fn message(name: &str) -> MessageDesc {
        MessageDesc {
            name: name.to_owned(),
            package: None,
            rust: "",
            doc: "",
            fields: Vec::new(),
            oneofs: Vec::new(),
            nested: Vec::new(),
            deprecated: false,
        }
    }

    fn query(fields: Value) -> Result<String> {
        let mut types = Types::default();
        let outer = types.message::<Outer>(
            || message("Outer"),
            |types, desc| {
                let inner = types.message::<Inner>(
                    || message("Inner"),
                    |_, desc| desc.fields = vec![field("n", Label::Singular, Kind::Int64)],
                );
                desc.fields = vec![
                    field("name", Label::Singular, Kind::String),
                    field("maybe", Label::Optional, Kind::String),
                    field("ids", Label::Repeated, Kind::Int64),
                    field("labels", Label::Map(Kind::String), Kind::String),
                    field("inner", Label::Optional, Kind::Type(inner)),
                    field(
                        "any",
                        Label::Singular,
                        Kind::Type(TypeRef::Named("google.protobuf.Struct")),
                    ),
                ];
            },
        );
        let Value::Object(fields) = fields else { panic!("not an object") };
        let mut path = "/x".to_owned();
        append(&mut path, &fields, &types, &outer)?;
        Ok(path)
    }

    #[test]
    fn every_shape_has_its_form() {
        for (fields, path) in [
            (json!({}), "/x"),
            (json!({"name": "a b&c=ü"}), "/x?name=a%20b%26c%3D%C3%BC"),
            (json!({"name": "", "maybe": ""}), "/x?maybe="),
            (json!({"ids": [1, 0], "name": "n"}), "/x?ids=1&ids=0&name=n"),
            (json!({"labels": {"a.b": "1", "c&": ""}}), "/x?labels[a.b]=1&labels[c%26]="),
            (json!({"inner": {"n": 5}}), "/x?inner.n=5"),
            (json!({"inner": {"n": 0}}), "/x?inner.n=0"),
            (json!({"maybe": null}), "/x"),
            (json!({"any": {"k": [1]}}), "/x?any=%7B%22k%22%3A%5B1%5D%7D"),
        ] {
            assert_eq!(query(fields).unwrap(), path);
        }
    }

    #[test]
    fn what_has_no_form_is_refused_by_name() {
        for (fields, part) in [
            (json!({"ids": [{"n": 1}]}), "ids: a list"),
            (json!({"labels": {"a": {"n": 1}}}), "labels[a]: a list"),
            (json!({"labels": {"": "1"}}), "labels: the key ``"),
            (json!({"labels": {"a]b": "1"}}), "labels: the key `a]b`"),
        ] {
            let error = query(fields).unwrap_err();
            assert!(error.message().starts_with(part), "{error}");
        }
    }
}
