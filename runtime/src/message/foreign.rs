//! Messages made by prost: as fields with `#[field(foreign = "...")]`, and registered by [`foreign_message!`].
//!
//! Their fields are unknown here. On the wire prost reads and writes them; in JSON their own serde does, because prost
//! itself has no JSON. They cannot be set from text, and the schema names them without describing them.
//!
//! [`foreign_message!`]: crate::foreign_message

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use serde::de::DeserializeOwned;
use serde::{Deserializer, Serialize, Serializer};

use super::bridge;
use super::field::{Field, Member};
use super::format::{Foreign, Keyed, Many, Maybe, One};
use super::generated::ForeignName;
use super::json::{JsonCx, lend};
use super::list::{ListSeed, list_field};
use super::map::map_field;
use super::option::option_field;
use super::single::{from_json, single_field, size, write};
use super::value::{List as _, MapKey, Value};
use super::wire::{WireType, len_size, write_varint};
use super::{Dialect, Fault, Kind, Label, Raw, TypeRef, Types, WireCx};

/// A message made by prost whose serde form is its JSON.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message made by prost with a JSON form",
    label = "`foreign` needs `prost::Message`, `Default`, `serde::Serialize` and `serde::Deserialize`",
    note = "prost-build adds serde's derives with `type_attribute`, or use pbjson-build"
)]
pub trait Prost: prost::Message + Default + Serialize + DeserializeOwned + 'static {}

impl<T: prost::Message + Default + Serialize + DeserializeOwned + 'static> Prost for T {}

impl<N: ForeignName, T: Prost> Value<Foreign<N, One>> for T {
    const WIRE: WireType = WireType::Len;

    fn initial() -> Option<Self> {
        Some(Self::default())
    }

    fn is_default(&self) -> bool {
        false
    }

    fn size(&self) -> usize {
        len_size(self.encoded_len())
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_varint(self.encoded_len() as u64, out);
        bridge::write(self, out);
    }

    fn read(raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<Self, Fault> {
        bridge::read(raw.bytes()?, cx)
    }

    fn merge(&mut self, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<(), Fault> {
        bridge::merge(self, raw.bytes()?, cx)
    }

    fn to_json<S: Serializer>(&self, out: S, _: Dialect) -> Result<S::Ok, S::Error> {
        self.serialize(out)
    }

    fn from_json<'de, D: Deserializer<'de>>(input: D, cx: &mut JsonCx) -> Result<Self, D::Error> {
        deserialize(input, cx)
    }

    fn bind(&mut self, _: &[&str], _: &str) -> Result<bool, Fault> {
        Ok(false)
    }

    fn kind(_: &mut Types) -> Kind {
        Kind::Type(TypeRef::Named(N::NAME))
    }
}

impl<N: ForeignName, T: Prost> Field<Foreign<N, One>> for T {
    single_field!(Foreign<N, One>);
}

impl<N: ForeignName, T: Prost> Member<Foreign<N, One>> for T {
    fn member_size(&self, number: u32) -> usize {
        size::<Foreign<N, One>, T>(self, number)
    }

    fn member_write(&self, number: u32, out: &mut Vec<u8>) {
        write::<Foreign<N, One>, T>(self, number, out);
    }
}

impl<N: ForeignName, T: Prost> Field<Foreign<N, Maybe>> for Option<T> {
    option_field!(Foreign<N, One>);
}

impl<N: ForeignName, T: Prost> Field<Foreign<N, Many>> for Vec<T> {
    list_field!(Foreign<N, One>);
}

impl<N, K, T, H> Field<Foreign<N, Keyed>> for HashMap<K, T, H>
where
    N: ForeignName,
    K: MapKey + Eq + Hash,
    T: Prost,
    H: BuildHasher + Default + Send + Sync + 'static,
{
    map_field!(Foreign<N, One>);
}

/// The sorted twin of `Keyed`, which is the shape of the hashed one.
impl<N: ForeignName, K: MapKey + Ord, T: Prost> Field<Foreign<N, Keyed>> for BTreeMap<K, T> {
    map_field!(Foreign<N, One>);
}

/// What [`foreign_message!`](crate::foreign_message) reads JSON with.
///
/// # Errors
/// Those of the deserializer.
pub fn deserialize<'de, T: serde::Deserialize<'de>, D: Deserializer<'de>>(
    input: D,
    cx: &mut JsonCx,
) -> Result<T, D::Error> {
    lend(cx, || T::deserialize(input))
}

/// Makes a message that prost generated a message of bident's, in the crate that owns the type:
///
/// ```
/// #[derive(Clone, PartialEq, prost::Message, serde::Serialize, serde::Deserialize)]
/// pub struct Address {
///     #[prost(string, tag = "1")]
///     pub street: String,
/// }
///
/// bident::foreign_message!(Address, "acme.v1.Address");
/// ```
///
/// The type needs serde's traits: they are its JSON. It can then be a field, an argument and a reply like any other
/// message; from text (path variables, queries) it cannot be set.
#[macro_export]
macro_rules! foreign_message {
    ($type:ty, $name:literal $(,)?) => {
        const _: () = {
            #[automatically_derived]
            impl $crate::message::Message for $type {
                const FIELDS: &'static [&'static str] = &[];

                fn initial() -> ::core::option::Option<Self> {
                    ::core::option::Option::Some(::core::default::Default::default())
                }

                fn size(&self) -> usize {
                    $crate::__private::message::foreign_size(self)
                }

                fn write(&self, out: &mut $crate::__private::message::Buffer) {
                    $crate::__private::message::foreign_write(self, out);
                }

                fn read(
                    body: &[u8],
                    cx: &mut $crate::message::WireCx<'_>,
                ) -> ::core::result::Result<Self, $crate::message::Fault> {
                    $crate::__private::message::foreign_read(body, cx)
                }

                fn merge_field(
                    &mut self,
                    number: u32,
                    raw: $crate::message::Raw<'_>,
                    cx: &mut $crate::message::WireCx<'_>,
                ) -> ::core::result::Result<bool, $crate::message::Fault> {
                    $crate::__private::message::foreign_merge_field(self, number, raw, cx)
                }

                fn to_json<S: $crate::__private::serde::Serializer>(
                    &self,
                    out: S,
                    _: $crate::message::Dialect,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    $crate::__private::serde::Serialize::serialize(self, out)
                }

                fn from_json<'de, D: $crate::__private::serde::Deserializer<'de>>(
                    input: D,
                    cx: &mut $crate::message::JsonCx,
                ) -> ::core::result::Result<Self, D::Error> {
                    $crate::__private::message::foreign_from_json(input, cx)
                }

                fn field_number(_: &str) -> ::core::option::Option<u32> {
                    ::core::option::Option::None
                }

                fn write_field(&self, _: u32, _: &mut $crate::__private::message::Buffer) {}

                fn field_to_json<S: $crate::__private::serde::Serializer>(
                    &self,
                    field: &str,
                    _: S,
                    _: $crate::message::Dialect,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    ::core::result::Result::Err($crate::__private::message::no_field_to_print(
                        field,
                    ))
                }

                fn field_from_json<'de, D: $crate::__private::serde::Deserializer<'de>>(
                    &mut self,
                    field: &str,
                    _: D,
                    _: &mut $crate::message::JsonCx,
                ) -> ::core::result::Result<(), D::Error> {
                    ::core::result::Result::Err($crate::__private::message::no_such_field(field))
                }

                fn bind(
                    &mut self,
                    _: &[&str],
                    _: &str,
                ) -> ::core::result::Result<bool, $crate::message::Fault> {
                    ::core::result::Result::Ok(false)
                }

                fn describe(_: &mut $crate::message::Types) -> $crate::message::TypeRef {
                    $crate::message::TypeRef::Named($name)
                }
            }

            #[automatically_derived]
            impl $crate::message::Initial for $type {
                fn initial() -> Self {
                    ::core::default::Default::default()
                }
            }
        };
    };
}
