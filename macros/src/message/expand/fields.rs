//! What is written once per field: statements and match arms over the fields of a struct or a struct variant.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::{Out, option, place};
use crate::message::model::Field;

/// So many indices each `#[field(oneof)]` has for its variants.
const STRIDE: usize = 256;

/// Fields, and how code reaches them.
pub(super) struct Fields<'a> {
    pub(super) out: &'a Out<'a>,
    pub(super) list: &'a [Field],
    pub(super) reach: Reach,
}

/// Where the fields are.
#[derive(Clone, Copy)]
pub(super) enum Reach {
    /// `self.name`.
    Own,
    /// Bound by a pattern to references called `field_0`, ...
    Bound,
}

/// The name that a pattern binds a field to.
pub(super) fn bound(field: &Field) -> Ident {
    format_ident!("field_{}", field.index)
}

impl Fields<'_> {
    fn shared(&self, field: &Field) -> TokenStream {
        let ident = &field.ident;
        match self.reach {
            Reach::Own => quote!(&self.#ident),
            Reach::Bound => {
                let bound = bound(field);
                quote!(#bound)
            }
        }
    }

    fn mutable(&self, field: &Field) -> TokenStream {
        let ident = &field.ident;
        match self.reach {
            Reach::Own => quote!(&mut self.#ident),
            Reach::Bound => {
                let bound = bound(field);
                quote!(#bound)
            }
        }
    }

    fn plain(&self) -> impl Iterator<Item = &Field> {
        self.list.iter().filter(|field| !field.oneof)
    }

    pub(super) fn oneofs(&self) -> impl Iterator<Item = &Field> {
        self.list.iter().filter(|field| field.oneof)
    }

    /// `{ a: field_0, b: field_1 }`.
    pub(super) fn pattern(&self) -> TokenStream {
        let fields = self.list.iter().map(|field| {
            let (cfgs, ident, bound) = (&field.cfgs, &field.ident, bound(field));
            quote!(#(#cfgs)* #ident: #bound)
        });
        quote!({ #(#fields),* })
    }

    /// The encoded size, as an expression.
    pub(super) fn size(&self) -> TokenStream {
        let adds = self.list.iter().map(|field| {
            let (cfgs, at, number) = (&field.cfgs, self.shared(field), field.number);
            if field.oneof {
                let oneof = self.oneof_field(field);
                return quote_spanned!(place(&field.ty)=> #(#cfgs)* { size += #oneof::size(#at); });
            }
            let trait_ = self.out.field(field);
            quote_spanned!(place(&field.ty)=> #(#cfgs)* { size += #trait_::size(#at, #number); })
        });
        quote!({ let mut size = 0usize; #(#adds)* size })
    }

    /// Statements that append every field to `out`.
    pub(super) fn write(&self) -> TokenStream {
        let writes = self.list.iter().map(|field| {
            let (cfgs, at, number) = (&field.cfgs, self.shared(field), field.number);
            if field.oneof {
                let oneof = self.oneof_field(field);
                return quote_spanned!(place(&field.ty)=> #(#cfgs)* { #oneof::write(#at, out); });
            }
            let trait_ = self.out.field(field);
            quote_spanned!(place(&field.ty)=> #(#cfgs)* { #trait_::write(#at, #number, out); })
        });
        quote!(#(#writes)*)
    }

    /// `number` and `raw` into the field: an expression of `Result<bool, Fault>`.
    pub(super) fn merge(&self) -> TokenStream {
        let arms = self.plain().map(|field| {
            let (cfgs, at, number) = (&field.cfgs, self.mutable(field), field.number);
            let (trait_, name) = (self.out.field(field), &field.names.declared);
            quote_spanned!(place(&field.ty)=> #(#cfgs)* #number => #trait_::merge_named(#at, #name, raw, cx),)
        });
        let oneofs = self.oneofs().map(|field| {
            let (cfgs, at, oneof) = (&field.cfgs, self.mutable(field), self.oneof_field(field));
            quote_spanned! {place(&field.ty)=>
                #(#cfgs)*
                if #oneof::merge_field(#at, number, raw, cx)? {
                    return ::core::result::Result::Ok(true);
                }
            }
        });
        quote! {
            match number {
                #(#arms)*
                _ => {
                    #(#oneofs)*
                    ::core::result::Result::Ok(false)
                }
            }
        }
    }

    /// Statements that print every field as an entry of `map`.
    pub(super) fn print(&self) -> TokenStream {
        let prints = self.list.iter().map(|field| {
            let (cfgs, at) = (&field.cfgs, self.shared(field));
            if field.oneof {
                let oneof = self.oneof_field(field);
                return quote_spanned!(place(&field.ty)=> #(#cfgs)* { #oneof::print(#at, map, dialect)?; });
            }
            let trait_ = self.out.field(field);
            let (name, json) = (&field.names.declared, &field.names.json);
            quote_spanned!(place(&field.ty)=> #(#cfgs)* { #trait_::print(#at, map, (#name, #json), dialect)?; })
        });
        quote!(#(#prints)*)
    }

    /// `first` and `rest` of a path, and `text`, into the field: an expression of `Result<bool, Fault>`.
    pub(super) fn bind(&self) -> TokenStream {
        let arms = self.plain().map(|field| {
            let (cfgs, at, keys) = (&field.cfgs, self.mutable(field), keys(field));
            let (trait_, name, secret) =
                (self.out.field(field), &field.names.declared, field.secret);
            quote_spanned! {place(&field.ty)=>
                #(#cfgs)* #keys => #trait_::bind_named(#at, (#name, #secret), rest, text),
            }
        });
        let oneofs = self.oneofs().map(|field| {
            let (cfgs, at, oneof) = (&field.cfgs, self.mutable(field), self.oneof_field(field));
            quote_spanned! {place(&field.ty)=>
                #(#cfgs)*
                if #oneof::bind(#at, path, text)? {
                    return ::core::result::Result::Ok(true);
                }
            }
        });
        quote! {
            match *first {
                #(#arms)*
                _ => {
                    #(#oneofs)*
                    ::core::result::Result::Ok(false)
                }
            }
        }
    }

    /// Statements that add every field to `desc`.
    pub(super) fn describe(&self) -> TokenStream {
        let p = &self.out.p;
        let fields = self.list.iter().map(|field| {
            let (cfgs, names) = (&field.cfgs, &field.names);
            let place = place(&field.ty);
            if field.oneof {
                let (oneof, name) = (self.oneof_field(field), &names.declared);
                return quote_spanned! {place=>
                    #(#cfgs)* { #oneof::describe(types, desc, #name); }
                };
            }
            let desc = describe(p, field, field.number, names);
            let trait_ = self.out.field(field);
            quote_spanned! {place=>
                #(#cfgs)* {
                    let field = #trait_::describe(types, #desc);
                    desc.fields.push(field);
                }
            }
        });
        quote!(#(#fields)*)
    }

    /// Statements that hand traced values to `sink`.
    pub(super) fn trace(&self) -> TokenStream {
        let m = &self.out.m;
        let traces = self.list.iter().filter_map(|field| {
            let (cfgs, at) = (&field.cfgs, self.shared(field));
            if field.oneof {
                let place = place(&field.ty);
                let oneof = self.oneof_field(field);
                return Some(quote_spanned!(place=> #(#cfgs)* { #oneof::trace(#at, sink); }));
            }
            let key = field.traced.as_ref()?;
            let ty = self.out.ty(&field.ty);
            Some(quote_spanned! {place(&field.ty)=>
                #(#cfgs)* { <#ty as #m::Traced>::trace(#at, #key, sink); }
            })
        });
        quote!(#(#traces)*)
    }

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

    /// The fields of the message with nothing set: `a: ..., b: ...`, each followed by `?`.
    pub(super) fn initial(&self) -> TokenStream {
        let fields = self.list.iter().map(|field| {
            let (cfgs, ident) = (&field.cfgs, &field.ident);
            let trait_ = self.initial_of(field);
            quote_spanned!(place(&field.ty)=> #(#cfgs)* #ident: #trait_::initial()?)
        });
        quote!(#(#fields),*)
    }

    fn initial_of(&self, field: &Field) -> TokenStream {
        if field.oneof {
            return self.oneof_field(field);
        }
        self.out.field(field)
    }

    /// `<Type as OneofField>`, at the type.
    pub(super) fn oneof_field(&self, field: &Field) -> TokenStream {
        let (p, ty) = (&self.out.p, self.out.ty(&field.ty));
        quote_spanned!(place(&field.ty)=> <#ty as #p::OneofField>)
    }

    /// `<<Type as OneofField>::Oneof as Oneof>`
    pub(super) fn oneof_of(&self, field: &Field) -> TokenStream {
        let (p, ty) = (&self.out.p, self.out.ty(&field.ty));
        quote_spanned!(place(&field.ty)=> <<#ty as #p::OneofField>::Oneof as #p::Oneof>)
    }

    /// One piece of code per `#[field(oneof)]`, given where the indices of its variants start.
    fn each_oneof(
        &self,
        render: impl Fn(&Field, usize, proc_macro2::Span) -> TokenStream,
    ) -> Vec<TokenStream> {
        self.oneofs()
            .enumerate()
            .map(|(position, field)| {
                let code = render(field, self.list.len() + position * STRIDE, place(&field.ty));
                let cfgs = &field.cfgs;
                quote!(#(#cfgs)* #code)
            })
            .collect()
    }
}

/// `"user_id" | "userId"`.
pub(super) fn keys(field: &Field) -> TokenStream {
    alternatives(&field.names.declared, &field.names.json)
}

pub(super) fn alternatives(declared: &str, json: &str) -> TokenStream {
    if declared == json { quote!(#declared) } else { quote!(#declared | #json) }
}

/// The description of a field, but for what its type decides.
pub(super) fn describe(
    p: &TokenStream,
    field: &Field,
    number: u32,
    names: &crate::message::model::Names,
) -> TokenStream {
    let (name, json, doc, deprecated) =
        (&names.declared, &names.json, &names.doc, names.deprecated);
    let (secret, traced) = (field.secret, option(field.traced.as_ref()));
    quote!(#p::field_desc(#name, #json, #number, #doc, #deprecated, #secret, #traced))
}
