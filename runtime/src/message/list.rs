//! `Vec<T>`: a repeated field, except that `Vec<u8>` is bytes.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error as _, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserializer, Serializer};

use super::field::Field;
use super::json::{ElementSeed, JsonCx, Printed};
use super::value::{Initial, List, Value, native_formats};
use super::wire::{Reader, WireType, len_size, tag_size, write_tag, write_varint};
use super::{Dialect, Fault, Kind, Label, Raw, Types, WireCx};

/// The usual list: one value after the other, packed where the wire type allows it.
pub(crate) struct Elements;

impl<F, T: Value<F>> List<T, F> for Elements {
    fn size(self, list: &[T], number: u32) -> usize {
        if list.is_empty() {
            return 0;
        }
        let values: usize = list.iter().map(T::size).sum();
        match T::WIRE {
            WireType::Len => list.len() * tag_size(number) + values,
            _ => tag_size(number) + len_size(values),
        }
    }

    fn write(self, list: &[T], number: u32, out: &mut Vec<u8>) {
        if list.is_empty() {
            return;
        }
        if T::WIRE != WireType::Len {
            write_tag(number, WireType::Len, out);
            write_varint(list.iter().map(T::size).sum::<usize>() as u64, out);
        }
        for value in list {
            if T::WIRE == WireType::Len {
                write_tag(number, WireType::Len, out);
            }
            value.write(out);
        }
    }

    fn merge(self, list: &mut Vec<T>, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<(), Fault> {
        let at = |list: &Vec<T>, fault: Fault| fault.within(format!("[{}]", list.len()));
        match raw {
            Raw::Len(packed) if T::WIRE != WireType::Len => {
                let mut reader = Reader::new(packed);
                while !reader.is_empty() {
                    cx.budget.take::<T>().map_err(|fault| at(list, fault))?;
                    let value = reader.next_packed(T::WIRE).and_then(|raw| T::read(raw, cx));
                    list.push(value.map_err(|fault| at(list, fault))?);
                }
            }
            _ => {
                let value = cx.budget.take::<T>().and_then(|()| T::read(raw, cx));
                list.push(value.map_err(|fault| at(list, fault))?);
            }
        }
        Ok(())
    }

    fn to_json<S: Serializer>(
        self,
        list: &[T],
        out: S,
        dialect: Dialect,
    ) -> Result<S::Ok, S::Error> {
        let mut seq = out.serialize_seq(Some(list.len()))?;
        for value in list {
            seq.serialize_element(&Printed::<F, T> { value, dialect, format: PhantomData })?;
        }
        seq.end()
    }

    fn from_json<'de, D: Deserializer<'de>>(
        self,
        input: D,
        cx: &mut JsonCx,
    ) -> Result<Vec<T>, D::Error> {
        input.deserialize_seq(ListVisitor::<F, T> { cx, elements: PhantomData })
    }

    fn bind(self, list: &mut Vec<T>, path: &[&str], text: &str) -> Result<bool, Fault> {
        let value = T::bind_new(path, text)?;
        Ok(value.is_some_and(|value| {
            list.push(value);
            true
        }))
    }

    fn shape(self, types: &mut Types) -> (Label, Kind) {
        (Label::Repeated, T::kind(types))
    }
}

struct ListVisitor<'a, F, T> {
    cx: &'a mut JsonCx,
    elements: PhantomData<(F, T)>,
}

impl<'de, F, T: Value<F>> Visitor<'de> for ListVisitor<'_, F, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        loop {
            let seed = ElementSeed::<F, T> { cx: self.cx, value: PhantomData };
            match seq.next_element_seed(seed) {
                Ok(Some(value)) => {
                    self.cx.budget.take::<T>().map_err(A::Error::custom)?;
                    list.push(value);
                }
                Ok(None) => return Ok(list),
                Err(error) => {
                    self.cx.blame(format!("[{}]", list.len()));
                    return Err(error);
                }
            }
        }
    }
}

pub(crate) struct ListSeed<'a, F, T> {
    pub(crate) cx: &'a mut JsonCx,
    pub(crate) elements: PhantomData<(F, T)>,
}

impl<'de, F, T: Value<F>> DeserializeSeed<'de> for ListSeed<'_, F, T> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Vec<T>, D::Error> {
        T::list().from_json(input, self.cx)
    }
}

impl<T> Initial for Vec<T> {
    fn initial() -> Self {
        Self::new()
    }
}

/// The body of `Field` for `Vec<T>`, for every family of formats.
macro_rules! list_field {
    ($values:ty) => {
        fn initial() -> Option<Self> {
            Some(Self::new())
        }

        fn size(&self, number: u32) -> usize {
            <T as Value<$values>>::list().size(self, number)
        }

        fn write(&self, number: u32, out: &mut Vec<u8>) {
            <T as Value<$values>>::list().write(self, number, out);
        }

        fn read(raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<Self, Fault> {
            let mut list = Self::new();
            <T as Value<$values>>::list().merge(&mut list, raw, cx)?;
            Ok(list)
        }

        fn merge(&mut self, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<(), Fault> {
            <T as Value<$values>>::list().merge(self, raw, cx)
        }

        fn to_json<S: Serializer>(&self, out: S, dialect: Dialect) -> Result<S::Ok, S::Error> {
            <T as Value<$values>>::list().to_json(self, out, dialect)
        }

        fn from_json<'de, D: Deserializer<'de>>(
            input: D,
            cx: &mut JsonCx,
        ) -> Result<Option<Self>, D::Error> {
            $crate::message::json::nullable(
                input,
                ListSeed::<$values, T> { cx, elements: std::marker::PhantomData },
            )
        }

        fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
            <T as Value<$values>>::list().bind(self, path, text)
        }

        fn shape(types: &mut Types) -> (Label, Kind) {
            <T as Value<$values>>::list().shape(types)
        }
    };
}
pub(crate) use list_field;

native_formats!(F => {
    impl<T: Value<F>> Field<F> for Vec<T> {
        list_field!(F);
    }
});
