//! What is put on a span, in tracing's notation: `user.id = %id`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{LitStr, Token};

use super::{Entry, Sink, Spanned, Value};

/// `user.id = %id`, `"user.id" = %id`, or `%id` for short.
#[derive(Clone)]
pub(crate) struct FieldDecl {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) sigil: Sigil,
    pub(crate) value: TokenStream,
}

/// How a value is written, in tracing's notation.
#[derive(Clone, Copy)]
pub(crate) enum Sigil {
    /// As a value that tracing knows.
    Plain,
    /// `%`: by `Display`.
    Display,
    /// `?`: by `Debug`.
    Debug,
}

/// The list in the parentheses of an option.
pub(crate) fn list(entry: &Entry, sink: &Sink<'_>) -> Option<Spanned<Vec<FieldDecl>>> {
    let Value::List(group) = &entry.value else {
        let key = entry.key.as_ref().map(ToString::to_string).unwrap_or_default();
        sink.at(entry.span, format!("`{key}` takes a list: `{key}(user.id = %id)`"));
        return None;
    };
    // Read with its parentheses, so that a name that is missing is missed before the closing one.
    let parse = |input: ParseStream<'_>| {
        let content;
        syn::parenthesized!(content in input);
        Punctuated::<FieldDecl, Token![,]>::parse_terminated(&content)
    };
    let group = TokenTree::Group(group.clone()).into();
    let list = sink.take(syn::parse::Parser::parse2(parse, group))?;
    Some(Spanned::new(list.into_iter().collect(), entry.span))
}

impl Parse for FieldDecl {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if let Some(sigil) = sigil(input)? {
            let (name, span, value) = dotted(input)?;
            return Ok(Self { name, span, sigil, value });
        }
        let (name, span, value) = dotted(input)?;
        if !input.peek(Token![=]) {
            return Ok(Self { name, span, sigil: Sigil::Plain, value });
        }
        let equals = input.parse::<Token![=]>()?;
        let sigil = sigil(input)?.unwrap_or(Sigil::Plain);
        if input.is_empty() || input.peek(Token![,]) {
            let wrong = format!("expected a value: `{name} = %id`");
            return Err(syn::Error::new(equals.span, wrong));
        }
        let value = input.parse::<syn::Expr>()?.into_token_stream();
        Ok(Self { name, span, sigil, value })
    }
}

fn sigil(input: ParseStream<'_>) -> syn::Result<Option<Sigil>> {
    Ok(if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
        Some(Sigil::Display)
    } else if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
        Some(Sigil::Debug)
    } else {
        None
    })
}

/// `user.id`: the field's name, and as tokens the value it is short for.
fn dotted(input: ParseStream<'_>) -> syn::Result<(String, Span, TokenStream)> {
    use syn::ext::IdentExt as _;
    if input.peek(LitStr) && input.peek2(Token![=]) {
        let name = input.parse::<LitStr>()?;
        return Ok((name.value(), name.span(), TokenStream::new()));
    }
    let first = input.call(Ident::parse_any)?;
    let (mut name, span) = (first.unraw().to_string(), first.span());
    let mut value = first.into_token_stream();
    while input.peek(Token![.]) {
        input.parse::<Token![.]>()?.to_tokens(&mut value);
        let next = input.call(Ident::parse_any)?;
        name = format!("{name}.{}", next.unraw());
        next.to_tokens(&mut value);
    }
    Ok((name, span, value))
}
