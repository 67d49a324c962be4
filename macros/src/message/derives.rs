//! Which of the added traits the user derives already, below the attribute or in a `cfg_attr`.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, Meta, Path, Token};

use super::model::{Add, Derives};

/// A derived trait, and the condition under which it is.
pub(super) struct Derived {
    pub(super) path: Path,
    condition: Option<TokenStream>,
}

/// Every trait that the attributes derive.
pub(super) fn derived(attrs: &[Attribute]) -> Vec<Derived> {
    let mut all = Vec::new();
    for attr in attrs {
        collect(&attr.meta, None, &mut all);
    }
    all
}

fn collect(meta: &Meta, condition: Option<&TokenStream>, all: &mut Vec<Derived>) {
    let Meta::List(list) = meta else { return };
    if list.path.is_ident("derive") {
        let paths = list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
        let derived = |path| Derived { path, condition: condition.cloned() };
        all.extend(paths.into_iter().flatten().map(derived));
    } else if list.path.is_ident("cfg_attr") {
        let Ok(parts) = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
        else {
            return;
        };
        let mut parts = parts.iter();
        let Some(predicate) = parts.next().map(|predicate| predicate.to_token_stream()) else {
            return;
        };
        let condition = match condition {
            Some(outer) => quote::quote!(all(#outer, #predicate)),
            None => predicate,
        };
        for part in parts {
            collect(part, Some(&condition), all);
        }
    }
}

/// What is added, given what is derived and what is to be left out.
pub(super) fn added(derived: &[Derived], skip: &[Ident]) -> Derives {
    let add = |name: &str| {
        if skip.iter().any(|skipped| skipped == name) {
            return Add::Never;
        }
        let mut conditions = Vec::new();
        for derived in derived.iter().filter(|derived| derived.is(name)) {
            match &derived.condition {
                Some(condition) => conditions.push(condition.clone()),
                None => return Add::Never,
            }
        }
        Add::Unless(conditions)
    };
    Derives {
        debug: add("Debug"),
        clone: add("Clone"),
        partial_eq: add("PartialEq"),
        default: add("Default"),
    }
}

impl Derived {
    /// Whether it is this trait. A derive under another name cannot be known to a macro.
    pub(super) fn is(&self, name: &str) -> bool {
        self.path.segments.last().is_some_and(|last| last.ident == name)
    }
}
