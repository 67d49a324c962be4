//! What is told to nobody, or to a collector and to nobody else.

use std::fmt;

use http::{HeaderName, HeaderValue};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

/// How the names of secrets end, in lower case and without `-` and `_`.
const NAMES: [&str; 10] = [
    "password",
    "passwd",
    "secret",
    "secrets",
    "token",
    "credential",
    "credentials",
    "privatekey",
    "apikey",
    "accesskey",
];

/// Whether a part of a key says that its value is a secret.
pub(super) fn names(part: &str) -> bool {
    let plain = part.chars().filter(|c| !matches!(c, '-' | '_' | ' '));
    let plain: String = plain.flat_map(char::to_lowercase).collect();
    NAMES.iter().any(|name| plain.ends_with(name))
}

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Headers for a collector. What is wrong with them is told without them: they are secrets.
pub(super) struct Headers(pub(super) Vec<(String, Secret)>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Reading;

        const EXPECTED: &str = "expected a map of headers and their values";

        impl<'de> Visitor<'de> for Reading {
            type Value = Headers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of headers and their values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
                let mut headers = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    // What is wrong with a value is told with its key.
                    header_name(&name).map_err(de::Error::custom)?;
                    headers.push(header(&name, map.next_value()?).map_err(de::Error::custom)?);
                }
                Ok(Headers(headers))
            }

            // A whole map in one variable that is none: what serde says by itself has the text in it.
            fn visit_str<E: de::Error>(self, _: &str) -> Result<Headers, E> {
                Err(E::custom(EXPECTED))
            }

            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Headers, E> {
                Err(E::custom(EXPECTED))
            }

            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Headers, E> {
                Err(E::custom(EXPECTED))
            }

            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Headers, E> {
                Err(E::custom(EXPECTED))
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Headers, E> {
                Err(E::custom(EXPECTED))
            }
        }

        input.deserialize_map(Reading)
    }
}

/// What is no name is not told: in `authorization: Bearer secret==`, where somebody forgot how headers are separated from their
/// values, it is the value.
fn header_name(text: &str) -> Result<HeaderName, String> {
    HeaderName::try_from(text)
        .map_err(|_| "expected names of headers, such as `authorization`".to_owned())
}

/// A header that can be sent, or why it cannot.
pub(crate) fn header(name: &str, value: String) -> Result<(String, Secret), String> {
    let name = header_name(name)?;
    if HeaderValue::try_from(value.as_str()).is_err() {
        return Err(format!("the value of the header `{name}` is none that can be sent"));
    }
    Ok((name.as_str().to_owned(), Secret(value)))
}
