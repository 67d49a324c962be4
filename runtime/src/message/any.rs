//! `google.protobuf.Any`: a message beside the name of its type.
//!
//! In JSON it shows its content, which needs to be known here: the well-known types are, and every type that
//! [`registry`](super::registry) has heard of. The bytes of others are written as base64 under `value`, and read back
//! from there.

use std::cell::Cell;

use bytes::Bytes;
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserializer, Serializer};

use super::any_json::{Json, Parsed};
use super::json::JsonCx;
use super::registry::{self, Codec};
use super::text::{base64_decode, base64_encode};
use super::well_known::{WellKnown, from_text};
use super::{Fault, Message, codec};

/// How far one `Any` may stand inside another and be shown: their nesting has no other bound.
const MOST_NESTED: u8 = 8;

/// What stands before the name of a type.
const PREFIX: &str = "type.googleapis.com/";

/// A message of any type, as `google.protobuf.Any`: for fields whose type is not known beforehand, and for the details of
/// an [`Error`](crate::Error).
///
/// In JSON it is its content with `"@type"`, for the types of the services that this process serves and for those that
/// were put into an `Any` here. A type needs a package of its own, or that of the services.
///
/// ```
/// use bident::{Any, message};
///
/// #[message(package = "acme.v1")]
/// struct Book { title: String }
///
/// let any = Any::of(&Book { title: "Emma".into() });
/// assert_eq!(any.type_url, "type.googleapis.com/acme.v1.Book");
/// assert_eq!(any.read::<Book>()?, Some(Book { title: "Emma".into() }));
/// # Ok::<(), bident::message::Fault>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Any {
    /// The full name of the type, after the last slash.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// The encoded message.
    #[prost(bytes = "bytes", tag = "2")]
    pub value: Bytes,
}

impl Any {
    /// Puts a message in.
    pub fn of<M: Message>(message: &M) -> Self {
        let type_url = format!("{PREFIX}{}", registry::name_of::<M>());
        Self { type_url, value: codec::encode(message).into() }
    }

    /// The name of the type: `acme.v1.Book`.
    pub fn type_name(&self) -> &str {
        type_name(&self.type_url)
    }

    /// The message, where it is one of this type.
    ///
    /// # Errors
    /// A [`Fault`] where the bytes are no such message.
    pub fn read<M: Message>(&self) -> Result<Option<M>, Fault> {
        if self.type_name() != &*registry::name_of::<M>() {
            return Ok(None);
        }
        codec::decode(self.value.clone()).map(Some)
    }
}

impl<M: Message> From<&M> for Any {
    fn from(message: &M) -> Self {
        Self::of(message)
    }
}

fn type_name(type_url: &str) -> &str {
    type_url.rsplit('/').next().unwrap_or_default()
}

macro_rules! any {
    ($($type:ty)*) => {$(
        impl WellKnown for $type {
            const NAME: &'static str = "google.protobuf.Any";

            fn print<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                print(&self.type_url, &self.value, out)
            }

            fn parse<'de, D: Deserializer<'de>>(
                input: D,
                cx: &mut JsonCx,
            ) -> Result<Self, D::Error> {
                let (type_url, value) = parse::<D>(input, cx)?;
                Ok(Self { type_url, value: value.into() })
            }

            fn parse_text(text: &str) -> Result<Self, Fault> {
                from_text(text)
            }
        }
    )*};
}

any! { Any prost_types::Any }

fn print<S: Serializer>(type_url: &str, value: &[u8], out: S) -> Result<S::Ok, S::Error> {
    if type_url.is_empty() && value.is_empty() {
        return out.serialize_map(Some(0))?.end();
    }
    let shown = match known(type_url) {
        Some(codec) => Nested::enter()
            .map(|_nested| (codec.print)(value).map(|json| (codec.special, json)))
            .transpose()
            .map_err(S::Error::custom)?,
        None => None,
    };
    let mut map = out.serialize_map(None)?;
    map.serialize_entry("@type", type_url)?;
    match shown {
        Some((false, serde_json::Value::Object(fields))) => {
            for (name, field) in &fields {
                map.serialize_entry(name, field)?;
            }
        }
        Some((_, json)) => map.serialize_entry("value", &json)?,
        None => map.serialize_entry("value", &base64_encode(value))?,
    }
    map.end()
}

fn parse<'de, D: Deserializer<'de>>(
    input: D,
    cx: &mut JsonCx,
) -> Result<(String, Vec<u8>), D::Error> {
    use serde::de::Error as _;

    let json = cx.nested(|cx| input.deserialize_any(Parsed { cx }))?;
    let Json::Object(mut fields) = json else {
        return Err(D::Error::custom("an Any is an object"));
    };
    let type_url = match fields.remove("@type") {
        Some(Json::String(type_url)) => type_url,
        None if fields.is_empty() => return Ok((String::new(), Vec::new())),
        _ => return Err(D::Error::custom("an Any names its type: \"@type\"")),
    };
    let value = match known(&type_url) {
        Some(codec) => {
            let json = if codec.special {
                fields.remove("value").unwrap_or(Json::Null)
            } else {
                Json::Object(fields)
            };
            match Nested::enter() {
                Some(_nested) => (codec.parse)(&json),
                None => Err(Fault::new("one Any in another too often")),
            }
        }
        None => match fields.remove("value") {
            Some(Json::String(text)) => base64_decode(&text),
            _ => Err(Fault::new(format!("the type {type_url:?} of an Any is not known here"))),
        },
    };
    Ok((type_url, value.map_err(D::Error::custom)?))
}

fn known(type_url: &str) -> Option<Codec> {
    registry::codec(type_name(type_url))
}

thread_local! {
    static NESTED: Cell<u8> = const { Cell::new(0) };
}

/// One `Any` is being shown or read on this thread.
struct Nested(());

impl Nested {
    fn enter() -> Option<Self> {
        let depth = NESTED.get();
        (depth < MOST_NESTED).then(|| {
            NESTED.set(depth + 1);
            Self(())
        })
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        NESTED.set(NESTED.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use bident::prelude::*;

    use super::*;
    use crate::message::{Dialect, from_json, to_json};

    #[message(package = "any.v1")]
    struct Book {
        id: u64,
        title: String,
    }

    #[message(package = "any.v1")]
    struct Shelf {
        what: Any,
        more: Vec<Any>,
    }

    fn text(message: &impl Message) -> String {
        String::from_utf8(to_json(message, Dialect::Proto).unwrap()).unwrap()
    }

    #[test]
    fn a_message_comes_back_as_what_it_was() {
        let book = Book { id: 7, title: "Emma".into() };
        let any = Any::of(&book);
        assert_eq!(any.type_name(), "any.v1.Book");
        assert_eq!(any.read::<Book>().unwrap().unwrap(), book);
        assert_eq!(any.read::<Shelf>().unwrap(), None);
        assert!(Any { value: Bytes::from_static(b"\xff"), ..any }.read::<Book>().is_err());
    }

    #[test]
    fn its_json_shows_its_content_at_every_depth() {
        let book = Any::of(&Book { id: 7, title: "Emma".into() });
        let inner = Shelf { what: book.clone(), more: Vec::new() };
        let time = prost_types::Timestamp::default();
        let outer = Shelf { what: Any::of(&inner), more: vec![Any::of(&time), Any::default()] };
        let json = text(&outer);
        let book_json = r#"{"@type":"type.googleapis.com/any.v1.Book","id":"7","title":"Emma"}"#;
        assert_eq!(
            json,
            format!(
                r#"{{"what":{{"@type":"type.googleapis.com/any.v1.Shelf","more":[],"what":{book_json}}},"more":[{{"@type":"type.googleapis.com/google.protobuf.Timestamp","value":"1970-01-01T00:00:00Z"}},{{}}]}}"#
            )
        );
        assert_eq!(from_json::<Shelf>(json.as_bytes()).unwrap(), outer);
    }

    #[test]
    fn what_is_not_known_here_is_base64() {
        let foreign = Any { type_url: "x/other.v1.Thing".into(), value: vec![1, 255].into() };
        let json = text(&Shelf { what: foreign.clone(), more: Vec::new() });
        assert_eq!(json, r#"{"what":{"@type":"x/other.v1.Thing","value":"Af8="},"more":[]}"#);
        assert_eq!(from_json::<Shelf>(json.as_bytes()).unwrap().what, foreign);
    }

    #[test]
    fn mistakes_are_told() {
        Any::of(&Book::default());
        for (json, what) in [
            (r#"{"title":"Emma"}"#, "@type"),
            (r#"{"@type":7}"#, "@type"),
            (r#"{"@type":"x/other.v1.Thing","title":"Emma"}"#, "not known here"),
            (r#"{"@type":"x/any.v1.Book","id":"seven"}"#, "id"),
            (r#"7"#, "object"),
        ] {
            let json = format!(r#"{{"what":{json}}}"#);
            let fault = from_json::<Shelf>(json.as_bytes()).unwrap_err().to_string();
            assert!(fault.contains(what) && fault.contains("what"), "{json}: {fault}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let mut any = Any::of(&Book::default());
        let mut json = r#"{"@type":"x/any.v1.Book"}"#.to_owned();
        for _ in 0..100 {
            any = Any::of(&Shelf { what: any, more: Vec::new() });
            json = format!(r#"{{"@type":"x/any.v1.Shelf","what":{json}}}"#);
        }
        let shelf = Shelf { what: any, more: Vec::new() };
        assert!(text(&shelf).matches("@type").count() == usize::from(MOST_NESTED) + 1);
        let json = format!(r#"{{"what":{json}}}"#);
        assert!(from_json::<Shelf>(json.as_bytes()).is_err());
    }
}
