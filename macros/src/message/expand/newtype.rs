//! A tuple struct of one field: wire, JSON and schema are those of the field.
//!
//! Every impl holds where the field's type has it, so that a newtype of a list is a field and no value.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Out, derived, foreign_markers, place};
use crate::message::model::{Field, Format};

pub(super) fn expand(out: &Out<'_>, field: &Field) -> TokenStream {
    let newtype = Newtype::new(out, field);
    let markers = foreign_markers(out, std::iter::once(field));
    let value = newtype.value();
    let field_impl = newtype.field();
    let rest = newtype.rest();
    let default = derived::default(out);
    let argument = out.argument();
    quote!(#markers #value #field_impl #rest #default #argument)
}

struct Newtype<'a> {
    out: &'a Out<'a>,
    field: &'a Field,
    ty: TokenStream,
    /// A parameter in front of the type's own: the format, where the newtype takes any.
    parameter: TokenStream,
    /// The format that the newtype has.
    outer: TokenStream,
    /// The format that its field has.
    inner: TokenStream,
}

impl<'a> Newtype<'a> {
    fn new(out: &'a Out<'a>, field: &'a Field) -> Self {
        let m = &out.m;
        let any = quote!(__BidentFormat);
        let (parameter, outer, inner) = match &field.format {
            Format::Plain => (quote!(#any,), any.clone(), any),
            Format::Foreign(name) => {
                let marker = super::foreign_marker(name);
                let inner = quote!(#m::format::Foreign<#marker, #m::format::One>);
                (quote!(), quote!(#m::format::Plain), inner)
            }
            _ => (quote!(), quote!(#m::format::Plain), out.format(field)),
        };
        Self { out, field, ty: out.ty(&field.ty), parameter, outer, inner }
    }

    /// `impl trait_ for Newtype where Type: bound`, at the type.
    fn implement(
        &self,
        parameter: &TokenStream,
        trait_: &TokenStream,
        bound: &TokenStream,
    ) -> TokenStream {
        let (ty, m) = (&self.ty, &self.out.m);
        let predicate = quote_spanned!(place(&self.field.ty)=> for<'__bident> #ty: #bound,);
        let owned = quote!(#m::Owned);
        self.out.implement_where(parameter, trait_, &self.out.this(), &owned, &predicate)
    }

    fn formatted(&self, trait_: &str) -> (TokenStream, TokenStream) {
        let m = &self.out.m;
        let (outer, inner, ty) = (&self.outer, &self.inner, &self.ty);
        let name = quote::format_ident!("{trait_}");
        let head =
            self.implement(&self.parameter, &quote!(#m::#name<#outer>), &quote!(#m::#name<#inner>));
        (head, quote_spanned!(place(&self.field.ty)=> <#ty as #m::#name<#inner>>))
    }

    /// Says, where the type is described, that it holds a secret.
    fn secret(&self) -> TokenStream {
        if self.field.secret { quote!(types.secret();) } else { TokenStream::new() }
    }

    fn value(&self) -> TokenStream {
        let secret = self.secret();
        let (m, p, serde) = (&self.out.m, &self.out.p, &self.out.serde);
        let (head, inner) = self.formatted("Value");
        let (to, from) = self.json(&inner);
        let json = self.out.json(&quote!(Self), &to, &from);
        let within = self.within(&inner);
        let from_json_set = if self.out.head.own_serde {
            TokenStream::new()
        } else {
            quote! {
                fn from_json_set<'de, __BidentInput: #serde::Deserializer<'de>>(
                    input: __BidentInput,
                    cx: &mut #m::JsonCx,
                ) -> ::core::result::Result<::core::option::Option<Self>, __BidentInput::Error> {
                    #inner::from_json_set(input, cx).map(|value| value.map(Self))
                }
            }
        };
        quote! {
            #head {
                const WIRE: #m::WireType = #inner::WIRE;

                #within

                fn initial() -> ::core::option::Option<Self> {
                    #inner::initial().map(Self)
                }

                fn is_default(&self) -> bool {
                    #inner::is_default(&self.0)
                }

                fn size(&self) -> usize {
                    #inner::size(&self.0)
                }

                fn write(&self, out: &mut #p::Buffer) {
                    #inner::write(&self.0, out);
                }

                fn read(
                    raw: #m::Raw<'_>,
                    cx: &mut #m::WireCx<'_>,
                ) -> ::core::result::Result<Self, #m::Fault> {
                    #inner::read(raw, cx).map(Self)
                }

                fn read_set(
                    raw: #m::Raw<'_>,
                    cx: &mut #m::WireCx<'_>,
                ) -> ::core::result::Result<::core::option::Option<Self>, #m::Fault> {
                    #inner::read_set(raw, cx).map(|value| value.map(Self))
                }

                fn merge(
                    &mut self,
                    raw: #m::Raw<'_>,
                    cx: &mut #m::WireCx<'_>,
                ) -> ::core::result::Result<(), #m::Fault> {
                    #inner::merge(&mut self.0, raw, cx)
                }

                #json

                #from_json_set

                fn from_null() -> ::core::option::Option<Self> {
                    #inner::from_null().map(Self)
                }

                fn bind(
                    &mut self,
                    path: &[&str],
                    text: &str,
                ) -> ::core::result::Result<bool, #m::Fault> {
                    #inner::bind(&mut self.0, path, text)
                }

                fn bind_new(
                    path: &[&str],
                    text: &str,
                ) -> ::core::result::Result<::core::option::Option<Self>, #m::Fault> {
                    #inner::bind_new(path, text).map(|value| value.map(Self))
                }

                fn kind(types: &mut #m::Types) -> #m::Kind {
                    #secret
                    #inner::kind(types)
                }
            }
        }
    }

    /// The traced fields of a message inside.
    fn within(&self, inner: &TokenStream) -> TokenStream {
        let m = &self.out.m;
        if self.field.secret {
            return TokenStream::new();
        }
        quote! {
            const TRACED: bool = #inner::TRACED;

            fn trace_within(&self, to: &mut #m::Attributes) {
                #inner::trace_within(&self.0, to);
            }
        }
    }

    /// The JSON of a value: that of the field, or the user's own.
    fn json(&self, inner: &TokenStream) -> (TokenStream, TokenStream) {
        let serde = &self.out.serde;
        if self.out.head.own_serde {
            return (
                quote!(#serde::Serialize::serialize(self, out)),
                quote!(<Self as #serde::Deserialize<'de>>::deserialize(input)),
            );
        }
        (
            quote!(#inner::to_json(&self.0, out, dialect)),
            quote!(#inner::from_json(input, cx).map(Self)),
        )
    }

    fn field(&self) -> TokenStream {
        let secret = self.secret();
        let (m, p, serde) = (&self.out.m, &self.out.p, &self.out.serde);
        let (head, inner) = self.formatted("Field");
        let (to, from) = if self.out.head.own_serde {
            (
                quote!(#serde::Serialize::serialize(self, out)),
                quote!(#p::nullable_serde::<Self, __BidentInput>(input)),
            )
        } else {
            (
                quote!(#inner::to_json(&self.0, out, dialect)),
                quote!(#inner::from_json(input, cx).map(|value| value.map(Self))),
            )
        };
        let json = self.out.json(&quote!(::core::option::Option<Self>), &to, &from);
        let within = self.within(&inner);
        quote! {
            #head {
                #within

                fn initial() -> ::core::option::Option<Self> {
                    #inner::initial().map(Self)
                }

                fn size(&self, number: u32) -> usize {
                    #inner::size(&self.0, number)
                }

                fn write(&self, number: u32, out: &mut #p::Buffer) {
                    #inner::write(&self.0, number, out);
                }

                fn read(
                    raw: #m::Raw<'_>,
                    cx: &mut #m::WireCx<'_>,
                ) -> ::core::result::Result<Self, #m::Fault> {
                    #inner::read(raw, cx).map(Self)
                }

                fn merge(
                    &mut self,
                    raw: #m::Raw<'_>,
                    cx: &mut #m::WireCx<'_>,
                ) -> ::core::result::Result<(), #m::Fault> {
                    #inner::merge(&mut self.0, raw, cx)
                }

                fn is_printed(&self) -> bool {
                    #inner::is_printed(&self.0)
                }

                #json

                fn bind(
                    &mut self,
                    path: &[&str],
                    text: &str,
                ) -> ::core::result::Result<bool, #m::Fault> {
                    #inner::bind(&mut self.0, path, text)
                }

                fn shape(types: &mut #m::Types) -> (#m::Label, #m::Kind) {
                    #secret
                    #inner::shape(types)
                }
            }
        }
    }

    /// What follows from the type being a member of a oneof, a key, traceable, and so on.
    fn rest(&self) -> TokenStream {
        let (m, p, ty) = (&self.out.m, &self.out.p, &self.ty);
        let at = place(&self.field.ty);
        let (member_head, member) = self.formatted("Member");
        let none = quote!();
        let initial = if matches!(self.field.format, Format::Foreign(_)) {
            let head =
                self.implement(&none, &quote!(#m::Initial), &quote!(::core::default::Default));
            quote!(#head { fn initial() -> Self { Self(::core::default::Default::default()) } })
        } else {
            let head = self.implement(&none, &quote!(#m::Initial), &quote!(#m::Initial));
            quote_spanned!(at=> #head { fn initial() -> Self { Self(<#ty as #m::Initial>::initial()) } })
        };
        let key = match self.field.format {
            // A key is always plain, so a newtype with another format is none.
            Format::Plain => {
                let head = self.implement(&none, &quote!(#m::MapKey), &quote!(#m::MapKey));
                quote_spanned! {at=>
                    #head {
                        fn print_key<__BidentResult>(
                            &self,
                            print: impl ::core::ops::FnOnce(&str) -> __BidentResult,
                        ) -> __BidentResult {
                            <#ty as #m::MapKey>::print_key(&self.0, print)
                        }

                        fn parse_key(text: &str) -> ::core::result::Result<Self, #m::Fault> {
                            <#ty as #m::MapKey>::parse_key(text).map(Self)
                        }
                    }
                }
            }
            _ => TokenStream::new(),
        };
        let traced = if self.field.secret {
            TokenStream::new()
        } else {
            let head = self.implement(&none, &quote!(#m::Traced), &quote!(#m::Traced));
            let item = self.implement(&none, &quote!(#m::TracedItem), &quote!(#m::TracedItem));
            quote_spanned! {at=>
                #head {
                    fn attribute(&self) -> ::core::option::Option<#m::Attribute> {
                        <#ty as #m::Traced>::attribute(&self.0)
                    }
                }

                #item {}
            }
        };
        let plain = match self.field.format {
            Format::Plain => quote!(#m::format::Plain),
            _ => self.inner.clone(),
        };
        let faces = derived::serde_faces(
            self.out,
            &quote!(#p::serialize_field::<#m::format::Plain, _, _>),
            &quote!(#p::deserialize_field::<#m::format::Plain, _, _>),
            &quote!(for<'__bident> #ty: #m::Field<#plain>,),
        );
        // Reported at the type, once, where it can be no field at all.
        let assert = quote_spanned! {at=>
            const _: fn() = || #p::is_field::<#plain, #ty>();
        };
        let assert = if self.out.parameters().next().is_none() { assert } else { none };
        quote! {
            #member_head {
                fn member_size(&self, number: u32) -> usize {
                    #member::member_size(&self.0, number)
                }

                fn member_write(&self, number: u32, out: &mut #p::Buffer) {
                    #member::member_write(&self.0, number, out);
                }
            }

            #initial
            #key
            #traced
            #faces
            #assert
        }
    }
}
