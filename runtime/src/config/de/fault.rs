//! What a typed read fails with, and what a value that is not there reads as.

use std::fmt;

use serde::de::{self, Deserializer, Unexpected, Visitor};

use super::super::tree::{Mistake, Origin};
use super::super::{nearest, secret};

fn join(path: &[String]) -> String {
    let mut key = String::new();
    for part in path {
        if !key.is_empty() && !part.starts_with('[') {
            key.push('.');
        }
        key.push_str(part);
    }
    key
}

/// What is wrong with a secret, without the secret. What a type of the user's says of it may have it anywhere.
fn without_value(what: String) -> String {
    match what.split_once(FOUND) {
        Some((expected, _)) if what.starts_with(EXPECTED) => format!("{expected}{FOUND}***"),
        _ if what == MISSING => what,
        _ => "cannot be read, and is not shown".to_owned(),
    }
}

const EXPECTED: &str = "expected ";
const FOUND: &str = ", found ";
const MISSING: &str = "missing";

/// What a typed read fails with, before it is known from which key it started.
#[derive(Debug)]
pub(super) struct Fault {
    origin: Option<Origin>,
    /// Innermost first.
    path: Vec<String>,
    what: String,
}

impl Fault {
    pub(super) fn or_at(mut self, origin: &Origin) -> Self {
        self.origin.get_or_insert_with(|| origin.clone());
        self
    }

    pub(super) fn into_mistake(self, key: &str) -> Mistake {
        let mut path = if key.is_empty() { Vec::new() } else { vec![key.to_owned()] };
        path.extend(self.path.into_iter().rev());
        let secret = path.iter().any(|part| secret::names(part));
        let what = if secret { without_value(self.what) } else { self.what };
        Mistake { origin: self.origin, key: join(&path), what }
    }

    pub(super) fn within(mut self, part: String, origin: &Origin) -> Self {
        self.path.push(part);
        self.or_at(origin)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self { origin: None, path: Vec::new(), what: what.to_string() }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let found = match found {
            Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
            Unexpected::Map => "a map".to_owned(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Str(text) => format!("{text:?}"),
            Unexpected::Signed(number) => number.to_string(),
            Unexpected::Unsigned(number) => number.to_string(),
            Unexpected::Float(number) => number.to_string(),
            Unexpected::Bool(value) => value.to_string(),
            other => other.to_string(),
        };
        Self::custom(format!("{EXPECTED}{expected}{FOUND}{found}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self { origin: None, path: vec![field.to_owned()], what: MISSING.to_owned() }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let advice = nearest::advice(field, expected.iter().copied());
        Self::custom(format!("unknown key `{field}`{advice}"))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format!("{EXPECTED}{}{FOUND}{found:?}", nearest::one_of(expected)))
    }
}

/// What a value that is not there reads as.
pub(super) struct Missing;

impl<'de> Deserializer<'de> for Missing {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Fault> {
        Err(de::Error::custom(MISSING))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_none()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
