//! Where the runtime package is found, and which spans generated code gets.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use super::{Entry, Sink};

/// What every generator is handed: the runtime's path, `::bident` unless `crate = path` says otherwise.
pub(crate) struct Cx {
    root: TokenStream,
}

impl Default for Cx {
    fn default() -> Self {
        Self { root: quote!(::bident) }
    }
}

impl Cx {
    /// The context for a `crate = path` option.
    pub(crate) fn new(root: Option<syn::Path>) -> Self {
        root.map_or_else(Self::default, |root| Self { root: root.into_token_stream() })
    }

    /// The runtime package: `::bident`.
    pub(crate) fn root(&self) -> &TokenStream {
        &self.root
    }

    /// The contract with generated code: `::bident::__private`.
    pub(crate) fn private(&self) -> TokenStream {
        let root = &self.root;
        quote!(#root::__private)
    }

    /// The contract with generated code, where a mistake is to be reported at `span`: a path that starts an expression says
    /// where the expression starts.
    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        respan(self.private(), at(span))
    }

    /// Whether an attribute is the helper `name` of ours: written bare, or below the runtime's own path.
    pub(crate) fn is_helper(&self, path: &syn::Path, name: &str) -> bool {
        if path.is_ident(name) {
            return true;
        }
        let Some(last) = path.segments.last() else { return false };
        if last.ident != name || path.segments.len() < 2 {
            return false;
        }
        let owner = &path.segments[path.segments.len() - 2].ident;
        let root = self.root.clone().into_iter().last().map(|token| token.to_string());
        owner == "bident" || root.is_some_and(|root| owner == root.as_str())
    }
}

/// The path of a `crate = path` option.
pub(crate) fn crate_path(entry: &Entry, sink: &Sink<'_>) -> Option<syn::Path> {
    use syn::parse::Parser as _;
    sink.take(syn::Path::parse_mod_style.parse2(entry.tokens(sink)?))
}

/// Generated code that reports its mistakes at `span`: names in it are the macro's own, its place is the user's.
pub(crate) fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let respan = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.into_iter().map(respan).collect()
}
