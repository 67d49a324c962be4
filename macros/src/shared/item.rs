//! Items of the user's code, read as far as their signatures. Bodies stay tokens: half-written code is no mistake of ours.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt as _};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Generics, Signature, Token, Type, Visibility, braced};

use super::Cx;

/// A function or method.
#[derive(Clone)]
pub(crate) struct FnItem {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// The braces with all in them, or the semicolon.
    pub(crate) body: TokenStream,
}

impl Parse for FnItem {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        Self::rest(attrs, vis, input)
    }
}

impl FnItem {
    fn rest(attrs: Vec<Attribute>, vis: Visibility, input: ParseStream<'_>) -> syn::Result<Self> {
        let sig = input.parse()?;
        let body = if input.peek(Token![;]) {
            input.parse::<Token![;]>()?.into_token_stream()
        } else {
            match input.parse()? {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    TokenTree::Group(group).into()
                }
                other => return Err(syn::Error::new_spanned(other, "expected a body in braces")),
            }
        };
        Ok(Self { attrs, vis, sig, body })
    }

    /// Whether there is a body and not only a semicolon.
    pub(crate) fn has_body(&self) -> bool {
        matches!(self.body.clone().into_iter().next(), Some(TokenTree::Group(_)))
    }
}

impl ToTokens for FnItem {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.attrs);
        self.vis.to_tokens(tokens);
        self.sig.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}

/// A member of an impl or a trait.
pub(crate) enum Member {
    Fn(Box<FnItem>),
    /// A constant, a type, a macro call: passed through.
    Other(TokenStream),
}

impl ToTokens for Member {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Fn(item) => item.to_tokens(tokens),
            Self::Other(other) => other.to_tokens(tokens),
        }
    }
}

fn is_fn(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ahead.call(Attribute::parse_outer).is_ok()
        && ahead.parse::<Visibility>().is_ok()
        && ahead.parse::<Signature>().is_ok()
}

fn members<O: Parse + ToTokens>(input: ParseStream<'_>) -> syn::Result<Vec<Member>> {
    let mut members = Vec::new();
    while !input.is_empty() {
        members.push(if is_fn(input) {
            Member::Fn(input.parse()?)
        } else {
            Member::Other(input.parse::<O>()?.into_token_stream())
        });
    }
    Ok(members)
}

/// An impl block.
pub(crate) struct ImplBlock {
    pub(crate) attrs: Vec<Attribute>,
    /// `default`, `unsafe`.
    qualifiers: TokenStream,
    pub(crate) impl_token: Token![impl],
    pub(crate) generics: Generics,
    /// The trait of a trait impl.
    pub(crate) trait_: Option<(Option<Token![!]>, syn::Path, Token![for])>,
    pub(crate) self_ty: Box<Type>,
    inner: Vec<Attribute>,
    pub(crate) members: Vec<Member>,
}

impl Parse for ImplBlock {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let head = HeadOfImpl::parse(input)?;
        let content;
        braced!(content in input);
        let inner = content.call(Attribute::parse_inner)?;
        let members = members::<syn::ImplItem>(&content)?;
        let HeadOfImpl { qualifiers, impl_token, generics, trait_, self_ty } = head;
        Ok(Self { attrs, qualifiers, impl_token, generics, trait_, self_ty, inner, members })
    }
}

struct HeadOfImpl {
    qualifiers: TokenStream,
    impl_token: Token![impl],
    generics: Generics,
    trait_: Option<(Option<Token![!]>, syn::Path, Token![for])>,
    self_ty: Box<Type>,
}

impl HeadOfImpl {
    /// Everything before the braces, which syn reads best as an impl without members.
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut head = TokenStream::new();
        while !input.peek(syn::token::Brace) {
            head.append(input.parse::<TokenTree>()?);
        }
        head.append(proc_macro2::Group::new(Delimiter::Brace, TokenStream::new()));
        let whole: syn::ItemImpl = syn::parse2(head)?;
        let mut qualifiers = whole.defaultness.to_token_stream();
        whole.unsafety.to_tokens(&mut qualifiers);
        Ok(Self {
            qualifiers,
            impl_token: whole.impl_token,
            generics: whole.generics,
            trait_: whole.trait_,
            self_ty: whole.self_ty,
        })
    }
}

impl ToTokens for ImplBlock {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attrs, qualifiers, impl_token, generics, self_ty, inner, members, .. } = self;
        let trait_ =
            self.trait_.as_ref().map(|(bang, path, for_)| quote::quote!(#bang #path #for_));
        let clause = &generics.where_clause;
        tokens.append_all(quote::quote! {
            #(#attrs)* #qualifiers #impl_token #generics #trait_ #self_ty #clause { #(#inner)* #(#members)* }
        });
    }
}

/// A trait.
pub(crate) struct TraitBlock {
    /// The trait without its members.
    pub(crate) head: syn::ItemTrait,
    pub(crate) members: Vec<Member>,
}

impl Parse for TraitBlock {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut tokens = TokenStream::new();
        while !input.peek(syn::token::Brace) {
            tokens.append(input.parse::<TokenTree>()?);
        }
        let content;
        braced!(content in input);
        tokens.append(proc_macro2::Group::new(Delimiter::Brace, TokenStream::new()));
        let mut head: syn::ItemTrait = syn::parse2(tokens)?;
        head.attrs.extend(content.call(Attribute::parse_inner)?);
        Ok(Self { head, members: members::<syn::TraitItem>(&content)? })
    }
}

impl ToTokens for TraitBlock {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let syn::ItemTrait {
            attrs,
            vis,
            unsafety,
            auto_token,
            trait_token,
            ident,
            generics,
            colon_token,
            supertraits,
            ..
        } = &self.head;
        let (outer, inner): (Vec<_>, Vec<_>) =
            attrs.iter().partition(|attr| matches!(attr.style, syn::AttrStyle::Outer));
        let clause = &generics.where_clause;
        let members = &self.members;
        tokens.append_all(quote::quote! {
            #(#outer)* #vis #unsafety #auto_token #trait_token #ident #generics #colon_token #supertraits
            #clause { #(#inner)* #(#members)* }
        });
    }
}

/// The options of a helper attribute are taken out of `attrs`; the rest stays.
pub(crate) fn take_helpers(cx: &Cx, attrs: &mut Vec<Attribute>, name: &str) -> Vec<Attribute> {
    let (ours, rest) =
        std::mem::take(attrs).into_iter().partition(|attr| cx.is_helper(attr.path(), name));
    *attrs = rest;
    ours
}

/// The item without our helper attributes, for input that could not be parsed: they would only report themselves.
pub(crate) fn strip(tokens: TokenStream, cx: &Cx, helpers: &[&str]) -> TokenStream {
    let mut out = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => match tokens.peek() {
                Some(TokenTree::Group(group)) if is_any_helper(group.stream(), cx, helpers) => {
                    tokens.next();
                }
                _ => out.append(punct),
            },
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let mut inner =
                    proc_macro2::Group::new(Delimiter::Brace, strip(group.stream(), cx, helpers));
                inner.set_span(group.span());
                out.append(inner);
            }
            other => out.append(other),
        }
    }
    out
}

fn is_any_helper(attribute: TokenStream, cx: &Cx, helpers: &[&str]) -> bool {
    let path: TokenStream =
        attribute.into_iter().take_while(|token| !matches!(token, TokenTree::Group(_))).collect();
    syn::parse2::<syn::Path>(path)
        .is_ok_and(|path| helpers.iter().any(|name| cx.is_helper(&path, name)))
}

/// The attributes that decide whether something exists at all, copied to everything generated for it.
pub(crate) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect()
}
