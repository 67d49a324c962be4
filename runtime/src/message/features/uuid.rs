//! `uuid::Uuid` as a string in its hyphenated form; the empty string and the nil UUID are the same.

use serde::{Deserializer, Serializer};
use uuid::Uuid;

use crate::message::format::Plain;
use crate::message::{Dialect, Fault, JsonCx, Kind, MapKey, Raw, Types, Value, WireCx, WireType};

super::text_value!(Uuid, Uuid::nil(), "a UUID", |value| value.is_nil());

impl MapKey for Uuid {
    fn print_key<R>(&self, print: impl FnOnce(&str) -> R) -> R {
        print(self.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }

    fn parse_key(text: &str) -> Result<Self, Fault> {
        parse(text)
    }
}
