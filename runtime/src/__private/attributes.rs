//! What a call's span is told by declaration: the `traced` fields of messages, and `traced(...)` on a method.
//!
//! Nothing of it is built where the call's span does not record.

use std::fmt;

use crate::Context;
use crate::message::Traced;
use crate::service::{MessageOf, Outcome, Signature};

/// The attributes of one span, each key once.
#[derive(Debug, Default)]
pub struct Attributes(pub(crate) Vec<(&'static str, AttributeValue)>);

/// The value of an attribute, in the types that OpenTelemetry has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AttributeValue {
    Bool(bool),
    I64(i64),
    F64(f64),
    Text(String),
    Bools(Vec<bool>),
    I64s(Vec<i64>),
    F64s(Vec<f64>),
    Texts(Vec<String>),
}

/// The value of an attribute, for those who make one.
#[derive(Debug, Clone)]
pub struct Attribute(pub(crate) AttributeValue);

impl Attribute {
    /// A truth.
    pub fn bool(value: bool) -> Self {
        Self(AttributeValue::Bool(value))
    }

    /// A whole number; one that has no place in an `i64` is text.
    pub fn integer(value: i128) -> Self {
        match i64::try_from(value) {
            Ok(value) => Self(AttributeValue::I64(value)),
            Err(_) => Self::text(value),
        }
    }

    /// A number.
    pub fn float(value: f64) -> Self {
        Self(AttributeValue::F64(value))
    }

    /// Whatever can be shown.
    pub fn text(value: impl fmt::Display) -> Self {
        Self(AttributeValue::Text(value.to_string()))
    }

    /// Several values of one type, which are texts where they are not.
    pub fn list(values: impl Iterator<Item = Self>) -> Self {
        let values: Vec<AttributeValue> = values.map(|value| value.0).collect();
        /// The values in this variant, if all of them are.
        macro_rules! all {
            ($one:ident, $many:ident) => {
                if !values.is_empty()
                    && values.iter().all(|it| matches!(it, AttributeValue::$one(_)))
                {
                    let values = values.into_iter().filter_map(|it| match it {
                        AttributeValue::$one(value) => Some(value),
                        _ => None,
                    });
                    return Self(AttributeValue::$many(values.collect()));
                }
            };
        }
        all!(Text, Texts);
        all!(I64, I64s);
        all!(F64, F64s);
        all!(Bool, Bools);
        Self(AttributeValue::Texts(values.iter().map(ToString::to_string).collect()))
    }
}

impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::I64(value) => value.fmt(f),
            Self::F64(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
            Self::Bools(values) => fmt::Debug::fmt(values, f),
            Self::I64s(values) => fmt::Debug::fmt(values, f),
            Self::F64s(values) => fmt::Debug::fmt(values, f),
            Self::Texts(values) => fmt::Debug::fmt(values, f),
        }
    }
}

impl Attributes {
    /// Sets an attribute, in place of one that has this key. Nothing is a value too, and sets nothing.
    pub fn put(&mut self, key: &'static str, value: impl IntoAttribute) {
        let Some(Attribute(value)) = value.into_attribute() else { return };
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = value,
            None => self.0.push((key, value)),
        }
    }
}

/// What can be the value of an attribute, given away.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be put on a span",
    label = "expected a reference to a number, `bool`, text, enum or time, or to an `Option` or a list of them"
)]
pub trait IntoAttribute {
    /// The value; `None` where there is none.
    fn into_attribute(self) -> Option<Attribute>;
}

impl<T: Traced + ?Sized> IntoAttribute for &T {
    fn into_attribute(self) -> Option<Attribute> {
        self.attribute()
    }
}

impl IntoAttribute for Option<Attribute> {
    fn into_attribute(self) -> Self {
        self
    }
}

impl IntoAttribute for String {
    fn into_attribute(self) -> Option<Attribute> {
        Some(Attribute(AttributeValue::Text(self)))
    }
}

impl IntoAttribute for bool {
    fn into_attribute(self) -> Option<Attribute> {
        self.attribute()
    }
}

impl IntoAttribute for i64 {
    fn into_attribute(self) -> Option<Attribute> {
        self.attribute()
    }
}

impl IntoAttribute for f64 {
    fn into_attribute(self) -> Option<Attribute> {
        self.attribute()
    }
}

/// `%value`.
pub fn displayed(value: &(impl fmt::Display + ?Sized)) -> String {
    value.to_string()
}

/// `?value`.
pub fn debugged(value: &(impl fmt::Debug + ?Sized)) -> String {
    format!("{value:?}")
}

/// Whether the call's span records.
#[inline]
pub fn recording(context: &Context) -> bool {
    context.is_recording()
}

/// Puts attributes on the call's span, if it records.
#[inline]
pub fn record(context: &Context, put: impl FnOnce(&mut Attributes)) {
    if recording(context) {
        put(&mut context.attributes());
    }
}

/// The same of what a method has returned, where that is a reply.
#[inline]
pub fn record_reply<S: Signature>(
    context: &Context,
    outcome: &S::Output,
    put: impl FnOnce(&MessageOf<S>, &mut Attributes),
) {
    if recording(context)
        && let Some(reply) = outcome.message()
    {
        put(reply, &mut context.attributes());
    }
}

/// What the call's span was told so far, as text.
pub fn recorded(context: &Context) -> Vec<(&'static str, String)> {
    context.attributes().0.iter().map(|(key, value)| (*key, value.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(value: impl IntoAttribute) -> Option<AttributeValue> {
        value.into_attribute().map(|it| it.0)
    }

    #[test]
    fn values_keep_their_types() {
        assert_eq!(value(true), Some(AttributeValue::Bool(true)));
        assert_eq!(value(&-7_i8), Some(AttributeValue::I64(-7)));
        assert_eq!(value(&7_u64), Some(AttributeValue::I64(7)));
        assert_eq!(value(&u64::MAX), Some(AttributeValue::Text("18446744073709551615".to_owned())));
        assert_eq!(value(&1.5_f32), Some(AttributeValue::F64(1.5)));
        assert_eq!(value("text"), Some(AttributeValue::Text("text".to_owned())));
        assert_eq!(value(&Some("text")), Some(AttributeValue::Text("text".to_owned())));
        assert_eq!(value(&None::<u32>), None);
    }

    #[test]
    fn a_list_has_one_type() {
        assert_eq!(value(&vec![1_u32, 2]), Some(AttributeValue::I64s(vec![1, 2])));
        assert_eq!(value(&[true][..]), Some(AttributeValue::Bools(vec![true])));
        assert_eq!(value(&[0.5]), Some(AttributeValue::F64s(vec![0.5])));
        let mixed = vec!["1".to_owned(), u64::MAX.to_string()];
        assert_eq!(value(&vec![1, u64::MAX]), Some(AttributeValue::Texts(mixed)));
        assert_eq!(value(&Vec::<bool>::new()), Some(AttributeValue::Texts(Vec::new())));
    }

    #[test]
    fn a_key_is_there_once_and_has_its_last_value() {
        let mut all = Attributes::default();
        all.put("a", 1);
        all.put("b", "x");
        all.put("a", 2);
        all.put("a", &None::<bool>);
        let expected = [("a", AttributeValue::I64(2)), ("b", AttributeValue::Text("x".to_owned()))];
        assert_eq!(all.0, expected);
    }
}
