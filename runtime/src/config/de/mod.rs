//! Typed reads: serde over the tree, with mistakes that say which document, line and key.
//!
//! A scalar is read as the type that is asked for; only a type that asks for nothing in particular gets YAML's own idea
//! of what the text is. `std::time::Duration` reads `1m30s` wherever it occurs.

mod collections;
mod fault;

use serde::Deserialize;
use serde::de::{self, Deserializer, Error as _, IntoDeserializer, Visitor};

use self::collections::{Entries, Items, visit_map};
use self::fault::{Fault, Missing};
use super::tree::{Mistake, Node, Scalar, Style, Value};
use super::{duration, yaml};

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
                return visitor.visit_seq(Items::new(items));
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
                visitor.visit_seq(Items::new(&items))
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
