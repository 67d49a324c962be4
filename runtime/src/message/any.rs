//! The JSON of `google.protobuf.Any`.
//!
//! It can show its content only for types that are known here: other types need a registry, which there is none of.
//! Their bytes are written as base64 under `value`, and read back from there.

use prost_types::{Any, FieldMask, ListValue, Struct, Timestamp};
use serde::de::Error as _;
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Deserializer, Serializer};

use super::json::JsonCx;
use super::text::{base64_decode, base64_encode};
use super::well_known::{Shown, WellKnown, from_text};
use super::{Fault, WireCx, bridge};

impl WellKnown for Any {
    const NAME: &'static str = "google.protobuf.Any";

    fn print<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        if *self == Self::default() {
            return out.serialize_map(Some(0))?.end();
        }
        let mut map = out.serialize_map(Some(2))?;
        map.serialize_entry("@type", &self.type_url)?;
        match known(&self.type_url) {
            Some(known) => {
                let value = (known.print)(&self.value).map_err(S::Error::custom)?;
                map.serialize_entry("value", &value)?;
            }
            None => map.serialize_entry("value", &base64_encode(&self.value))?,
        }
        map.end()
    }

    fn parse<'de, D: Deserializer<'de>>(input: D, cx: &mut JsonCx) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Typed {
            #[serde(rename = "@type")]
            type_url: Option<String>,
            #[serde(default)]
            value: serde_json::Value,
        }
        let typed = Typed::deserialize(input)?;
        let Some(type_url) = typed.type_url else {
            return match typed.value {
                serde_json::Value::Null => Ok(Self::default()),
                _ => Err(D::Error::custom("an Any names its type: \"@type\"")),
            };
        };
        let value = match (known(&type_url), typed.value) {
            (Some(known), value) => (known.parse)(value, cx),
            (None, serde_json::Value::String(text)) => base64_decode(&text),
            (None, _) => {
                Err(Fault::new(format!("the type {type_url:?} of an Any is not known here")))
            }
        };
        Ok(Self { value: value.map_err(D::Error::custom)?, type_url })
    }

    fn parse_text(text: &str) -> Result<Self, Fault> {
        from_text(text)
    }
}

/// A type whose content an `Any` can show.
struct Known {
    print: fn(&[u8]) -> Result<serde_json::Value, Fault>,
    parse: fn(serde_json::Value, &mut JsonCx) -> Result<Vec<u8>, Fault>,
}

/// An `Any` inside an `Any` stays closed: their nesting has no bound of its own.
fn known(type_url: &str) -> Option<Known> {
    Some(match type_url.rsplit('/').next()? {
        Timestamp::NAME => of::<Timestamp>(),
        prost_types::Duration::NAME => of::<prost_types::Duration>(),
        FieldMask::NAME => of::<FieldMask>(),
        Struct::NAME => of::<Struct>(),
        prost_types::Value::NAME => of::<prost_types::Value>(),
        ListValue::NAME => of::<ListValue>(),
        "google.protobuf.Empty" => Known {
            print: |_| Ok(serde_json::Value::Object(serde_json::Map::new())),
            parse: |_, _| Ok(Vec::new()),
        },
        _ => return None,
    })
}

fn of<T: WellKnown>() -> Known {
    Known {
        print: |body| {
            let message: T = bridge::read(body, &mut WireCx::borrowed(body.len()))?;
            serde_json::to_value(Shown(&message)).map_err(|error| Fault::new(error.to_string()))
        },
        parse: |value, cx| {
            let message = T::parse(value, cx).map_err(|error| Fault::new(error.to_string()))?;
            Ok(message.encode_to_vec())
        },
    }
}
