//! `HashMap` and `BTreeMap`: a list of entries on the wire, an object in JSON.
//!
//! Keys are always written in their plain form; a field's format (`zigzag`, `fixed`) is that of the values.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserializer, Serializer};

use super::budget::Budget;
use super::field::Field;
use super::format::Plain;
use super::json::{ElementSeed, JsonCx, NOTHING_SET, Printed, nullable};
use super::value::{Initial, MapKey, Value, native_formats};
use super::wire::{Reader, WireType, len_size, tag_size, write_tag, write_varint};
use super::{Dialect, Fault, Kind, Label, Raw, Types, WireCx, single};

/// What the codec needs of a map.
pub(crate) trait Entries: Default {
    type Key: MapKey;
    type Value;
    /// For how many entries there is room as soon as there is one.
    const FIRST: usize;

    fn entries(&self) -> impl ExactSizeIterator<Item = (&Self::Key, &Self::Value)>;
    fn value_mut(&mut self, key: &Self::Key) -> Option<&mut Self::Value>;
    /// `false` where the key was there before.
    fn put(&mut self, key: Self::Key, value: Self::Value) -> bool;
}

impl<K: MapKey + Eq + Hash, V, H: BuildHasher + Default> Entries for HashMap<K, V, H> {
    type Key = K;
    type Value = V;
    const FIRST: usize = 4;

    fn entries(&self) -> impl ExactSizeIterator<Item = (&K, &V)> {
        self.iter()
    }

    fn value_mut(&mut self, key: &K) -> Option<&mut V> {
        self.get_mut(key)
    }

    fn put(&mut self, key: K, value: V) -> bool {
        self.insert(key, value).is_none()
    }
}

impl<K: MapKey + Ord, V> Entries for BTreeMap<K, V> {
    type Key = K;
    type Value = V;
    const FIRST: usize = 11;

    fn entries(&self) -> impl ExactSizeIterator<Item = (&K, &V)> {
        self.iter()
    }

    fn value_mut(&mut self, key: &K) -> Option<&mut V> {
        self.get_mut(key)
    }

    fn put(&mut self, key: K, value: V) -> bool {
        self.insert(key, value).is_none()
    }
}

/// About what an entry takes: the key, the value, and the map's own share.
type Entry<M> = (<M as Entries>::Key, <M as Entries>::Value, [usize; 2]);

/// Takes the memory of one more entry; the first one brings room for others.
pub(crate) fn take<M: Entries>(map: &M, budget: &mut Budget) -> Result<(), Fault> {
    let first = map.entries().len() == 0;
    budget.take_many::<Entry<M>>(if first { M::FIRST } else { 1 })
}

fn entry_size<F, K: MapKey, V: Value<F>>(key: &K, value: &V) -> usize {
    let key = if key.is_default() { 0 } else { single::size::<Plain, K>(key, 1) };
    key + single::size::<F, V>(value, 2)
}

pub(crate) fn size<F, M: Entries<Value: Value<F>>>(map: &M, number: u32) -> usize {
    let entries = map.entries();
    let tags = entries.len() * tag_size(number);
    tags + entries.map(|(key, value)| len_size(entry_size::<F, _, _>(key, value))).sum::<usize>()
}

pub(crate) fn write<F, M: Entries<Value: Value<F>>>(map: &M, number: u32, out: &mut Vec<u8>) {
    for (key, value) in map.entries() {
        write_tag(number, WireType::Len, out);
        write_varint(entry_size::<F, _, _>(key, value) as u64, out);
        if !key.is_default() {
            single::write::<Plain, _>(key, 1, out);
        }
        single::write::<F, _>(value, 2, out);
    }
}

pub(crate) fn merge<F, M: Entries<Value: Value<F>>>(
    map: &mut M,
    raw: Raw<'_>,
    cx: &mut WireCx<'_>,
) -> Result<(), Fault> {
    take(map, &mut cx.budget)?;
    let mut reader = Reader::new(raw.bytes()?);
    let mut key = M::Key::initial();
    let mut value: Option<M::Value> = None;
    while let Some((number, raw)) = reader.next_field()? {
        match number {
            1 => key = Some(M::Key::read(raw, cx).map_err(|fault| fault.within("key"))?),
            2 => match &mut value {
                Some(value) => value.merge(raw, cx),
                None => M::Value::read(raw, cx).map(|read| value = Some(read)),
            }
            .map_err(|fault| match &key {
                Some(key) => fault.within(segment(key)),
                None => fault,
            })?,
            _ => {}
        }
    }
    let (Some(key), Some(value)) = (key, value.or_else(M::Value::initial)) else {
        return Err(Fault::new(NOTHING_SET));
    };
    map.put(key, value);
    Ok(())
}

fn segment<K: MapKey>(key: &K) -> String {
    key.print_key(|key| format!("[{key:?}]"))
}

pub(crate) fn to_json<F, M: Entries<Value: Value<F>>, S: Serializer>(
    map: &M,
    out: S,
    dialect: Dialect,
) -> Result<S::Ok, S::Error> {
    let entries = map.entries();
    let mut object = out.serialize_map(Some(entries.len()))?;
    for (key, value) in entries {
        let value = Printed::<F, _> { value, dialect, format: PhantomData };
        key.print_key(|key| object.serialize_entry(key, &value))?;
    }
    object.end()
}

struct MapSeed<'a, F, M> {
    cx: &'a mut JsonCx,
    map: PhantomData<(F, M)>,
}

impl<'de, F, M: Entries<Value: Value<F>>> DeserializeSeed<'de> for MapSeed<'_, F, M> {
    type Value = M;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<M, D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de, F, M: Entries<Value: Value<F>>> Visitor<'de> for MapSeed<'_, F, M> {
    type Value = M;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<M, A::Error> {
        let mut map = M::default();
        while let Some(key) = object.next_key_seed(KeySeed::<M::Key>(PhantomData))? {
            let seed = ElementSeed::<F, M::Value> { cx: self.cx, value: PhantomData };
            let value =
                object.next_value_seed(seed).inspect_err(|_| self.cx.blame(segment(&key)))?;
            take(&map, &mut self.cx.budget).map_err(A::Error::custom)?;
            if !map.put(key, value) {
                return Err(A::Error::custom("a key of the map is given twice"));
            }
        }
        Ok(map)
    }
}

struct KeySeed<K>(PhantomData<K>);

impl<'de, K: MapKey> DeserializeSeed<'de> for KeySeed<K> {
    type Value = K;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<K, D::Error> {
        input.deserialize_str(self)
    }
}

impl<K: MapKey> Visitor<'_> for KeySeed<K> {
    type Value = K;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<K, E> {
        K::parse_key(text).map_err(E::custom)
    }
}

pub(crate) fn from_json<'de, F, M: Entries<Value: Value<F>>, D: Deserializer<'de>>(
    input: D,
    cx: &mut JsonCx,
) -> Result<Option<M>, D::Error> {
    nullable(input, MapSeed::<F, M> { cx, map: PhantomData })
}

/// The first segment is the key; what follows is inside the value.
pub(crate) fn bind<F, M: Entries<Value: Value<F>>>(
    map: &mut M,
    path: &[&str],
    text: &str,
) -> Result<bool, Fault> {
    let Some((key, rest)) = path.split_first() else {
        return Ok(false);
    };
    let key = M::Key::parse_key(key)?;
    if let Some(value) = map.value_mut(&key) {
        return value.bind(rest, text);
    }
    let value = M::Value::bind_new(rest, text)?;
    Ok(value.is_some_and(|value| map.put(key, value)))
}

pub(crate) fn shape<F, M: Entries<Value: Value<F>>>(types: &mut Types) -> (Label, Kind) {
    (Label::Map(M::Key::kind(types)), M::Value::kind(types))
}

/// The body of `Field` for a map, for every family of formats.
macro_rules! map_field {
    ($value:ty) => {
        fn initial() -> Option<Self> {
            Some(Self::default())
        }

        fn size(&self, number: u32) -> usize {
            $crate::message::map::size::<$value, Self>(self, number)
        }

        fn write(&self, number: u32, out: &mut Vec<u8>) {
            $crate::message::map::write::<$value, Self>(self, number, out);
        }

        fn read(raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<Self, Fault> {
            let mut entries = Self::default();
            $crate::message::map::merge::<$value, Self>(&mut entries, raw, cx)?;
            Ok(entries)
        }

        fn merge(&mut self, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<(), Fault> {
            $crate::message::map::merge::<$value, Self>(self, raw, cx)
        }

        fn to_json<S: Serializer>(&self, out: S, dialect: Dialect) -> Result<S::Ok, S::Error> {
            $crate::message::map::to_json::<$value, Self, S>(self, out, dialect)
        }

        fn from_json<'de, D: Deserializer<'de>>(
            input: D,
            cx: &mut JsonCx,
        ) -> Result<Option<Self>, D::Error> {
            $crate::message::map::from_json::<$value, Self, D>(input, cx)
        }

        fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
            $crate::message::map::bind::<$value, Self>(self, path, text)
        }

        fn shape(types: &mut Types) -> (Label, Kind) {
            $crate::message::map::shape::<$value, Self>(types)
        }
    };
}
pub(crate) use map_field;

native_formats!(F => {
    impl<K, V, H> Field<F> for HashMap<K, V, H>
    where
        K: MapKey + Eq + Hash,
        V: Value<F>,
        H: BuildHasher + Default + Send + Sync + 'static,
    {
        map_field!(F);
    }

    impl<K: MapKey + Ord, V: Value<F>> Field<F> for BTreeMap<K, V> {
        map_field!(F);
    }
});

impl<K, V, H: Default> Initial for HashMap<K, V, H> {
    fn initial() -> Self {
        Self::default()
    }
}

impl<K, V> Initial for BTreeMap<K, V> {
    fn initial() -> Self {
        Self::new()
    }
}
