//! Functions to be traced that keep every rule. Built in `check` alone.

use syn::Type;

use crate::shared::fields::FieldDecl;
use crate::shared::item::{FnItem, ImplBlock};

pub(crate) enum Model {
    Fn(Box<Function>),
    /// The impl, and by position among its members the functions to be traced.
    Impl(Box<ImplBlock>, Vec<Option<Function>>),
}

pub(crate) struct Function {
    pub(crate) item: FnItem,
    pub(crate) name: Name,
    /// `otel.kind`.
    pub(crate) kind: Option<String>,
    pub(crate) fields: Vec<FieldDecl>,
}

/// What the span is called.
pub(crate) enum Name {
    Fixed(String),
    /// `Type::method`, where `Type` is whatever `Self` is.
    OfSelf(String),
}

/// The last part of a type's path: `Books` for `crate::shop::Books<S>`.
pub(crate) fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Type::Reference(reference) => type_name(&reference.elem),
        Type::Paren(inner) => type_name(&inner.elem),
        Type::Group(inner) => type_name(&inner.elem),
        _ => None,
    }
}
