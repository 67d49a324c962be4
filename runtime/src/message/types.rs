//! The runtime description of messages: plain data, from which reflection, `.proto` and OpenAPI are made.

use std::any::TypeId;
use std::collections::HashMap;

use super::Message;
use super::registry::Codec;

/// Every type that the served methods reach, each once.
#[derive(Debug, Default)]
pub struct Types {
    messages: Vec<MessageDesc>,
    enums: Vec<EnumDesc>,
    known: HashMap<TypeId, TypeRef>,
    /// Whether the field that is being described holds a secret by its type.
    secret: bool,
    /// How a message is shown in an `Any`, by its index.
    codecs: HashMap<usize, (TypeId, Codec)>,
}

/// A type in [`Types`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypeRef {
    /// An index into [`Types::messages`].
    Message(usize),
    /// An index into [`Types::enums`].
    Enum(usize),
    /// A type that is defined elsewhere, by its full name: `google.protobuf.Timestamp`.
    Named(&'static str),
}

/// A message type.
#[derive(Debug, Clone)]
pub struct MessageDesc {
    /// `Book`, or `BookPage` for `Page<Book>`.
    pub name: String,
    /// The package it says it belongs to; else that of the services that reach it.
    pub package: Option<&'static str>,
    /// The Rust path, for messages about the type.
    pub rust: &'static str,
    /// The doc comment.
    pub doc: &'static str,
    /// The fields in the order of their declaration.
    pub fields: Vec<FieldDesc>,
    /// The names of its oneofs.
    pub oneofs: Vec<String>,
    /// Messages that are written inside this one: the struct variants of an enum with data. Those that say so by their
    /// name join them when everything is known.
    pub nested: Vec<TypeRef>,
    /// Whether it is deprecated.
    pub deprecated: bool,
}

/// A field of a message.
#[derive(Debug, Clone)]
pub struct FieldDesc {
    /// The name in the schema.
    pub name: String,
    /// The name in JSON.
    pub json: String,
    /// The number on the wire.
    pub number: u32,
    /// How many values it has.
    pub label: Label,
    /// What a value is.
    pub kind: Kind,
    /// An index into [`MessageDesc::oneofs`].
    pub oneof: Option<usize>,
    /// The doc comment.
    pub doc: &'static str,
    /// Whether it is deprecated.
    pub deprecated: bool,
    /// Whether its value stays out of logs, spans and `Debug`.
    pub secret: bool,
    /// The span attribute that takes its value.
    pub traced: Option<&'static str>,
}

/// How many values a field has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    /// One, its default where none is set.
    Singular,
    /// One or none.
    Optional,
    /// Any number, in order.
    Repeated,
    /// By key; the kind is the value's.
    Map(Kind),
}

/// What one value of a field is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are protobuf's own")]
pub enum Kind {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    /// A message or an enum.
    Type(TypeRef),
}

/// An enum type.
#[derive(Debug, Clone)]
pub struct EnumDesc {
    /// `Color`.
    pub name: String,
    /// The package it says it belongs to.
    pub package: Option<&'static str>,
    /// The Rust path, for messages about the type.
    pub rust: &'static str,
    /// The doc comment.
    pub doc: &'static str,
    /// The values; the first has number 0.
    pub values: Vec<EnumValueDesc>,
    /// Whether it is deprecated.
    pub deprecated: bool,
}

/// A value of an enum type.
#[derive(Debug, Clone)]
pub struct EnumValueDesc {
    /// `COLOR_DEEP_BLUE`.
    pub name: String,
    /// The number on the wire.
    pub number: i32,
    /// The doc comment.
    pub doc: &'static str,
    /// Whether it is deprecated.
    pub deprecated: bool,
}

impl Types {
    /// The messages, in the order in which they were reached.
    pub fn messages(&self) -> &[MessageDesc] {
        &self.messages
    }

    /// The enums, in the order in which they were reached.
    pub fn enums(&self) -> &[EnumDesc] {
        &self.enums
    }

    /// Enters the message `T`, once. `fill` adds the fields and may reach `T` itself again.
    pub fn message<T: 'static>(
        &mut self,
        head: impl FnOnce() -> MessageDesc,
        fill: impl FnOnce(&mut Self, &mut MessageDesc),
    ) -> TypeRef {
        self.generic_message::<T>(|_| head(), fill)
    }

    /// As [`message`](Self::message) where the head needs the names of the type's arguments.
    pub fn generic_message<T: 'static>(
        &mut self,
        head: impl FnOnce(&mut Self) -> MessageDesc,
        fill: impl FnOnce(&mut Self, &mut MessageDesc),
    ) -> TypeRef {
        if let Some(known) = self.known.get(&TypeId::of::<T>()) {
            return known.clone();
        }
        let mut desc = head(self);
        // A generic type's head has described its arguments, and may have come across the type itself.
        if let Some(known) = self.known.get(&TypeId::of::<T>()) {
            return known.clone();
        }
        let index = self.messages.len();
        self.messages.push(desc.clone());
        self.known.insert(TypeId::of::<T>(), TypeRef::Message(index));
        fill(self, &mut desc);
        self.messages[index] = desc;
        TypeRef::Message(index)
    }

    /// Enters the enum `T`, once.
    pub fn enumeration<T: 'static>(&mut self, desc: impl FnOnce() -> EnumDesc) -> TypeRef {
        if let Some(known) = self.known.get(&TypeId::of::<T>()) {
            return known.clone();
        }
        let index = self.enums.len();
        self.enums.push(desc());
        self.known.insert(TypeId::of::<T>(), TypeRef::Enum(index));
        TypeRef::Enum(index)
    }

    /// Says that the field that is being described holds a secret: a newtype around one does.
    pub fn secret(&mut self) {
        self.secret = true;
    }

    /// What was said, with `next` in its place.
    pub(crate) fn hold_secret(&mut self, next: bool) -> bool {
        std::mem::replace(&mut self.secret, next)
    }

    /// Enters a message type and every type it reaches, as it describes itself.
    pub(crate) fn enter<M: Message>(&mut self) -> TypeRef {
        let entered = M::describe(self);
        if let TypeRef::Message(index) = entered {
            self.codecs.entry(index).or_insert_with(|| (TypeId::of::<M>(), Codec::of::<M>()));
        }
        entered
    }

    /// How messages are shown in an `Any`, by their indices.
    pub(crate) fn codecs(&self) -> impl Iterator<Item = (usize, TypeId, Codec)> {
        self.codecs.iter().map(|(index, (id, codec))| (*index, *id, *codec))
    }

    /// Puts the types whose name is `Outer.Inner` inside the message `Outer`.
    ///
    /// # Errors
    /// The Rust paths and the names of those whose outer message is not known.
    pub(crate) fn settle(&mut self) -> Result<(), Vec<String>> {
        let mut lost = Vec::new();
        // Looked up by the names that they were declared with, whatever is renamed on the way.
        let outers: HashMap<_, _> = self
            .messages
            .iter()
            .enumerate()
            .map(|(index, message)| ((message.package, message.name.clone()), index))
            .collect();
        let mut place = |of: TypeRef, package, name: &mut String, rust| {
            let (outer, inner) = name.rsplit_once('.')?;
            let Some(&outer) = outers.get(&(package, outer.to_owned())) else {
                lost.push(format!(
                    "the type `{rust}` is called `{name}`, and no method reaches `{outer}`"
                ));
                return None;
            };
            *name = inner.to_owned();
            Some((outer, of))
        };
        let messages = self.messages.iter_mut().enumerate().filter_map(|(index, message)| {
            place(TypeRef::Message(index), message.package, &mut message.name, message.rust)
        });
        let mut placed: Vec<_> = messages.collect();
        placed.extend(self.enums.iter_mut().enumerate().filter_map(|(index, desc)| {
            place(TypeRef::Enum(index), desc.package, &mut desc.name, desc.rust)
        }));
        for (outer, of) in placed {
            self.messages[outer].nested.push(of);
        }
        if lost.is_empty() { Ok(()) } else { Err(lost) }
    }

    /// The name of a type inside its package, for the names of generic types.
    pub fn name<'a>(&'a self, of: &'a TypeRef) -> &'a str {
        match of {
            TypeRef::Message(index) => last(&self.messages[*index].name),
            TypeRef::Enum(index) => last(&self.enums[*index].name),
            TypeRef::Named(full) => last(full),
        }
    }

    /// The name of any kind, for the names of generic types: `String`, `Int64`, `Book`.
    pub fn kind_name<'a>(&'a self, kind: &'a Kind) -> &'a str {
        match kind {
            Kind::Double => "Double",
            Kind::Float => "Float",
            Kind::Int32 => "Int32",
            Kind::Int64 => "Int64",
            Kind::Uint32 => "Uint32",
            Kind::Uint64 => "Uint64",
            Kind::Sint32 => "Sint32",
            Kind::Sint64 => "Sint64",
            Kind::Fixed32 => "Fixed32",
            Kind::Fixed64 => "Fixed64",
            Kind::Sfixed32 => "Sfixed32",
            Kind::Sfixed64 => "Sfixed64",
            Kind::Bool => "Bool",
            Kind::String => "String",
            Kind::Bytes => "Bytes",
            Kind::Type(of) => self.name(of),
        }
    }
}

/// The name without the packages and the messages around it.
fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
