//! Lists and maps of the tree, one item after the other.

use serde::de::value::StrDeserializer;
use serde::de::{self, Error as _, IntoDeserializer, Visitor};

use super::super::tree::{Entry, Node};
use super::Reader;
use super::fault::Fault;

pub(super) struct Items<'a> {
    items: std::slice::Iter<'a, Node>,
    index: usize,
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: de::DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some(node) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        let value = seed.deserialize(Reader { node });
        value.map(Some).map_err(|fault| fault.within(format!("[{index}]"), &node.origin))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

impl<'a> Items<'a> {
    pub(super) fn new(items: &'a [Node]) -> Self {
        Self { items: items.iter(), index: 0 }
    }
}

pub(super) fn visit_map<'de, V: Visitor<'de>>(
    entries: &[Entry],
    visitor: V,
) -> Result<V::Value, Fault> {
    visitor.visit_map(Entries::new(entries))
}

pub(super) struct Entries<'a> {
    entries: std::slice::Iter<'a, Entry>,
    value: Option<&'a Entry>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(entries: &'a [Entry]) -> Self {
        Self { entries: entries.iter(), value: None }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        self.value = self.entries.next();
        let Some(entry) = self.value else { return Ok(None) };
        let key: StrDeserializer<'_, Fault> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|fault| fault.or_at(&entry.origin))
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let entry = self.value.take().ok_or_else(|| Fault::custom("a value without a key"))?;
        let value = seed.deserialize(Reader { node: &entry.node });
        value.map_err(|fault| fault.within(entry.key.clone(), &entry.node.origin))
    }
}
