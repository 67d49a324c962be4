//! Typed reads: serde over the tree, with mistakes that say which document, line and key.
//!
//! A scalar is read as the type that is asked for; only a type that asks for nothing in particular gets YAML's own idea
//! of what the text is. `std::time::Duration` reads `1m30s` wherever it occurs.

use std::fmt;

use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{self, Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};

use super::tree::{Entry, Mistake, Node, Origin, Scalar, Style, Value};
use super::{duration, nearest, yaml};

/// Reads the value at `key`. One that is missing reads as a missing field does: `None` for an `Option`, else a mistake.
pub(crate) fn read<'de, T: Deserialize<'de>>(root: &Node, key: &str) -> Result<T, Mistake> {
    match root.find(key) {
        Some(node) => read_node(node, key),
        None => T::deserialize(Missing).map_err(|fault| fault.into_mistake(key)),
    }
}

/// Reads a value whose key is known to be `key`.
pub(crate) fn read_node<'de, T: Deserialize<'de>>(node: &Node, key: &str) -> Result<T, Mistake> {
    T::deserialize(Reader { node }).map_err(|fault| fault.or_at(&node.origin).into_mistake(key))
}

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

/// What a typed read fails with, before it is known from which key it started.
#[derive(Debug)]
pub(crate) struct Fault {
    origin: Option<Origin>,
    /// Innermost first.
    path: Vec<String>,
    what: String,
}

impl Fault {
    fn or_at(mut self, origin: &Origin) -> Self {
        self.origin.get_or_insert_with(|| origin.clone());
        self
    }

    fn into_mistake(self, key: &str) -> Mistake {
        let mut path = if key.is_empty() { Vec::new() } else { vec![key.to_owned()] };
        path.extend(self.path.into_iter().rev());
        Mistake { origin: self.origin, key: join(&path), what: self.what }
    }

    fn within(mut self, part: String, origin: &Origin) -> Self {
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
        Self::custom(format!("expected {expected}, found {found}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self { origin: None, path: vec![field.to_owned()], what: "missing".to_owned() }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let advice = nearest::advice(field, expected.iter().copied());
        Self::custom(format!("unknown key `{field}`{advice}"))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format!("expected {}, found {found:?}", nearest::one_of(expected)))
    }
}

/// What a value that is not there reads as.
struct Missing;

impl<'de> Deserializer<'de> for Missing {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Fault> {
        Err(Fault::custom("missing"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_none()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Reader<'a> {
    node: &'a Node,
}

impl Reader<'_> {
    fn scalar(&self) -> Option<&Scalar> {
        match &self.node.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar that may be more than text.
    fn untyped(&self) -> Option<&str> {
        self.scalar().filter(|s| s.style != Style::Quoted).map(|s| s.text.as_str())
    }

    /// A scalar from the environment that stands for a list or a map.
    fn environment(&self) -> Option<&str> {
        self.scalar().filter(|s| s.style == Style::Environment).map(|s| s.text.as_str())
    }

    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.untyped().and_then(integer) {
            Some(number) => visit_integer(number, visitor),
            None => self.deserialize_any(visitor),
        }
    }

    fn float<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.untyped().and_then(float) {
            Some(number) => visitor.visit_f64(number),
            None => self.deserialize_any(visitor),
        }
    }

    /// A list from the environment: `a,b` or `["a","b"]`.
    fn listed(&self, text: &str) -> Result<Vec<Node>, Fault> {
        if text.trim_start().starts_with('[') {
            return match self.flow(text)?.value {
                Value::List(items) => Ok(items),
                _ => Err(Fault::custom("expected a list such as a,b or [\"a\",\"b\"]")),
            };
        }
        let item = |text: &str| Node {
            origin: self.node.origin.clone(),
            value: Value::Scalar(Scalar {
                text: text.trim().to_owned(),
                style: Style::Environment,
            }),
        };
        Ok(if text.is_empty() { Vec::new() } else { text.split(',').map(item).collect() })
    }

    /// A structured value inside a variable, all of which has the variable as its origin.
    fn flow(&self, text: &str) -> Result<Node, Fault> {
        let wrapped = format!("value: {text}");
        let mut root = yaml::parse("", &wrapped).map_err(|mistakes| {
            Fault::custom(mistakes.first().map_or("not readable", |mistake| &mistake.what))
        })?;
        root.relocate(&self.node.origin);
        match root.value {
            Value::Map(mut entries) if entries.len() == 1 => Ok(entries.remove(0).node),
            _ => Err(Fault::custom("more than one value")),
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Fault;

    /// YAML's core schema decides what plain text is.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let scalar = match &self.node.value {
            Value::Null => return visitor.visit_unit(),
            Value::List(items) => {
                return visitor.visit_seq(Items { items: items.iter(), index: 0 });
            }
            Value::Map(entries) => return visit_map(entries, visitor),
            Value::Scalar(scalar) => scalar,
        };
        match (self.untyped(), scalar.text.as_str()) {
            (None, text) => visitor.visit_str(text),
            (_, "true" | "True" | "TRUE") => visitor.visit_bool(true),
            (_, "false" | "False" | "FALSE") => visitor.visit_bool(false),
            (_, text) => match (integer(text), float(text)) {
                (Some(number), _) => visit_integer(number, visitor),
                (None, Some(number)) => visitor.visit_f64(number),
                (None, None) => visitor.visit_str(text),
            },
        }
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.integer(visitor)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.integer(visitor)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.integer(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.integer(visitor)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.integer(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.integer(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.integer(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.integer(visitor)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.float(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.float(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.scalar() {
            Some(scalar) => visitor.visit_str(&scalar.text),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.environment() {
            Some(text) => {
                let items = self.listed(text)?;
                visitor.visit_seq(Items { items: items.iter(), index: 0 })
            }
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match (self.environment(), &self.node.value) {
            (Some(text), _) if text.trim_start().starts_with('{') => {
                let node = self.flow(text)?;
                Reader { node: &node }.deserialize_any(visitor)
            }
            (None, Value::Null) => visit_map(&[], visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        // This is how serde asks for a `std::time::Duration`.
        if name == "Duration"
            && fields == ["secs", "nanos"]
            && !matches!(self.node.value, Value::Map(_))
        {
            return self.duration(visitor);
        }
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Scalar(scalar) => visitor.visit_enum(scalar.text.as_str().into_deserializer()),
            Value::Map(entries) if entries.len() == 1 => {
                visitor.visit_enum(de::value::MapAccessDeserializer::new(Entries::new(entries)))
            }
            _ => Err(Fault::custom("expected the name of a variant, or a map with one key")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { bool i128 u128 bytes byte_buf unit unit_struct }
}

impl Reader<'_> {
    fn duration<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let text = self.scalar().map(|scalar| scalar.text.as_str());
        match text.and_then(duration::parse) {
            Some(value) => {
                let parts = [("secs", value.as_secs()), ("nanos", u64::from(value.subsec_nanos()))];
                visitor.visit_map(de::value::MapDeserializer::new(parts.into_iter()))
            }
            None => {
                let found = match (text, &self.node.value) {
                    (Some(text), _) => format!("{text:?}"),
                    (None, Value::Null) => "nothing".to_owned(),
                    (None, _) => "a list".to_owned(),
                };
                Err(Fault::custom(format!("expected {}, found {found}", duration::EXPECTED)))
            }
        }
    }
}

fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (digits, radix) = match digits.get(..2) {
        Some("0x") => (&digits[2..], 16),
        Some("0o") => (&digits[2..], 8),
        _ => (digits, 10),
    };
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let number = i128::from_str_radix(digits, radix).ok()?;
    Some(if negative { -number } else { number })
}

fn visit_integer<'de, V: Visitor<'de>>(number: i128, visitor: V) -> Result<V::Value, Fault> {
    match (u64::try_from(number), i64::try_from(number)) {
        (Ok(number), _) => visitor.visit_u64(number),
        (_, Ok(number)) => visitor.visit_i64(number),
        _ => Err(Fault::custom(format!("{number} does not fit into 64 bits"))),
    }
}

fn float(text: &str) -> Option<f64> {
    match text {
        ".inf" | "+.inf" => Some(f64::INFINITY),
        "-.inf" => Some(f64::NEG_INFINITY),
        ".nan" => Some(f64::NAN),
        // Rust's own parser also takes words such as `infinity`, which are text in YAML.
        _ if text.bytes().all(|c| c.is_ascii_digit() || b"+-.eE".contains(&c)) => text.parse().ok(),
        _ => None,
    }
}

struct Items<'a> {
    items: std::slice::Iter<'a, Node>,
    index: usize,
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: de::DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some(node) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        let value = seed.deserialize(Reader { node });
        value.map(Some).map_err(|fault| fault.within(format!("[{index}]"), &node.origin))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

fn visit_map<'de, V: Visitor<'de>>(entries: &[Entry], visitor: V) -> Result<V::Value, Fault> {
    visitor.visit_map(Entries::new(entries))
}

struct Entries<'a> {
    entries: std::slice::Iter<'a, Entry>,
    value: Option<&'a Entry>,
}

impl<'a> Entries<'a> {
    fn new(entries: &'a [Entry]) -> Self {
        Self { entries: entries.iter(), value: None }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        self.value = self.entries.next();
        let Some(entry) = self.value else { return Ok(None) };
        let key: StrDeserializer<'_, Fault> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|fault| fault.or_at(&entry.origin))
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let entry = self.value.take().ok_or_else(|| Fault::custom("a value without a key"))?;
        let value = seed.deserialize(Reader { node: &entry.node });
        value.map_err(|fault| fault.within(entry.key.clone(), &entry.node.origin))
    }
}
