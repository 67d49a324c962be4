//! ProtoJSON over serde's own traits, with the dialect passed down and the path of a mistake passed up.
//!
//! The rules are those of <https://protobuf.dev/programming-guides/json/>. No key is copied: a key is turned into the
//! field's index while the parser holds it. The path is built on the way out of an error only.

use std::borrow::Cow;
use std::cell::Cell;
use std::marker::PhantomData;
use std::{fmt, mem};

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserializer, Serialize, Serializer};

use super::budget::Budget;
use super::field::Field;
use super::value::Value;
use super::wire::{MAX_DEPTH, too_deep};
use super::{Dialect, Fault};

/// What decoding JSON carries along: the path to the value at hand, how much deeper it may nest, and how much memory
/// its lists may take.
#[derive(Debug)]
pub struct JsonCx {
    /// Innermost segment first, and empty until there is a mistake.
    path: Vec<Cow<'static, str>>,
    depth: u32,
    pub(crate) budget: Budget,
}

impl JsonCx {
    /// At the outermost message, in a text of so many bytes.
    pub(crate) fn of(length: usize) -> Self {
        Self::within(Budget::of(length))
    }

    fn within(budget: Budget) -> Self {
        Self { path: Vec::new(), depth: MAX_DEPTH, budget }
    }

    /// The mistake with the path that was collected.
    #[cold]
    pub(crate) fn fault(self, what: String) -> Fault {
        self.path.into_iter().fold(Fault::new(what), Fault::within)
    }

    /// Notes that the mistake on its way out was found in `segment`.
    #[cold]
    pub(crate) fn blame(&mut self, segment: impl Into<Cow<'static, str>>) {
        self.path.push(segment.into());
    }

    /// Runs `read` one level further in.
    #[inline]
    pub(crate) fn nested<T, E: serde::de::Error>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let Some(depth) = self.depth.checked_sub(1) else {
            return Err(E::custom(too_deep()));
        };
        self.depth = depth;
        let result = read(self);
        self.depth = depth + 1;
        result
    }
}

thread_local! {
    /// What the messages inside a foreign value that is being read on this thread may still take.
    static LENT: Cell<Option<Budget>> = const { Cell::new(None) };
}

/// Puts the lent budget back as it was, however reading ends.
struct Lent(Option<Budget>);

impl Drop for Lent {
    fn drop(&mut self) {
        LENT.set(self.0.take());
    }
}

/// Runs the serde of a foreign type: messages of ours inside it take from the budget of the message around it.
pub(crate) fn lend<R>(cx: &mut JsonCx, read: impl FnOnce() -> R) -> R {
    let budget = mem::replace(&mut cx.budget, Budget::of(0));
    let lent = Lent(LENT.replace(Some(budget)));
    let result = read();
    if let Some(left) = LENT.take() {
        cx.budget = left;
    }
    drop(lent);
    result
}

/// Reads a message for serde's own trait: inside a foreign value with what that was lent, else without a bound, because
/// the length of the text is not known. The path is put in front of the mistake: nobody outside can ask for it.
pub(crate) fn for_serde<T, E: serde::de::Error>(
    read: impl FnOnce(&mut JsonCx) -> Result<T, E>,
) -> Result<T, E> {
    let lent = LENT.take();
    let inside = lent.is_some();
    let mut cx = JsonCx::within(lent.unwrap_or(Budget::unbounded()));
    let result = read(&mut cx);
    if inside {
        LENT.set(Some(mem::replace(&mut cx.budget, Budget::of(0))));
    }
    result.map_err(|error| {
        let fault = cx.fault(error.to_string());
        E::custom(fault)
    })
}

/// A struct or a struct variant that is read field by field into slots: the part of `#[message]` that knows the fields.
pub trait Slots: Sized {
    /// The message that the slots become.
    type Message;

    /// The declared name of the field with this index, for the paths of mistakes.
    fn name(index: usize) -> Option<&'static str>;

    /// The index of a field by its declared or JSON name.
    fn key(name: &str) -> Option<usize>;

    /// Every field at its initial value, where it has one.
    fn empty() -> Self;

    /// Takes one field from the wire; `false` where there is none with this number.
    ///
    /// # Errors
    /// Malformed bytes.
    fn merge(
        &mut self,
        number: u32,
        raw: super::Raw<'_>,
        cx: &mut super::WireCx<'_>,
    ) -> Result<bool, Fault>;

    /// Takes one field from JSON.
    ///
    /// # Errors
    /// Those of the deserializer.
    fn take<'de, A: MapAccess<'de>>(
        &mut self,
        index: usize,
        map: &mut A,
        cx: &mut JsonCx,
    ) -> Result<(), A::Error>;

    /// The message, if everything that must be set is.
    ///
    /// # Errors
    /// A [`Fault`] that names the field that is missing.
    fn finish(self) -> Result<Self::Message, Fault>;
}

/// Reads a JSON object into slots.
#[inline]
pub(crate) fn read_slots<'de, T: Slots, D: Deserializer<'de>>(
    input: D,
    cx: &mut JsonCx,
) -> Result<T, D::Error> {
    cx.nested(|cx| input.deserialize_map(ObjectVisitor::<T> { cx, slots: PhantomData }))
}

struct ObjectVisitor<'a, T> {
    cx: &'a mut JsonCx,
    slots: PhantomData<T>,
}

impl<'de, T: Slots> Visitor<'de> for ObjectVisitor<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut slots = T::empty();
        // One word does for nearly every message; the others have the rest of theirs on the heap.
        let (mut first, mut others) = (0_u64, Vec::new());
        while let Some(index) = map.next_key_seed(Key(T::key))? {
            let Some(index) = index else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let bit = 1 << (index % 64);
            let seen = match (index / 64).checked_sub(1) {
                None => &mut first,
                Some(word) => {
                    if others.len() <= word {
                        others.resize(word + 1, 0_u64);
                    }
                    &mut others[word]
                }
            };
            if *seen & bit != 0 {
                if let Some(name) = T::name(index) {
                    self.cx.blame(name);
                }
                return Err(A::Error::custom("the field is given twice"));
            }
            *seen |= bit;
            slots.take(index, &mut map, self.cx)?;
        }
        Ok(slots)
    }
}

/// Turns a key into the index of its field without copying it.
struct Key(fn(&str) -> Option<usize>);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<usize>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Option<usize>, D::Error> {
        input.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    #[inline]
    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Option<usize>, E> {
        Ok((self.0)(name))
    }
}

/// A field of any shape; `None` for `null`.
pub(crate) struct FieldSeed<'a, F, T> {
    pub(crate) cx: &'a mut JsonCx,
    pub(crate) field: PhantomData<(F, T)>,
}

impl<'de, F, T: Field<F>> DeserializeSeed<'de> for FieldSeed<'_, F, T> {
    type Value = Option<T>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Option<T>, D::Error> {
        T::from_json(input, self.cx)
    }
}

/// What a place for one value holds.
pub(crate) enum Found<T> {
    Null,
    /// A message in which nothing is set, for a type that has no such value.
    Unset,
    Set(T),
}

/// Reads one value, or `null`.
#[inline]
pub(crate) fn read_value<'de, F, T: Value<F>, D: Deserializer<'de>>(
    input: D,
    cx: &mut JsonCx,
) -> Result<Found<T>, D::Error> {
    Ok(match nullable(input, ValueSeed::<F, T> { cx, value: PhantomData })? {
        Some(Some(value)) => Found::Set(value),
        Some(None) => Found::Unset,
        None => T::from_null().map_or(Found::Null, Found::Set),
    })
}

struct ValueSeed<'a, F, T> {
    cx: &'a mut JsonCx,
    value: PhantomData<(F, T)>,
}

impl<'de, F, T: Value<F>> DeserializeSeed<'de> for ValueSeed<'_, F, T> {
    type Value = Option<T>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Option<T>, D::Error> {
        T::from_json_set(input, self.cx)
    }
}

/// One value where there must be one: an element of a list or a map.
pub(crate) struct ElementSeed<'a, F, T> {
    pub(crate) cx: &'a mut JsonCx,
    pub(crate) value: PhantomData<(F, T)>,
}

impl<'de, F, T: Value<F>> DeserializeSeed<'de> for ElementSeed<'_, F, T> {
    type Value = T;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<T, D::Error> {
        match read_value::<F, T, D>(input, self.cx)? {
            Found::Set(value) => Ok(value),
            Found::Null => Err(D::Error::custom("null is not an element of a list or a map")),
            Found::Unset => Err(D::Error::custom(NOTHING_SET)),
        }
    }
}

/// What is said of an enum with data that is needed and not there.
pub(crate) const NOTHING_SET: &str = "none of its members is set";

/// Reads what may be `null`, for which the answer is `None`.
#[inline]
pub(crate) fn nullable<'de, D: Deserializer<'de>, S: DeserializeSeed<'de>>(
    input: D,
    seed: S,
) -> Result<Option<S::Value>, D::Error> {
    input.deserialize_option(NullableVisitor(seed))
}

struct NullableVisitor<S>(S);

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for NullableVisitor<S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(input).map(Some)
    }
}

/// A field as a `serde` value in a dialect.
pub(crate) struct PrintedField<'a, F, T> {
    pub(crate) field: &'a T,
    pub(crate) dialect: Dialect,
    pub(crate) format: PhantomData<F>,
}

impl<F, T: Field<F>> Serialize for PrintedField<'_, F, T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.field.to_json(out, self.dialect)
    }
}

/// A value as a `serde` value in a dialect.
pub(crate) struct Printed<'a, F, T> {
    pub(crate) value: &'a T,
    pub(crate) dialect: Dialect,
    pub(crate) format: PhantomData<F>,
}

impl<F, T: Value<F>> Serialize for Printed<'_, F, T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.value.to_json(out, self.dialect)
    }
}
