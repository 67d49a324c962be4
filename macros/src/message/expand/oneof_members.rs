//! What is written once per variant of an enum with data: the arms of every match over it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::fields::{alternatives, describe};
use super::oneof::Members;
use super::place;
use crate::message::model::{Content, Variant};

impl Members<'_> {
    pub(super) fn keys(&self, variant: &Variant) -> TokenStream {
        alternatives(&variant.names.declared, &variant.names.json)
    }

    pub(super) fn size(&self) -> TokenStream {
        let p = &self.out.p;
        self.each(|variant| {
            let (ident, number) = (&variant.ident, variant.number);
            match &variant.content {
                Content::Empty => quote!(Self::#ident => #p::nested_size(#number, 0),),
                Content::Value(field) => {
                    let member = self.member(field);
                    quote_spanned!(place(&field.ty)=> Self::#ident(value) => #member::member_size(value, #number),)
                }
                Content::Struct(fields) => {
                    let fields = self.bound(fields);
                    let (pattern, body) = (fields.pattern(), fields.size());
                    quote!(Self::#ident #pattern => #p::nested_size(#number, #body),)
                }
            }
        })
    }

    pub(super) fn write(&self) -> TokenStream {
        let p = &self.out.p;
        self.each(|variant| {
            let (ident, number) = (&variant.ident, variant.number);
            match &variant.content {
                Content::Empty => quote!(Self::#ident => #p::write_nested(#number, 0, out),),
                Content::Value(field) => {
                    let member = self.member(field);
                    quote_spanned!(place(&field.ty)=> Self::#ident(value) => #member::member_write(value, #number, out),)
                }
                Content::Struct(fields) => {
                    let fields = self.bound(fields);
                    let (pattern, size, write) = (fields.pattern(), fields.size(), fields.write());
                    quote!(Self::#ident #pattern => { #p::write_nested(#number, #size, out); #write })
                }
            }
        })
    }

    pub(super) fn read(&self) -> TokenStream {
        let p = &self.out.p;
        self.each(|variant| {
            let (ident, number, name) = (&variant.ident, variant.number, &variant.names.declared);
            match &variant.content {
                Content::Empty => quote!(#number => { #p::read_empty(#name, raw, cx)?; Self::#ident }),
                Content::Value(field) => {
                    let trait_ = self.out.field(field);
                    quote_spanned!(place(&field.ty)=> #number => Self::#ident(#trait_::read_named(#name, raw, cx)?),)
                }
                Content::Struct(_) => {
                    let slots = self.slots(variant);
                    quote!(#number => #p::read_nested::<#slots>(#name, raw, cx)?,)
                }
            }
        })
    }

    /// The member that is set takes a further occurrence.
    pub(super) fn merge(&self) -> TokenStream {
        let (m, p) = (&self.out.m, &self.out.p);
        self.each(|variant| {
            let (ident, number, name) = (&variant.ident, variant.number, &variant.names.declared);
            match &variant.content {
                Content::Empty => quote!(),
                Content::Value(field) => {
                    let trait_ = self.out.field(field);
                    quote_spanned! {place(&field.ty)=>
                        (Self::#ident(value), #number) => #trait_::merge_named(value, #name, raw, cx),
                    }
                }
                Content::Struct(fields) => {
                    let fields = self.bound(fields);
                    let (pattern, merge) = (fields.pattern(), fields.merge());
                    quote! {
                        (Self::#ident #pattern, #number) => #p::merge_nested(
                            #name,
                            raw,
                            cx,
                            |number: u32, raw: #m::Raw<'_>, cx: &mut #m::WireCx<'_>| {
                                let _ = (&raw, &cx);
                                #merge
                            },
                        ),
                    }
                }
            }
        })
    }

    pub(super) fn print(&self) -> TokenStream {
        let (m, p) = (&self.out.m, &self.out.p);
        self.each(|variant| {
            let (ident, names) = (&variant.ident, &variant.names);
            let names = {
                let (name, json) = (&names.declared, &names.json);
                quote!((#name, #json))
            };
            match &variant.content {
                Content::Empty => quote! {
                    Self::#ident => <() as #m::Field>::print(&(), map, #names, dialect),
                },
                Content::Value(field) => {
                    let trait_ = self.out.field(field);
                    quote_spanned! {place(&field.ty)=>
                        Self::#ident(value) => #trait_::print(value, map, #names, dialect),
                    }
                }
                Content::Struct(_) => quote! {
                    Self::#ident { .. } => #p::oneof::print_struct(self, map, #names, dialect),
                },
            }
        })
    }

    pub(super) fn print_body(&self) -> TokenStream {
        self.each(|variant| {
            let Content::Struct(fields) = &variant.content else { return quote!() };
            let fields = self.bound(fields);
            let (ident, pattern, print) = (&variant.ident, fields.pattern(), fields.print());
            quote!(Self::#ident #pattern => { #print })
        })
    }

    pub(super) fn take(&self) -> TokenStream {
        let (m, p) = (&self.out.m, &self.out.p);
        self.each(|variant| {
            let (ident, name) = (&variant.ident, &variant.names.declared);
            match &variant.content {
                Content::Empty => quote! {
                    #name => {
                        let mut slot: ::core::option::Option<()> = ::core::option::Option::None;
                        <() as #m::Field>::take(&mut slot, (#name, false), map, cx)?;
                        ::core::result::Result::Ok(slot.map(|()| Self::#ident))
                    }
                },
                Content::Value(field) => {
                    let (trait_, secret) = (self.out.field(field), field.secret);
                    quote_spanned! {place(&field.ty)=>
                        #name => {
                            let mut slot = ::core::option::Option::None;
                            #trait_::take(&mut slot, (#name, #secret), map, cx)?;
                            ::core::result::Result::Ok(slot.map(Self::#ident))
                        }
                    }
                }
                Content::Struct(_) => {
                    let slots = self.slots(variant);
                    quote!(#name => #p::take_nested::<#slots, __BidentMap>(#name, map, cx),)
                }
            }
        })
    }

    /// A part of the member that is set.
    pub(super) fn bind(&self) -> TokenStream {
        self.each(|variant| {
            let (ident, keys, name) =
                (&variant.ident, self.keys(variant), &variant.names.declared);
            match &variant.content {
                Content::Empty => quote!(),
                Content::Value(field) => {
                    let (trait_, secret) = (self.out.field(field), field.secret);
                    quote_spanned! {place(&field.ty)=>
                        (Self::#ident(value), #keys) =>
                            #trait_::bind_named(value, (#name, #secret), path, text).map(::core::option::Option::Some),
                    }
                }
                Content::Struct(fields) => {
                    let fields = self.bound(fields);
                    let (pattern, bind) = (fields.pattern(), fields.bind());
                    let (m, p) = (&self.out.m, &self.out.p);
                    quote! {
                        (Self::#ident #pattern, #keys) => {
                            #p::bind_nested(
                                #name,
                                path,
                                text,
                                |path: &[&str], first: &&str, rest: &[&str], text: &str|
                                    -> ::core::result::Result<bool, #m::Fault>
                                {
                                    let _ = (path, rest, text);
                                    #bind
                                },
                            ).map(::core::option::Option::Some)
                        }
                    }
                }
            }
        })
    }

    pub(super) fn bind_new(&self) -> TokenStream {
        let (m, p) = (&self.out.m, &self.out.p);
        self.each(|variant| {
            let (ident, keys, name) = (&variant.ident, self.keys(variant), &variant.names.declared);
            match &variant.content {
                // `?kind.nothing=` chooses the variant that has nothing to set.
                Content::Empty => quote! {
                    #keys => ::core::result::Result::Ok(
                        (rest.is_empty() && text.is_empty()).then_some(Self::#ident)
                    ),
                },
                Content::Value(field) => {
                    let (ty, format, secret) =
                        (self.out.ty(&field.ty), self.out.format(field), field.secret);
                    quote_spanned! {place(&field.ty)=>
                        #keys => #p::oneof::bind_value::<#format, #ty>((#name, #secret), rest, text)
                            .map(|value| value.map(Self::#ident)),
                    }
                }
                Content::Struct(_) => {
                    let slots = self.slots(variant);
                    let _ = m;
                    quote!(#keys => #p::oneof::bind_nested::<Self, #slots>(#name, path, text),)
                }
            }
        })
    }

    pub(super) fn describe(&self) -> TokenStream {
        let (m, p) = (&self.out.m, &self.out.p);
        self.each(|variant| {
            let (names, number) = (&variant.names, variant.number);
            let (name, json, doc, deprecated) =
                (&names.declared, &names.json, &names.doc, names.deprecated);
            let plain = quote!(#p::field_desc(#name, #json, #number, #doc, #deprecated, false, ::core::option::Option::None));
            let field = match &variant.content {
                Content::Empty => quote!(<() as #m::Field>::describe(types, #plain)),
                Content::Value(field) => {
                    let trait_ = self.out.field(field);
                    let desc = describe(p, field, number, names);
                    quote_spanned!(place(&field.ty)=> #trait_::describe(types, #desc))
                }
                Content::Struct(fields) => {
                    let fields = self.bound(fields).describe();
                    let slots = self.slots(variant);
                    let name = crate::shared::case::plain(&variant.ident);
                    let (package, rust) = (self.out.package(), self.out.rust_path());
                    quote! {
                        {
                            let nested = types.generic_message::<#slots>(
                                |_| #p::message_desc(
                                    #p::text(#name), #package, #rust, #doc, #deprecated,
                                ),
                                |types, desc| {
                                    let _ = (&types, &desc);
                                    #fields
                                },
                            );
                            desc.nested.push(nested.clone());
                            #p::nested_field(#plain, nested)
                        }
                    }
                }
            };
            quote!({ let field = #field; #p::push_member(desc, field, oneof); })
        })
    }

    /// The arms that put traced values on the span `to`.
    pub(super) fn trace(&self) -> TokenStream {
        self.each(|variant| {
            let ident = &variant.ident;
            match &variant.content {
                Content::Empty => quote!(Self::#ident => {}),
                Content::Value(field) => {
                    let trace = self.bound(std::slice::from_ref(field)).trace();
                    let bound = super::fields::bound(field);
                    quote!(Self::#ident(#bound) => { let _ = #bound; #trace })
                }
                Content::Struct(fields) => {
                    let fields = self.bound(fields);
                    let (pattern, trace) = (fields.pattern(), fields.trace());
                    let unused = fields.list.iter().map(|field| {
                        let (cfgs, bound) = (&field.cfgs, super::fields::bound(field));
                        quote!(#(#cfgs)* { let _ = #bound; })
                    });
                    quote!(Self::#ident #pattern => { #(#unused)* #trace })
                }
            }
        })
    }

    /// Whether there may be traced values, an expression for each variant.
    pub(super) fn traced(&self) -> TokenStream {
        let p = &self.out.p;
        self.each(|variant| {
            let traced = match &variant.content {
                Content::Empty => TokenStream::new(),
                Content::Value(field) => self.bound(std::slice::from_ref(field)).traced(),
                Content::Struct(fields) => self.bound(fields).traced(),
            };
            quote!(#p::any(&[#traced]),)
        })
    }
}
