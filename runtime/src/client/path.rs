//! A path template filled in from a request: the reverse of what the route table does.
//!
//! A variable of one segment is escaped whole; one of several keeps its slashes, and its value must fit the pattern.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::route::{Segment, Template, Variable};
use crate::{Error, Result};

/// Everything but RFC 3986's unreserved characters.
pub(super) const RESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What a literal of a template may not hold as it is; its own escapes stay.
const LITERAL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// The path for `fields`, from which everything that went into the path is taken away.
pub(super) fn expand(template: &Template<'_>, fields: &mut Map<String, Value>) -> Result<String> {
    let mut path = String::new();
    let mut at = 0;
    while let Some(segment) = template.segments.get(at) {
        let variable = template.variables.iter().find(|v| usize::from(v.span.first) == at);
        let Some(variable) = variable else {
            match segment {
                Segment::Literal(text) => {
                    path.push('/');
                    path.extend(percent_encode(text, LITERAL));
                }
                // Any one segment will do, and an asterisk is one.
                Segment::One => path.push_str("/*"),
                Segment::Rest => {}
            }
            at += 1;
            continue;
        };
        let end = variable.span.end.map_or(template.segments.len(), usize::from);
        let value = take(fields, &variable.path)?;
        fill(&mut path, variable, &template.segments[at..end], &value)?;
        at = end;
    }
    if path.is_empty() {
        path.push('/');
    }
    if let Some(verb) = &template.verb {
        path.push(':');
        path.push_str(verb);
    }
    Ok(path)
}

fn fill(
    path: &mut String,
    variable: &Variable<'_>,
    pattern: &[Segment],
    value: &str,
) -> Result<()> {
    let wrong = |what: &str| {
        let name = variable.path.join(".");
        Err(Error::codec(format!("{name}: `{value}` cannot stand in the path: {what}")))
    };
    if variable.is_single() {
        if value.is_empty() {
            return wrong("it is empty");
        }
        if matches!(&pattern[0], Segment::Literal(text) if **text != *value.as_bytes()) {
            return wrong("it does not fit the template");
        }
        path.push('/');
        path.extend(utf8_percent_encode(value, RESERVED));
        return Ok(());
    }
    // `**` alone takes nothing at all too.
    let mut parts = value.split('/').filter(|_| !value.is_empty());
    for segment in pattern {
        let fits = match segment {
            Segment::Rest => {
                for part in parts.by_ref() {
                    path.push('/');
                    path.extend(utf8_percent_encode(part, RESERVED));
                }
                continue;
            }
            Segment::One => parts.next().filter(|part| !part.is_empty()),
            Segment::Literal(text) => parts.next().filter(|part| **text == *part.as_bytes()),
        };
        let Some(part) = fits else { return wrong("it does not fit the template") };
        path.push('/');
        path.extend(utf8_percent_encode(part, RESERVED));
    }
    match parts.next() {
        Some(_) => wrong("it does not fit the template"),
        None => Ok(()),
    }
}

/// Takes the value at `names` out of the tree, as text.
fn take(fields: &mut Map<String, Value>, names: &[&str]) -> Result<String> {
    let missing = || Error::codec(format!("{}: the path needs a value", names.join(".")));
    let (last, outer) = names.split_last().ok_or_else(missing)?;
    let mut inner = fields;
    for name in outer.iter().copied() {
        inner = inner.get_mut(name).and_then(Value::as_object_mut).ok_or_else(missing)?;
    }
    let value = inner.remove(*last).ok_or_else(missing)?;
    text(&value).ok_or_else(missing)
}

/// A scalar as it is written in paths and queries.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn expanded(template: &str, fields: Value) -> Result<(String, Value)> {
        let Value::Object(mut fields) = fields else { panic!("not an object") };
        let path = expand(&Template::parse(template).unwrap(), &mut fields)?;
        Ok((path, Value::Object(fields)))
    }

    #[test]
    fn values_are_escaped_where_they_stand() {
        for (template, fields, path) in [
            ("/", json!({}), "/"),
            ("/v1/users/{id}", json!({"id": "7"}), "/v1/users/7"),
            ("/v1/{id}:move", json!({"id": "a/b:c d%é"}), "/v1/a%2Fb%3Ac%20d%25%C3%A9:move"),
            ("/v1/{n}/{ok}", json!({"n": -5, "ok": true}), "/v1/-5/true"),
            ("/v1/{a.b}/x", json!({"a": {"b": "~._-"}}), "/v1/~._-/x"),
            ("/v1/{name=shelves/*}", json!({"name": "shelves/a b"}), "/v1/shelves/a%20b"),
            ("/v1/{name=shelves/*/**}", json!({"name": "shelves/1/x/y?"}), "/v1/shelves/1/x/y%3F"),
            ("/f/{path=**}", json!({"path": "a/b"}), "/f/a/b"),
            ("/f/{path=**}", json!({"path": ""}), "/f"),
            ("/a/*/b/**", json!({}), "/a/*/b"),
            ("/a%2Fb/ü", json!({}), "/a%2Fb/%C3%BC"),
        ] {
            assert_eq!(expanded(template, fields).unwrap().0, path, "{template}");
        }
    }

    #[test]
    fn what_went_into_the_path_is_gone() {
        let fields = json!({"a": {"b": "x", "c": 1}, "d": 2});
        let (_, left) = expanded("/{a.b}", fields).unwrap();
        assert_eq!(left, json!({"a": {"c": 1}, "d": 2}));
    }

    #[test]
    fn a_value_that_does_not_fit_is_named() {
        for (template, fields) in [
            ("/v1/{id}", json!({"id": ""})),
            ("/v1/{id}", json!({})),
            ("/v1/{id}", json!({"id": [1]})),
            ("/v1/{id.x}", json!({"id": "a"})),
            ("/v1/{id=shelves/*}", json!({"id": "books/1"})),
            ("/v1/{id=shelves/*}", json!({"id": "shelves/"})),
            ("/v1/{id=shelves/*}", json!({"id": "shelves/1/2"})),
            ("/v1/{id=shelves/**}", json!({"id": ""})),
        ] {
            let error = expanded(template, fields.clone()).unwrap_err();
            assert_eq!(error.code(), 400);
            assert!(error.message().starts_with("id"), "{template} {fields}: {error}");
        }
    }
}
