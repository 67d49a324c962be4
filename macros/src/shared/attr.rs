//! The options of an attribute: `key`, `key = value`, `key(...)`, separated by commas.
//!
//! Each option is read on its own, so that a wrong one hides none of the others.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;

use super::Sink;
use super::keys::{self, Site};

/// A value and the place where it was written.
#[derive(Clone)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl<T> Spanned<T> {
    pub(crate) fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// One option.
pub(crate) struct Entry {
    /// The name; `None` for a value that stands alone, such as the number in `#[field(5)]`.
    pub(crate) key: Option<Ident>,
    pub(crate) value: Value,
    /// The whole option.
    pub(crate) span: Span,
}

/// What stands after the name.
pub(crate) enum Value {
    /// Nothing.
    Flag,
    /// `= value`, or a value that stands alone.
    Is(TokenStream),
    /// `(...)`.
    List(Group),
}

/// The options in `tokens`.
pub(crate) fn entries(tokens: TokenStream, sink: &Sink<'_>) -> Vec<Entry> {
    let mut all = Vec::new();
    let mut part = Vec::new();
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                if part.is_empty() {
                    sink.on(&token, "expected an option before this comma");
                }
                all.extend(entry(std::mem::take(&mut part), sink));
            }
            _ => part.push(token),
        }
    }
    all.extend(entry(part, sink));
    all
}

/// The options of a helper attribute: `#[rpc]` has none, `#[rpc(...)]` those in the parentheses.
pub(crate) fn attribute_entries(attr: &syn::Attribute, sink: &Sink<'_>) -> Vec<Entry> {
    match &attr.meta {
        syn::Meta::Path(_) => Vec::new(),
        syn::Meta::List(list) => entries(list.tokens.clone(), sink),
        syn::Meta::NameValue(pair) => {
            let name = pair.path.to_token_stream();
            sink.on(&pair.value, format!("options stand in parentheses: `#[{name}(...)]`"));
            Vec::new()
        }
    }
}

fn entry(part: Vec<TokenTree>, sink: &Sink<'_>) -> Option<Entry> {
    let first = part.first()?.clone();
    let span = join(&part);
    let TokenTree::Ident(key) = first else {
        return Some(Entry { key: None, value: Value::Is(part.into_iter().collect()), span });
    };
    let value = match &part[1..] {
        [] => Value::Flag,
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => {
            Value::List(group.clone())
        }
        [TokenTree::Punct(equals), value @ ..] if equals.as_char() == '=' => {
            if value.is_empty() {
                sink.on(equals, format!("expected a value: `{key} = ...`"));
                return None;
            }
            Value::Is(value.iter().cloned().collect())
        }
        [other, ..] => {
            sink.on(other, format!("expected `{key} = ...`, `{key}(...)` or `{key}` alone"));
            return None;
        }
    };
    Some(Entry { key: Some(key), value, span })
}

/// The place from the first token to the last.
fn join(part: &[TokenTree]) -> Span {
    let tokens: TokenStream = part.iter().cloned().collect();
    syn::spanned::Spanned::span(&tokens)
}

impl Entry {
    /// The key, where this place takes it; otherwise the mistake is pushed: an unknown key, or one that belongs elsewhere.
    pub(crate) fn key_at(&self, site: Site, sink: &Sink<'_>) -> Option<&Ident> {
        match &self.key {
            Some(key) => keys::check(site, key, sink).then_some(key),
            None => {
                sink.at(
                    self.span,
                    format!("expected an option of {site}: {}", keys::allowed(site)),
                );
                None
            }
        }
    }

    fn name(&self) -> String {
        self.key.as_ref().map_or_else(|| "the option".to_owned(), |key| format!("`{key}`"))
    }

    /// The text of `key = "text"`.
    pub(crate) fn string(&self, sink: &Sink<'_>) -> Option<Spanned<String>> {
        let wrong = || format!("{} takes a string literal: `= \"...\"`", self.name());
        match &self.value {
            Value::Is(tokens) => match syn::parse2::<syn::LitStr>(tokens.clone()) {
                Ok(text) => Some(Spanned::new(text.value(), text.span())),
                Err(_) => {
                    sink.on(tokens, wrong());
                    None
                }
            },
            _ => {
                sink.at(self.span, wrong());
                None
            }
        }
    }

    /// The number of `key = 5`, or of `5` alone.
    pub(crate) fn integer<N>(&self, sink: &Sink<'_>) -> Option<Spanned<N>>
    where
        N: std::str::FromStr,
        N::Err: std::fmt::Display,
    {
        let Value::Is(tokens) = &self.value else {
            sink.at(self.span, format!("{} takes a number: `= 5`", self.name()));
            return None;
        };
        let Ok(literal) = syn::parse2::<syn::LitInt>(tokens.clone()) else {
            sink.on(tokens, format!("{} takes a whole number", self.name()));
            return None;
        };
        let number = sink.take(literal.base10_parse())?;
        Some(Spanned::new(number, literal.span()))
    }

    /// `key` alone.
    pub(crate) fn flag(&self, sink: &Sink<'_>) -> Option<Spanned<()>> {
        match &self.value {
            Value::Flag => Some(Spanned::new((), self.span)),
            _ => {
                sink.at(self.span, format!("{} stands alone, without a value", self.name()));
                None
            }
        }
    }

    /// The unparsed value of `key = value`.
    pub(crate) fn tokens(&self, sink: &Sink<'_>) -> Option<TokenStream> {
        match &self.value {
            Value::Is(tokens) => Some(tokens.clone()),
            _ => {
                sink.at(self.span, format!("{} takes a value: `= ...`", self.name()));
                None
            }
        }
    }

    /// The options inside `key(...)`.
    pub(crate) fn list(&self, sink: &Sink<'_>) -> Option<Vec<Entry>> {
        match &self.value {
            Value::List(group) => Some(entries(group.stream(), sink)),
            _ => {
                sink.at(self.span, format!("{} takes a list: `(...)`", self.name()));
                None
            }
        }
    }
}

/// An option that may be given once.
pub(crate) struct Slot<T>(Option<Spanned<T>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Slot<T> {
    /// Takes the value; a second one is a mistake at its key. `None` is a value whose mistake is pushed already.
    pub(crate) fn set(&mut self, key: &Ident, value: Option<Spanned<T>>, sink: &Sink<'_>) {
        if self.0.is_some() {
            sink.on(key, format!("`{key}` is given twice"));
        } else {
            self.0 = value;
        }
    }

    pub(crate) fn get(&self) -> Option<&Spanned<T>> {
        self.0.as_ref()
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn into_value(self) -> Option<T> {
        self.0.map(|spanned| spanned.value)
    }

    pub(crate) fn into_inner(self) -> Option<Spanned<T>> {
        self.0
    }
}
