//! What was declared, with every rule checked and every default resolved. Only `check` makes these.

use proc_macro2::TokenStream;
use syn::{Attribute, Generics, Ident, Type};

/// The whole declaration.
pub(super) struct Model {
    pub(super) head: Head,
    pub(super) body: Body,
}

/// What all four have in common.
pub(super) struct Head {
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    /// The name in the schema, without those of generic arguments.
    pub(super) name: String,
    pub(super) package: Option<String>,
    pub(super) doc: String,
    pub(super) deprecated: bool,
    /// Whether the user's own `Serialize` and `Deserialize` are the JSON form.
    pub(super) own_serde: bool,
    pub(super) derives: Derives,
}

/// The four traits that are added, each unless it is there already.
pub(super) struct Derives {
    pub(super) debug: Add,
    pub(super) clone: Add,
    pub(super) partial_eq: Add,
    pub(super) default: Add,
}

/// Whether a trait is added.
pub(super) enum Add {
    Never,
    /// Unless one of these holds, under which the user derives it; always, where there is none.
    Unless(Vec<TokenStream>),
}

pub(super) enum Body {
    /// A message.
    Struct(Vec<Field>),
    /// A message with one oneof.
    Oneof(Vec<Variant>),
    /// A proto enum.
    Enum(Vec<EnumValue>),
    /// What its one field is.
    Newtype(Box<Field>),
}

/// A field of a message.
pub(super) struct Field {
    pub(super) cfgs: Vec<Attribute>,
    /// The name in Rust; `None` for the one of a tuple struct or variant.
    pub(super) ident: Option<Ident>,
    pub(super) ty: Type,
    /// The place among the fields, counted from 0.
    pub(super) index: usize,
    pub(super) names: Names,
    /// The number on the wire; 0 for `oneof`.
    pub(super) number: u32,
    pub(super) format: Format,
    pub(super) secret: bool,
    pub(super) traced: Option<String>,
    pub(super) oneof: bool,
}

/// How a field or variant is called and described.
pub(super) struct Names {
    pub(super) declared: String,
    pub(super) json: String,
    pub(super) doc: String,
    pub(super) deprecated: bool,
}

/// The `F` of `Field<F>`.
pub(super) enum Format {
    Plain,
    Zigzag,
    Fixed,
    /// The full protobuf name.
    Foreign(String),
}

/// A variant of an enum with data.
pub(super) struct Variant {
    pub(super) cfgs: Vec<Attribute>,
    pub(super) ident: Ident,
    pub(super) index: usize,
    pub(super) names: Names,
    pub(super) number: u32,
    pub(super) pinned: bool,
    pub(super) content: Content,
}

/// What a variant holds.
pub(super) enum Content {
    Empty,
    Value(Box<Field>),
    Struct(Vec<Field>),
}

/// A variant of an enum without data.
pub(super) struct EnumValue {
    pub(super) cfgs: Vec<Attribute>,
    pub(super) ident: Ident,
    pub(super) number: i32,
    /// `COLOR_DEEP_BLUE`.
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) deprecated: bool,
    /// The catch-all for numbers that no other variant has.
    pub(super) other: bool,
}
