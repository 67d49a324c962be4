//! Field types of other crates, each behind the feature that is named after it.

#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "decimal")]
mod decimal;
#[cfg(feature = "jiff")]
mod jiff;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "uuid")]
mod uuid;

/// A type that travels as text: a proto `string`, empty for the value that is `$initial`.
#[cfg(any(feature = "uuid", feature = "decimal"))]
macro_rules! text_value {
    ($type:ty, $initial:expr, $what:literal, |$value:ident| $is_default:expr) => {
        impl crate::message::Single for $type {}

        impl crate::message::Initial for $type {
            fn initial() -> Self {
                $initial
            }
        }

        impl crate::message::Traced for $type {
            fn attribute(&self) -> Option<crate::message::Attribute> {
                Some(crate::message::Attribute::text(self))
            }
        }

        impl crate::message::TracedItem for $type {}

        fn parse(text: &str) -> Result<$type, Fault> {
            if text.is_empty() {
                return Ok($initial);
            }
            text.parse().map_err(|_| crate::message::text::expected($what, text))
        }

        impl Value for $type {
            const WIRE: WireType = WireType::Len;

            fn initial() -> Option<Self> {
                Some($initial)
            }

            fn is_default(&self) -> bool {
                let $value = self;
                $is_default
            }

            fn size(&self) -> usize {
                Value::<Plain>::size(&self.to_string())
            }

            fn write(&self, out: &mut Vec<u8>) {
                Value::<Plain>::write(&self.to_string(), out);
            }

            fn read(raw: Raw<'_>, _: &mut WireCx<'_>) -> Result<Self, Fault> {
                parse(raw.text()?)
            }

            fn to_json<S: Serializer>(&self, out: S, _: Dialect) -> Result<S::Ok, S::Error> {
                out.collect_str(self)
            }

            fn from_json<'de, D: Deserializer<'de>>(
                input: D,
                _: &mut JsonCx,
            ) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(input)?;
                parse(&text).map_err(serde::de::Error::custom)
            }

            fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
                crate::message::single::bind_leaf(self, path, || parse(text))
            }

            fn kind(_: &mut Types) -> Kind {
                Kind::String
            }
        }
    };
}
#[cfg(any(feature = "uuid", feature = "decimal"))]
use text_value;
