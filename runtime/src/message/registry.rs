//! The types that are known in this process by their full names: what an `Any` may hold and show.
//!
//! The services of an app enter theirs when it is built, and every type enters itself when it is put into an `Any`. Nothing
//! is ever taken out, and of two types of one name the first stays.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use prost_types::{Duration, FieldMask, ListValue, Struct, Timestamp, Value};

use super::any_json::Json;
use super::well_known::WellKnown;
use super::{Any, Dialect, Fault, Message, TypeRef, Types, codec};

/// From bytes to JSON and back, for one type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Codec {
    pub(super) print: fn(&[u8]) -> Result<Json, Fault>,
    pub(super) parse: fn(&Json) -> Result<Vec<u8>, Fault>,
    /// Whether its JSON is a form of its own, which an `Any` has under `value`.
    pub(super) special: bool,
}

impl Codec {
    pub(super) fn of<M: Message>() -> Self {
        Self {
            print: |bytes| {
                let text = codec::to_json(&codec::decode_slice::<M>(bytes)?, Dialect::Proto)?;
                serde_json::from_slice(&text).map_err(|error| Fault::new(error.to_string()))
            },
            parse: |json| {
                codec::from_json::<M>(json.to_string().as_bytes()).map(|m| codec::encode(&m))
            },
            special: false,
        }
    }

    fn special<M: Message>() -> Self {
        Self { special: true, ..Self::of::<M>() }
    }
}

#[derive(Default)]
struct Registry {
    names: HashMap<TypeId, Arc<str>>,
    codecs: HashMap<Arc<str>, Codec>,
}

static REGISTRY: LazyLock<RwLock<Registry>> = LazyLock::new(|| {
    let mut registry = Registry::default();
    for (name, codec) in [
        (Timestamp::NAME, Codec::special::<Timestamp>()),
        (Duration::NAME, Codec::special::<Duration>()),
        (FieldMask::NAME, Codec::special::<FieldMask>()),
        (Struct::NAME, Codec::special::<Struct>()),
        (Value::NAME, Codec::special::<Value>()),
        (ListValue::NAME, Codec::special::<ListValue>()),
        (Any::NAME, Codec::special::<Any>()),
        ("google.protobuf.Empty", Codec::special::<()>()),
    ] {
        registry.codecs.insert(name.into(), codec);
    }
    RwLock::new(registry)
});

/// Enters a type under its full name.
pub(crate) fn enter(id: TypeId, name: &str, codec: Codec) {
    let mut registry = REGISTRY.write().unwrap_or_else(PoisonError::into_inner);
    let name: Arc<str> = name.into();
    registry.codecs.entry(name.clone()).or_insert(codec);
    registry.names.insert(id, name);
}

/// How a type is shown and read.
pub(super) fn codec(name: &str) -> Option<Codec> {
    REGISTRY.read().unwrap_or_else(PoisonError::into_inner).codecs.get(name).copied()
}

/// The full name of a type.
pub(super) fn name_of<M: Message>() -> Arc<str> {
    let id = TypeId::of::<M>();
    let read = || REGISTRY.read().unwrap_or_else(PoisonError::into_inner).names.get(&id).cloned();
    if let Some(name) = read() {
        return name;
    }
    let mut types = Types::default();
    let name = match M::describe(&mut types) {
        TypeRef::Named(full) => full.to_owned(),
        TypeRef::Message(index) => {
            let desc = &types.messages()[index];
            match desc.package {
                Some(package) => format!("{package}.{}", desc.name),
                None => desc.name.clone(),
            }
        }
        TypeRef::Enum(index) => types.enums()[index].name.clone(),
    };
    enter(id, &name, Codec::of::<M>());
    read().unwrap_or_else(|| name.into())
}
