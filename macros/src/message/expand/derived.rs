//! The added standard traits, and the public faces: `prost::Message` and serde.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::fields::{Fields, Reach};
use super::{Out, place};
use crate::message::model::{Add, Body, Content, Field, Format, Head};

/// `#[derive(...)]` of what the language derives best itself.
pub(super) fn attributes(head: &Head, body: &Body) -> TokenStream {
    let derives = &head.derives;
    let mut out = TokenStream::new();
    let mut derive = |add: &Add, path: TokenStream| {
        let Add::Unless(conditions) = add else { return };
        if conditions.is_empty() {
            out.extend(quote!(#[derive(#path)]));
        } else {
            out.extend(quote!(#[cfg_attr(not(any(#(#conditions),*)), derive(#path))]));
        }
    };
    if !has_secret(body) {
        derive(&derives.debug, quote!(::core::fmt::Debug));
    }
    derive(&derives.clone, quote!(::core::clone::Clone));
    derive(&derives.partial_eq, quote!(::core::cmp::PartialEq));
    out
}

fn has_secret(body: &Body) -> bool {
    let any = |fields: &[Field]| fields.iter().any(|field| field.secret);
    match body {
        Body::Struct(fields) => any(fields),
        Body::Newtype(field) => field.secret,
        Body::Enum(_) => false,
        Body::Oneof(variants) => variants.iter().any(|variant| match &variant.content {
            Content::Empty => false,
            Content::Value(field) => field.secret,
            Content::Struct(fields) => any(fields),
        }),
    }
}

/// `#[cfg(...)]` for an impl that is added.
fn condition(add: &Add) -> Option<TokenStream> {
    match add {
        Add::Never => None,
        Add::Unless(conditions) if conditions.is_empty() => Some(TokenStream::new()),
        Add::Unless(conditions) => Some(quote!(#[cfg(not(any(#(#conditions),*)))])),
    }
}

/// `Debug` for a type with a secret, given the match arms over `self`; nothing where the language derives it.
pub(super) fn debug(out: &Out<'_>, body: &Body) -> TokenStream {
    if !has_secret(body) {
        return TokenStream::new();
    }
    let Some(cfg) = condition(&out.head.derives.debug) else { return TokenStream::new() };
    let ident = &out.head.ident;
    let name = ident.to_string();
    let arms = match body {
        Body::Struct(fields) => {
            let fields = Fields { out, list: fields, reach: Reach::Bound };
            let (pattern, body) = (fields.pattern(), debug_struct(&name, &fields));
            quote!(Self #pattern => #body)
        }
        Body::Newtype(_) => {
            quote!(Self(_) => ::core::write!(f, "{}(***)", #name))
        }
        Body::Enum(_) => return TokenStream::new(),
        Body::Oneof(variants) => {
            let arms = variants.iter().map(|variant| {
                let (cfgs, ident) = (&variant.cfgs, &variant.ident);
                let name = ident.to_string();
                let arm = match &variant.content {
                    Content::Empty => quote!(Self::#ident => f.write_str(#name)),
                    Content::Value(field) if field.secret => {
                        quote!(Self::#ident(_) => ::core::write!(f, "{}(***)", #name))
                    }
                    Content::Value(_) => {
                        quote!(Self::#ident(value) => f.debug_tuple(#name).field(value).finish())
                    }
                    Content::Struct(fields) => {
                        let fields = Fields { out, list: fields, reach: Reach::Bound };
                        let (pattern, body) = (fields.pattern(), debug_struct(&name, &fields));
                        quote!(Self::#ident #pattern => #body)
                    }
                };
                quote!(#(#cfgs)* #arm,)
            });
            quote!(#(#arms)*)
        }
    };
    let implement = out.implement_where(
        &quote!(),
        &quote!(::core::fmt::Debug),
        &out.this(),
        &quote!(::core::fmt::Debug),
        &quote!(),
    );
    quote! {
        #cfg
        #implement {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self { #arms }
            }
        }
    }
}

fn debug_struct(name: &str, fields: &Fields<'_>) -> TokenStream {
    let entries = fields.list.iter().map(|field| {
        let cfgs = &field.cfgs;
        let name = field.ident.as_ref().map(crate::shared::case::plain).unwrap_or_default();
        let bound = super::fields::bound(field);
        if field.secret {
            quote!(#(#cfgs)* { let _ = #bound; out.field(#name, &::core::format_args!("***")); })
        } else {
            quote!(#(#cfgs)* { out.field(#name, #bound); })
        }
    });
    quote!({ let mut out = f.debug_struct(#name); #(#entries)* out.finish() })
}

/// `Initial` for a message, where every field has it.
pub(super) fn initial(out: &Out<'_>, fields: &[Field]) -> TokenStream {
    let (m, p) = (&out.m, &out.p);
    // A bound that only mentions a lifetime of its own is not an error where it does not hold: the impl is just not there.
    // A field under `cfg` cannot be named in a bound, its type might not exist.
    let bounds =
        fields.iter().filter(|field| field.cfgs.is_empty() && !is_foreign(field)).map(|field| {
            let ty = out.ty(&field.ty);
            quote_spanned!(place(&field.ty)=> for<'__bident> #ty: #m::Initial,)
        });
    let values = fields.iter().map(|field| {
        let (cfgs, ident, ty) = (&field.cfgs, &field.ident, out.ty(&field.ty));
        if is_foreign(field) {
            return quote!(#(#cfgs)* #ident: ::core::default::Default::default());
        }
        quote_spanned!(place(&field.ty)=> #(#cfgs)* #ident: <#ty as #m::Initial>::initial())
    });
    let _ = p;
    let implement = out.implement_where(
        &quote!(),
        &quote!(#m::Initial),
        &out.this(),
        &out.any_value(),
        &quote!(#(#bounds)*),
    );
    quote! {
        #implement {
            fn initial() -> Self {
                Self { #(#values),* }
            }
        }
    }
}

fn is_foreign(field: &Field) -> bool {
    matches!(field.format, Format::Foreign(_))
}

/// `Default` as the value with nothing set.
pub(super) fn default(out: &Out<'_>) -> TokenStream {
    let m = &out.m;
    let Some(cfg) = condition(&out.head.derives.default) else { return TokenStream::new() };
    let this = out.this();
    let implement = out.implement_where(
        &quote!(),
        &quote!(::core::default::Default),
        &this,
        &out.any_value(),
        &quote!(for<'__bident> #this: #m::Initial),
    );
    quote! {
        #cfg
        #implement {
            fn default() -> Self {
                <Self as #m::Initial>::initial()
            }
        }
    }
}

/// `prost::Message` and serde for a message.
pub(super) fn message_faces(out: &Out<'_>) -> TokenStream {
    let p = &out.p;
    let prost = out.implement(&quote!(#p::prost::Message));
    let serde = serde_faces(out, &quote!(#p::serialize), &quote!(#p::deserialize), &quote!());
    quote! {
        #prost {
            fn encode_raw(&self, out: &mut impl #p::prost::BufMut) {
                #p::encode_raw(self, out);
            }

            fn merge_field(
                &mut self,
                number: u32,
                wire: #p::prost::WireType,
                input: &mut impl #p::prost::Buf,
                cx: #p::prost::DecodeContext,
            ) -> ::core::result::Result<(), #p::prost::DecodeError> {
                #p::merge_prost(self, number, wire, input, cx)
            }

            fn merge(
                &mut self,
                input: impl #p::prost::Buf,
            ) -> ::core::result::Result<(), #p::prost::DecodeError> {
                #p::merge_prost_input(self, input)
            }

            fn encoded_len(&self) -> usize {
                #p::encoded_len(self)
            }

            fn clear(&mut self) {
                #p::clear(self);
            }
        }

        #serde
    }
}

/// Serde's traits, unless the user has their own.
pub(super) fn serde_faces(
    out: &Out<'_>,
    serialize: &TokenStream,
    deserialize: &TokenStream,
    predicates: &TokenStream,
) -> TokenStream {
    if out.head.own_serde {
        return TokenStream::new();
    }
    let (serde, this, bound) = (&out.serde, out.this(), out.any_value());
    let to = out.implement_where(&quote!(), &quote!(#serde::Serialize), &this, &bound, predicates);
    let from = out.implement_where(
        &quote!('de,),
        &quote!(#serde::Deserialize<'de>),
        &this,
        &bound,
        predicates,
    );
    quote! {
        #to {
            fn serialize<__BidentOutput: #serde::Serializer>(
                &self,
                out: __BidentOutput,
            ) -> ::core::result::Result<__BidentOutput::Ok, __BidentOutput::Error> {
                #serialize(self, out)
            }
        }

        #from {
            fn deserialize<__BidentInput: #serde::Deserializer<'de>>(
                input: __BidentInput,
            ) -> ::core::result::Result<Self, __BidentInput::Error> {
                #deserialize(input)
            }
        }
    }
}
