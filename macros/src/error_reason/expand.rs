//! The output of `#[error_reason]`: `Reason` for the type, and `From` it for `bident::Error`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Member;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;

use super::model::{Field, Kind, Model, Role, Variant};
use crate::shared::{Cx, at};

/// The whole output.
pub(crate) fn expand(cx: &Cx, item: TokenStream, model: Model) -> TokenStream {
    let (root, private) = (cx.root(), cx.private());
    let Model { ident, generics, domain, variants } = &model;
    let (parameters, arguments, clause) = generics.split_for_impl();
    let into = variants.iter().map(|variant| into_arm(cx, variant));
    let names = variants.iter().map(|variant| name_arm(cx, variant));
    let from = variants.iter().map(|variant| from_arm(cx, variant));
    let inner = variants.iter().map(|variant| from_inner(cx, variant));
    let error = error_ident();
    let text = Ident::new("text", Span::mixed_site());
    let this = Ident::new("self", Span::mixed_site());
    let here = at(ident.span());
    let (text_of, shown) = (cx.private_at(here), Ident::new("self", here));
    let make_text = quote_spanned!(here=> #text_of::Text::text(&#shown));
    quote! {
        #item
        const _: () = {
            const __BIDENT_DOMAIN: &str = #domain;

            #[automatically_derived]
            #[allow(deprecated, unused_variables, reason = "every variant is handled alike")]
            impl #parameters #root::error::Reason for #ident #arguments #clause {
                fn reason(&self) -> &str {
                    match self {
                        #(#names)*
                    }
                }

                fn into_error(#this) -> #root::Error {
                    let #text = #make_text;
                    match #this {
                        #(#into)*
                    }
                }

                fn from_error(
                    #error: #root::Error,
                ) -> ::core::result::Result<Self, #root::Error> {
                    if #private::is_of_domain(&#error, __BIDENT_DOMAIN) {
                        match #error.reason() {
                            #(#from)*
                            _ => {}
                        }
                    }
                    #(#inner)*
                    ::core::result::Result::Err(#error)
                }
            }

            #[automatically_derived]
            impl #parameters ::core::convert::From<#ident #arguments> for #root::Error #clause {
                fn from(reason: #ident #arguments) -> Self {
                    #root::error::Reason::into_error(reason)
                }
            }
        };
    }
}

fn error_ident() -> Ident {
    Ident::new("error", Span::mixed_site())
}

/// The local that holds a field while it is handled: no name of the user's.
fn local(field: &Field) -> Ident {
    let name = match &field.member {
        Member::Named(ident) => ident.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    };
    format_ident!("__field_{name}", span = at(field.ty.span()))
}

fn name_arm(cx: &Cx, variant: &Variant) -> TokenStream {
    let root = cx.root();
    let Variant { path, cfgs, kind } = variant;
    match kind {
        Kind::Transparent(field) => {
            let (member, ty, local) = (&field.member, &field.ty, local(field));
            let inner = quote_spanned! {at(ty.span())=>
                <#ty as #root::error::Reason>::reason(#local)
            };
            quote!(#(#cfgs)* #path { #member: #local } => #inner,)
        }
        Kind::Own { reason, .. } => quote!(#(#cfgs)* #path { .. } => #reason,),
    }
}

fn into_arm(cx: &Cx, variant: &Variant) -> TokenStream {
    let root = cx.root();
    let Variant { path, cfgs, kind } = variant;
    let (text, error) = (Ident::new("text", Span::mixed_site()), error_ident());
    let (code, reason, grpc, expose, fields) = match kind {
        Kind::Transparent(field) => {
            let (member, ty, local) = (&field.member, &field.ty, local(field));
            let inner = quote_spanned! {at(ty.span())=>
                <#ty as #root::error::Reason>::into_error(#local)
            };
            return quote!(#(#cfgs)* #path { #member: #local } => #inner,);
        }
        Kind::Own { code, reason, grpc, expose, fields } => (code, reason, grpc, expose, fields),
    };
    let bound = fields.iter().filter(|field| matches!(field.role, Role::Sent | Role::Source));
    let patterns = bound.map(|field| {
        let (cfgs, member, local) = (&field.cfgs, &field.member, local(field));
        quote!(#(#cfgs)* #member: #local,)
    });
    let steps = fields.iter().filter_map(|field| {
        let (cfgs, ty, local) = (&field.cfgs, &field.ty, local(field));
        let (span, private) = (at(ty.span()), cx.private_at(ty.span()));
        let step = match field.role {
            Role::Sent => {
                let key = key(field);
                quote_spanned!(span=> #error = #error.with(#key, <#ty as #private::Sent>::sent(&#local));)
            }
            Role::Source => quote_spanned!(span=> #error = #error.with_source(#local);),
            Role::Skipped | Role::Backtrace => return None,
        };
        Some(quote!(#(#cfgs)* { #step }))
    });
    let grpc = grpc.as_ref().map(|code| quote!(.with_grpc(#root::Code::#code)));
    let expose = expose.then(|| quote!(.expose()));
    let steps: Vec<_> = steps.collect();
    let mutability = (!steps.is_empty()).then(|| quote!(mut));
    quote! {
        #(#cfgs)*
        #path { #(#patterns)* .. } => {
            let #mutability #error = #root::Error::new(#code, #reason, #text)
                .with_domain(__BIDENT_DOMAIN)
                #grpc
                #expose;
            #(#steps)*
            #error
        }
    }
}

/// The metadata key of a field.
fn key(field: &Field) -> String {
    match &field.member {
        Member::Named(ident) => ident.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}

/// Rebuilds a variant from its metadata. One with a source cannot be rebuilt.
fn from_arm(cx: &Cx, variant: &Variant) -> TokenStream {
    let private = cx.private();
    let Variant { path, cfgs, kind } = variant;
    let Kind::Own { reason, fields, .. } = kind else { return TokenStream::new() };
    if fields.iter().any(|field| matches!(field.role, Role::Source | Role::Backtrace)) {
        return TokenStream::new();
    }
    let error = error_ident();
    let sent: Vec<_> = fields.iter().filter(|field| field.role == Role::Sent).collect();
    let reads = sent.iter().map(|field| {
        let (cfgs, ty, local, key) = (&field.cfgs, &field.ty, local(field), key(field));
        let read = quote_spanned! {at(ty.span())=>
            <#ty as #private::Sent>::rebuild(&#error, #key)
        };
        quote! {
            #(#cfgs)*
            let ::core::option::Option::Some(#local) = #read else { break 'rebuild };
        }
    });
    let values = fields.iter().map(|field| {
        let (cfgs, member, ty) = (&field.cfgs, &field.member, &field.ty);
        let value = match field.role {
            Role::Sent => local(field).into_token_stream(),
            _ => quote_spanned!(at(ty.span())=> <#ty as ::core::default::Default>::default()),
        };
        quote!(#(#cfgs)* #member: #value,)
    });
    let label = (!sent.is_empty()).then(|| quote!('rebuild:));
    quote! {
        #(#cfgs)*
        #reason => #label {
            #(#reads)*
            return ::core::result::Result::Ok(#path { #(#values)* });
        }
    }
}

/// Asks the reason inside a transparent variant whether the error is its own.
fn from_inner(cx: &Cx, variant: &Variant) -> TokenStream {
    let root = cx.root();
    let Variant { path, cfgs, kind } = variant;
    let Kind::Transparent(field) = kind else { return TokenStream::new() };
    let (member, ty, error) = (&field.member, &field.ty, error_ident());
    let inner = Ident::new("inner", Span::mixed_site());
    let reason = quote_spanned!(at(ty.span())=> <#ty as #root::error::Reason>);
    quote! {
        #(#cfgs)*
        let #error = if #reason::CATCHES_ALL {
            #error
        } else {
            match #reason::from_error(#error) {
                ::core::result::Result::Ok(#inner) => {
                    return ::core::result::Result::Ok(#path { #member: #inner });
                }
                ::core::result::Result::Err(#error) => #error,
            }
        };
    }
}
