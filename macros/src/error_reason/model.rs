//! Reasons that keep every rule. Built in `check` alone.

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Generics, Type};

pub(crate) struct Model {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    /// Empty where none was given: then errors of any domain are rebuilt.
    pub(crate) domain: String,
    pub(crate) variants: Vec<Variant>,
}

pub(crate) struct Variant {
    /// `Self::UserNotFound`, or `Self` for a struct.
    pub(crate) path: TokenStream,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// The field is a reason itself.
    Transparent(Box<Field>),
    Own {
        code: u16,
        reason: String,
        /// A variant of the runtime's `Code`.
        grpc: Option<Ident>,
        expose: bool,
        fields: Vec<Field>,
    },
}

pub(crate) struct Field {
    /// Its name, or its position in a tuple.
    pub(crate) member: syn::Member,
    pub(crate) ty: Type,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) role: Role,
}

/// What becomes of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Metadata on the wire.
    Sent,
    /// Left out; rebuilt as its default.
    Skipped,
    /// Logged, never sent, and not rebuilt.
    Source,
    /// Neither sent nor rebuilt.
    Backtrace,
}
