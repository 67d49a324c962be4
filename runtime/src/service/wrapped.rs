//! The request of a method with one plain value: a message with one field, made for every such method from its names alone.
//!
//! The field decides everything else. Nothing here knows of methods or services.

use std::marker::PhantomData;

use serde::de::MapAccess;
use serde::ser::SerializeMap;
use serde::{Deserializer, Serializer};

use crate::message::private::{
    self as generated, Slots, field_desc, message_desc, no_field_to_print, no_such_field, required,
};
use crate::message::{Dialect, Fault, Field, JsonCx, Message, Raw, TypeRef, Types, WireCx};

/// The names of a method's request where that is one plain value. The macro writes one such type per method.
pub trait RequestNames: 'static {
    /// The message: `GetUserRequest`.
    const MESSAGE: &'static str;
    /// The field: `user_id`.
    const FIELD: &'static str;
    /// The field in canonical JSON: `userId`.
    const JSON: &'static str;
    /// Where the method stands, for messages about the type.
    const RUST: &'static str;
}

/// A message with the one field `T`, which has number 1 and the names of `N`.
pub struct Wrapped<N, T> {
    /// The value of the field.
    pub value: T,
    names: PhantomData<fn() -> N>,
}

/// The number of the only field.
const NUMBER: u32 = 1;

impl<N, T> Wrapped<N, T> {
    /// The message around the value.
    pub fn new(value: T) -> Self {
        Self { value, names: PhantomData }
    }
}

/// What the message is read into.
struct Slot<N, T>(Option<T>, PhantomData<fn() -> N>);

impl<N: RequestNames, T: Field> Slots for Slot<N, T> {
    type Message = Wrapped<N, T>;

    fn name(index: usize) -> Option<&'static str> {
        (index == 0).then_some(N::FIELD)
    }

    fn key(name: &str) -> Option<usize> {
        is_field::<N>(name).then_some(0)
    }

    fn empty() -> Self {
        Self(T::initial(), PhantomData)
    }

    fn merge(&mut self, number: u32, raw: Raw<'_>, cx: &mut WireCx<'_>) -> Result<bool, Fault> {
        if number != NUMBER {
            return Ok(false);
        }
        T::merge_slot(&mut self.0, N::FIELD, raw, cx)
    }

    fn take<'de, A: MapAccess<'de>>(
        &mut self,
        _: usize,
        map: &mut A,
        cx: &mut JsonCx,
    ) -> Result<(), A::Error> {
        T::take(&mut self.0, (N::FIELD, false), map, cx)
    }

    fn finish(self) -> Result<Wrapped<N, T>, Fault> {
        required(self.0, N::FIELD).map(Wrapped::new)
    }
}

fn is_field<N: RequestNames>(name: &str) -> bool {
    name == N::FIELD || name == N::JSON
}

// Nobody writes this type: where a message is wanted, it is no advice.
#[diagnostic::do_not_recommend]
impl<N: RequestNames, T: Field> Message for Wrapped<N, T> {
    const FIELDS: &'static [&'static str] = &[N::FIELD];
    const TRACED: bool = T::TRACED;

    fn trace_fields(&self, to: &mut crate::__private::Attributes) {
        self.value.trace_within(to);
    }

    fn initial() -> Option<Self> {
        T::initial().map(Self::new)
    }

    fn size(&self) -> usize {
        self.value.size(NUMBER)
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.value.write(NUMBER, out);
    }

    fn read(body: &[u8], cx: &mut WireCx<'_>) -> Result<Self, Fault> {
        generated::read::<Slot<N, T>>(body, cx)
    }

    fn merge_field(
        &mut self,
        number: u32,
        raw: Raw<'_>,
        cx: &mut WireCx<'_>,
    ) -> Result<bool, Fault> {
        if number != NUMBER {
            return Ok(false);
        }
        self.value.merge_named(N::FIELD, raw, cx)
    }

    fn to_json<S: Serializer>(&self, out: S, dialect: Dialect) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        self.value.print(&mut map, (N::FIELD, N::JSON), dialect)?;
        map.end()
    }

    fn from_json<'de, D: Deserializer<'de>>(input: D, cx: &mut JsonCx) -> Result<Self, D::Error> {
        generated::from_json::<Slot<N, T>, D>(input, cx)
    }

    fn field_number(field: &str) -> Option<u32> {
        (field == N::FIELD).then_some(NUMBER)
    }

    fn write_field(&self, number: u32, out: &mut Vec<u8>) {
        if number == NUMBER {
            self.value.write(NUMBER, out);
        }
    }

    fn field_to_json<S: Serializer>(
        &self,
        field: &str,
        out: S,
        dialect: Dialect,
    ) -> Result<S::Ok, S::Error> {
        if field != N::FIELD {
            return Err(no_field_to_print(field));
        }
        self.value.to_json(out, dialect)
    }

    fn field_from_json<'de, D: Deserializer<'de>>(
        &mut self,
        field: &str,
        input: D,
        cx: &mut JsonCx,
    ) -> Result<(), D::Error> {
        if field != N::FIELD {
            return Err(no_such_field(field));
        }
        self.value.set_from_json((N::FIELD, false), input, cx)
    }

    fn bind(&mut self, path: &[&str], text: &str) -> Result<bool, Fault> {
        match path.split_first() {
            Some((first, rest)) if is_field::<N>(first) => {
                self.value.bind_named((N::FIELD, false), rest, text)
            }
            _ => Ok(false),
        }
    }

    fn describe(types: &mut Types) -> TypeRef {
        let head = || message_desc(N::MESSAGE.to_owned(), None, N::RUST, "", false);
        types.message::<Self>(head, |types, desc| {
            let field = field_desc(N::FIELD, N::JSON, NUMBER, "", false, false, None);
            let field = T::describe(types, field);
            desc.fields.push(field);
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use super::*;
    use crate::message::{decode_slice, encode, from_json, to_json};

    struct Names;

    impl RequestNames for Names {
        const MESSAGE: &'static str = "FindRequest";
        const FIELD: &'static str = "of_user";
        const JSON: &'static str = "ofUser";
        const RUST: &'static str = "tests::FindRequest";
    }

    /// The same request as a user would write it.
    #[crate::message(name = "FindRequest")]
    struct Written<T> {
        of_user: T,
    }

    fn initial<M: Message>() -> M {
        M::initial().expect("a struct has one")
    }

    fn bind<M: Message>(message: &mut M, path: &[&str], text: &str) -> Result<bool, String> {
        message.bind(path, text).map_err(|fault| fault.to_string())
    }

    fn json<M: Message>(message: &M, dialect: Dialect) -> String {
        String::from_utf8(to_json(message, dialect).expect("it has a JSON form")).expect("text")
    }

    /// Everything that a message does, compared with a message of that one field.
    fn is_as_written<T: Field + crate::message::Value + Clone + PartialEq + Debug>(
        value: T,
        text: (&[&str], &str),
    ) {
        let wrapped = Wrapped::<Names, T>::new(value.clone());
        let written = Written { of_user: value.clone() };
        assert_eq!(Wrapped::<Names, T>::FIELDS, Written::<T>::FIELDS);

        let bytes = encode(&written);
        assert_eq!(encode(&wrapped), bytes);
        let read: Wrapped<Names, T> = decode_slice(&bytes).expect("its own bytes");
        assert_eq!(read.value, value);

        for dialect in [Dialect::Proto, Dialect::Original] {
            let text = json(&written, dialect);
            assert_eq!(json(&wrapped, dialect), text);
            let read: Wrapped<Names, T> = from_json(text.as_bytes()).expect("its own text");
            assert_eq!(read.value, value);
        }

        let mut bound = (initial::<Wrapped<Names, T>>(), initial::<Written<T>>());
        assert_eq!(bound.0.value, bound.1.of_user);
        for name in ["of_user", "ofUser", "ofuser", "of_user.x"] {
            let path: Vec<&str> = [&[name], text.0].concat();
            let found = bind(&mut bound.1, &path, text.1);
            assert_eq!(bind(&mut bound.0, &path, text.1), found, "{name}");
        }
        assert_eq!(bound.0.value, bound.1.of_user);
        assert_eq!(bind(&mut bound.0, &[], text.1), Ok(false));

        for name in ["of_user", "ofUser", "other"] {
            let number = Written::<T>::field_number(name);
            assert_eq!(Wrapped::<Names, T>::field_number(name), number);
        }
        let (mut one, mut other) = (Vec::new(), Vec::new());
        for number in [1, 2] {
            wrapped.write_field(number, &mut one);
            written.write_field(number, &mut other);
        }
        assert_eq!(one, other);
    }

    #[test]
    fn a_plain_value_is_a_message_with_one_field() {
        is_as_written("ann".to_owned(), (&[], "bob"));
        is_as_written(7_i64, (&[], "9"));
        is_as_written(7_i64, (&[], "no number"));
        is_as_written(String::new(), (&[], "not empty"));
    }

    #[test]
    fn the_description_has_the_names() {
        let mut types = Types::default();
        <Wrapped<Names, BTreeMap<String, i64>> as Message>::describe(&mut types);
        let [message] = types.messages() else { panic!("one message") };
        assert_eq!((message.name.as_str(), message.rust), ("FindRequest", "tests::FindRequest"));
        let [field] = &message.fields[..] else { panic!("one field") };
        assert_eq!(
            (field.name.as_str(), field.json.as_str(), field.number),
            ("of_user", "ofUser", 1)
        );
        assert!(matches!(field.label, crate::message::Label::Map(_)));
    }
}
