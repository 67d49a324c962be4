//! The slots that a message is read into: an `Option` per field, filled from the wire or from JSON.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::fields::{Fields, STRIDE, keys};
use super::place;
use crate::message::model::Field;

impl Fields<'_> {
    /// The slots that a message is read into, as the struct `name`.
    ///
    /// `constructor` is what stands before the braces: the struct's or the variant's path.
    pub(super) fn slots(
        &self,
        cfgs: &[syn::Attribute],
        name: &Ident,
        constructor: &TokenStream,
    ) -> TokenStream {
        let out = self.out;
        let (m, p, serde) = (&out.m, &out.p, &out.serde);
        let this = out.this();
        let slot = |field: &Field| format_ident!("field_{}", field.index);
        let parameters: Vec<_> = out.parameters().collect();
        let target = quote!(#name<#(#parameters),*>);
        let (generics, clause) = (&out.head.generics, &out.head.generics.where_clause);

        let declared = self.list.iter().map(|field| {
            let (cfgs, slot, ty) = (&field.cfgs, slot(field), out.ty(&field.ty));
            quote!(#(#cfgs)* #slot: ::core::option::Option<#ty>)
        });
        let empty = self.list.iter().map(|field| {
            let (cfgs, slot) = (&field.cfgs, slot(field));
            let (trait_, place) = (self.initial_of(field), place(&field.ty));
            quote_spanned!(place=> #(#cfgs)* #slot: #trait_::initial())
        });
        let names = self.plain().map(|field| {
            let (index, name) = (field.index, &field.names.declared);
            quote!(#index => ::core::option::Option::Some(#name),)
        });
        let keys = self.plain().map(|field| {
            let (cfgs, keys, index) = (&field.cfgs, keys(field), field.index);
            quote!(#(#cfgs)* #keys => ::core::option::Option::Some(#index),)
        });
        let merges = self.plain().map(|field| {
            let (cfgs, slot, number) = (&field.cfgs, slot(field), field.number);
            let (trait_, name) = (out.field(field), &field.names.declared);
            quote_spanned! {place(&field.ty)=>
                #(#cfgs)* #number => #trait_::merge_slot(&mut self.#slot, #name, raw, cx),
            }
        });
        let takes = self.plain().map(|field| {
            let (cfgs, slot, index) = (&field.cfgs, slot(field), field.index);
            let (trait_, name, secret) = (out.field(field), &field.names.declared, field.secret);
            quote_spanned! {place(&field.ty)=>
                #(#cfgs)* #index => #trait_::take(&mut self.#slot, (#name, #secret), map, cx),
            }
        });
        let oneof_names = self.each_oneof(|field, start, place| {
            let oneof = self.oneof_of(field);
            quote_spanned! {place=>
                if let ::core::option::Option::Some(name) = index
                    .checked_sub(#start)
                    .and_then(|index| #oneof::NAMES.get(index))
                {
                    return ::core::option::Option::Some(*name);
                }
            }
        });
        let oneof_keys = self.each_oneof(|field, start, place| {
            let oneof = self.oneof_of(field);
            quote_spanned! {place=>
                if let ::core::option::Option::Some(index) = #oneof::key(name) {
                    return ::core::option::Option::Some(#start + index);
                }
            }
        });
        let oneof_merges = self.each_oneof(|field, _, place| {
            let (slot, oneof) = (slot(field), self.oneof_field(field));
            quote_spanned! {place=>
                if #oneof::merge_slot(&mut self.#slot, number, raw, cx)? {
                    return ::core::result::Result::Ok(true);
                }
            }
        });
        let oneof_takes = self.each_oneof(|field, start, place| {
            let (slot, oneof) = (slot(field), self.oneof_field(field));
            quote_spanned! {place=>
                if (#start..#start + #STRIDE).contains(&index) {
                    return #oneof::take(&mut self.#slot, index - #start, map, cx);
                }
            }
        });
        let finish = self.list.iter().map(|field| {
            let (cfgs, ident, slot) = (&field.cfgs, &field.ident, slot(field));
            let name = &field.names.declared;
            quote!(#(#cfgs)* #ident: #p::required(self.#slot, #name)?)
        });
        let implement = out.implement_for(&quote!(#p::Slots), &target);
        quote! {
            #(#cfgs)*
            struct #name #generics #clause {
                #(#declared,)*
                message: ::core::marker::PhantomData<fn() -> #this>,
            }

            #(#cfgs)*
            #implement {
                type Message = #this;

                fn name(index: usize) -> ::core::option::Option<&'static str> {
                    match index {
                        #(#names)*
                        _ => {
                            #(#oneof_names)*
                            ::core::option::Option::None
                        }
                    }
                }

                fn key(name: &str) -> ::core::option::Option<usize> {
                    match name {
                        #(#keys)*
                        _ => {
                            #(#oneof_keys)*
                            ::core::option::Option::None
                        }
                    }
                }

                fn empty() -> Self {
                    Self { #(#empty,)* message: ::core::marker::PhantomData }
                }

                fn merge(
                    &mut self,
                    number: u32,
                    raw: #m::Raw<'_>,
                    cx: &mut #m::WireCx<'_>,
                ) -> ::core::result::Result<bool, #m::Fault> {
                    match number {
                        #(#merges)*
                        _ => {
                            #(#oneof_merges)*
                            ::core::result::Result::Ok(false)
                        }
                    }
                }

                fn take<'de, __BidentMap: #serde::de::MapAccess<'de>>(
                    &mut self,
                    index: usize,
                    map: &mut __BidentMap,
                    cx: &mut #m::JsonCx,
                ) -> ::core::result::Result<(), __BidentMap::Error> {
                    match index {
                        #(#takes)*
                        _ => {
                            #(#oneof_takes)*
                            ::core::result::Result::Ok(())
                        }
                    }
                }

                fn finish(self) -> ::core::result::Result<#this, #m::Fault> {
                    ::core::result::Result::Ok(#constructor { #(#finish),* })
                }
            }
        }
    }
}
