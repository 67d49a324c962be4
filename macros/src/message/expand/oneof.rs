//! An enum with data: a message with one oneof, which can also join another message.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::fields::{Fields, Reach};
use super::{Out, derived, foreign_markers, oneof_message};
use crate::message::model::{Content, Field, Variant};

pub(super) fn expand(out: &Out<'_>, variants: &[Variant]) -> TokenStream {
    let all = variants.iter().flat_map(|variant| match &variant.content {
        Content::Empty => [].iter(),
        Content::Value(field) => std::slice::from_ref(&**field).iter(),
        Content::Struct(fields) => fields.iter(),
    });
    let markers = foreign_markers(out, all);
    let slots = variants.iter().filter_map(|variant| {
        let Content::Struct(fields) = &variant.content else { return None };
        let (cfgs, ident, this) = (&variant.cfgs, &variant.ident, &out.head.ident);
        let fields = Fields { out, list: fields, reach: Reach::Bound };
        Some(fields.slots(cfgs, &slots_name(variant), &quote!(#this::#ident)))
    });
    let oneof = Members { out, variants }.implement();
    let message = oneof_message::expand(out);
    let faces = derived::message_faces(out);
    quote!(#markers #(#slots)* #oneof #message #faces)
}

fn slots_name(variant: &Variant) -> Ident {
    format_ident!("__BidentSlots{}", variant.index)
}

pub(super) struct Members<'a> {
    pub(super) out: &'a Out<'a>,
    pub(super) variants: &'a [Variant],
}

impl Members<'_> {
    /// One piece of code per variant, under its `cfg`.
    pub(super) fn each(&self, render: impl Fn(&Variant) -> TokenStream) -> TokenStream {
        let parts = self.variants.iter().map(|variant| {
            let (cfgs, code) = (&variant.cfgs, render(variant));
            quote!(#(#cfgs)* #code)
        });
        quote!(#(#parts)*)
    }

    pub(super) fn slots(&self, variant: &Variant) -> TokenStream {
        let (name, parameters) = (slots_name(variant), self.out.parameters());
        quote!(#name<#(#parameters),*>)
    }

    pub(super) fn bound<'b>(&'b self, fields: &'b [Field]) -> Fields<'b> {
        Fields { out: self.out, list: fields, reach: Reach::Bound }
    }

    pub(super) fn member(&self, field: &Field) -> TokenStream {
        self.out.field_as(field, "Member")
    }

    fn implement(&self) -> TokenStream {
        let (m, p, serde) = (&self.out.m, &self.out.p, &self.out.serde);
        let numbers = self.variants.iter().map(|variant| {
            let (cfgs, number) = (&variant.cfgs, variant.number);
            quote!(#(#cfgs)* #number)
        });
        let names = self.variants.iter().map(|variant| {
            let (cfgs, name) = (&variant.cfgs, &variant.names.declared);
            quote!(#(#cfgs)* #name)
        });
        let pinned = self.variants.iter().all(|variant| variant.pinned);
        let keys = self.each(|variant| {
            let (keys, name) = (self.keys(variant), &variant.names.declared);
            quote!(#keys => #p::position(Self::NAMES, #name),)
        });
        let (size, write) = (self.size(), self.write());
        let (read, merge) = (self.read(), self.merge());
        let (print, print_body) = (self.print(), self.print_body());
        let take = self.take();
        let (bind, bind_new) = (self.bind(), self.bind_new());
        let (describe, traced, trace) = (self.describe(), self.traced(), self.trace());
        let implement = self.out.implement(&quote!(#p::Oneof));
        quote! {
            #implement {
                const NUMBERS: &'static [u32] = &[#(#numbers),*];
                const NAMES: &'static [&'static str] = &[#(#names),*];
                const PINNED: bool = #pinned;
                const TRACED: bool = #p::any(&[#traced]);

                fn key(name: &str) -> ::core::option::Option<usize> {
                    match name {
                        #keys
                        _ => ::core::option::Option::None,
                    }
                }

                fn size(&self) -> usize {
                    match self { #size }
                }

                fn write(&self, out: &mut #p::Buffer) {
                    match self { #write }
                }

                fn read_member(
                    number: u32,
                    raw: #m::Raw<'_>,
                    cx: &mut #m::WireCx<'_>,
                ) -> ::core::result::Result<::core::option::Option<Self>, #m::Fault> {
                    ::core::result::Result::Ok(::core::option::Option::Some(match number {
                        #read
                        _ => return ::core::result::Result::Ok(::core::option::Option::None),
                    }))
                }

                fn merge_member(
                    &mut self,
                    number: u32,
                    raw: #m::Raw<'_>,
                    cx: &mut #m::WireCx<'_>,
                ) -> ::core::result::Result<bool, #m::Fault> {
                    match (&mut *self, number) {
                        #merge
                        _ => {
                            let read = <Self as #p::Oneof>::read_member(number, raw, cx)?;
                            ::core::result::Result::Ok(#p::replace(self, read))
                        }
                    }
                }

                fn print<__BidentMap: #serde::ser::SerializeMap>(
                    &self,
                    map: &mut __BidentMap,
                    dialect: #m::Dialect,
                ) -> ::core::result::Result<(), __BidentMap::Error> {
                    match self { #print }
                }

                fn print_body<__BidentMap: #serde::ser::SerializeMap>(
                    &self,
                    map: &mut __BidentMap,
                    dialect: #m::Dialect,
                ) -> ::core::result::Result<(), __BidentMap::Error> {
                    let _ = (&map, dialect);
                    match self {
                        #print_body
                        #[allow(unreachable_patterns, reason = "every variant may have fields")]
                        _ => {}
                    }
                    ::core::result::Result::Ok(())
                }

                fn take<'de, __BidentMap: #serde::de::MapAccess<'de>>(
                    index: usize,
                    map: &mut __BidentMap,
                    cx: &mut #m::JsonCx,
                ) -> ::core::result::Result<::core::option::Option<Self>, __BidentMap::Error> {
                    match <Self as #p::Oneof>::NAMES.get(index).copied().unwrap_or_default() {
                        #take
                        _ => ::core::result::Result::Ok(::core::option::Option::None),
                    }
                }

                fn bind_member(
                    &mut self,
                    path: &[&str],
                    text: &str,
                ) -> ::core::result::Result<::core::option::Option<bool>, #m::Fault> {
                    let ::core::option::Option::Some((name, path)) = path.split_first() else {
                        return ::core::result::Result::Ok(::core::option::Option::Some(false));
                    };
                    let _ = (path, text);
                    match (self, *name) {
                        #bind
                        _ => ::core::result::Result::Ok(::core::option::Option::None),
                    }
                }

                fn bind_new(
                    path: &[&str],
                    text: &str,
                ) -> ::core::result::Result<::core::option::Option<Self>, #m::Fault> {
                    let ::core::option::Option::Some((name, rest)) = path.split_first() else {
                        return ::core::result::Result::Ok(::core::option::Option::None);
                    };
                    let _ = (rest, text);
                    match *name {
                        #bind_new
                        _ => ::core::result::Result::Ok(::core::option::Option::None),
                    }
                }

                fn describe(types: &mut #m::Types, desc: &mut #m::MessageDesc, oneof: usize) {
                    #describe
                }

                fn trace_fields(&self, to: &mut #m::Attributes) {
                    let _ = &to;
                    match self { #trace }
                }
            }
        }
    }
}
