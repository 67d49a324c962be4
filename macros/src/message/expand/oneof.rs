//! An enum with data: a message with one oneof, which can also join another message.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::fields::{Fields, Reach, alternatives, describe};
use super::{Out, derived, foreign_markers, place};
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
    let message = message(out);
    let faces = derived::message_faces(out);
    quote!(#markers #(#slots)* #oneof #message #faces)
}

fn slots_name(variant: &Variant) -> Ident {
    format_ident!("__BidentSlots{}", variant.index)
}

struct Members<'a> {
    out: &'a Out<'a>,
    variants: &'a [Variant],
}

impl Members<'_> {
    /// One piece of code per variant, under its `cfg`.
    fn each(&self, render: impl Fn(&Variant) -> TokenStream) -> TokenStream {
        let parts = self.variants.iter().map(|variant| {
            let (cfgs, code) = (&variant.cfgs, render(variant));
            quote!(#(#cfgs)* #code)
        });
        quote!(#(#parts)*)
    }

    fn slots(&self, variant: &Variant) -> TokenStream {
        let (name, parameters) = (slots_name(variant), self.out.parameters());
        quote!(#name<#(#parameters),*>)
    }

    fn bound<'b>(&'b self, fields: &'b [Field]) -> Fields<'b> {
        Fields { out: self.out, list: fields, reach: Reach::Bound }
    }

    fn member(&self, field: &Field) -> TokenStream {
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
        let (describe, trace) = (self.describe(), self.trace());
        let implement = self.out.implement(&quote!(#p::Oneof));
        quote! {
            #implement {
                const NUMBERS: &'static [u32] = &[#(#numbers),*];
                const NAMES: &'static [&'static str] = &[#(#names),*];
                const PINNED: bool = #pinned;

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

                fn trace(&self, sink: &mut #m::TraceSink<'_>) {
                    let _ = &sink;
                    match self { #trace }
                }
            }
        }
    }

    fn keys(&self, variant: &Variant) -> TokenStream {
        alternatives(&variant.names.declared, &variant.names.json)
    }

    fn size(&self) -> TokenStream {
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

    fn write(&self) -> TokenStream {
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

    fn read(&self) -> TokenStream {
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
    fn merge(&self) -> TokenStream {
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

    fn print(&self) -> TokenStream {
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

    fn print_body(&self) -> TokenStream {
        self.each(|variant| {
            let Content::Struct(fields) = &variant.content else { return quote!() };
            let fields = self.bound(fields);
            let (ident, pattern, print) = (&variant.ident, fields.pattern(), fields.print());
            quote!(Self::#ident #pattern => { #print })
        })
    }

    fn take(&self) -> TokenStream {
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
    fn bind(&self) -> TokenStream {
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

    fn bind_new(&self) -> TokenStream {
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

    fn describe(&self) -> TokenStream {
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
                    let name = crate::message::case::plain(&variant.ident);
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

    fn trace(&self) -> TokenStream {
        let m = &self.out.m;
        self.each(|variant| {
            let ident = &variant.ident;
            match &variant.content {
                Content::Empty => quote!(Self::#ident => {}),
                Content::Value(field) => match &field.traced {
                    Some(key) => {
                        let ty = self.out.ty(&field.ty);
                        quote_spanned! {place(&field.ty)=>
                            Self::#ident(value) => <#ty as #m::Traced>::trace(value, #key, sink),
                        }
                    }
                    None => quote!(Self::#ident(_) => {}),
                },
                Content::Struct(fields) if fields.iter().any(|f| f.traced.is_some() || f.oneof) => {
                    let fields = self.bound(fields);
                    let (pattern, trace) = (fields.pattern(), fields.trace());
                    let unused = fields.list.iter().map(|field| {
                        let (cfgs, bound) = (&field.cfgs, super::fields::bound(field));
                        quote!(#(#cfgs)* { let _ = #bound; })
                    });
                    quote!(Self::#ident #pattern => { #(#unused)* #trace })
                }
                Content::Struct(_) => quote!(Self::#ident { .. } => {}),
            }
        })
    }
}

/// The message around the oneof: everything follows from the members.
fn message(out: &Out<'_>) -> TokenStream {
    let (m, p, serde) = (&out.m, &out.p, &out.serde);
    let implement = out.implement(&quote!(#m::Message));
    let description = out.description();
    let (to, from, set) = if out.head.own_serde {
        let from = quote!(<Self as #serde::Deserialize<'de>>::deserialize(input));
        (
            quote!(#serde::Serialize::serialize(self, out)),
            from.clone(),
            quote!(#from.map(::core::option::Option::Some)),
        )
    } else {
        (
            quote!(#p::oneof::to_json(self, out, dialect)),
            quote!(#p::oneof::from_json(input, cx)),
            quote!(#p::oneof::from_json_set(input, cx)),
        )
    };
    quote! {
        #implement {
            const FIELDS: &'static [&'static str] = <Self as #p::Oneof>::NAMES;

            fn initial() -> ::core::option::Option<Self> {
                ::core::option::Option::None
            }

            fn size(&self) -> usize {
                #p::Oneof::size(self)
            }

            fn write(&self, out: &mut #p::Buffer) {
                #p::Oneof::write(self, out);
            }

            fn read(
                body: &[u8],
                cx: &mut #m::WireCx<'_>,
            ) -> ::core::result::Result<Self, #m::Fault> {
                #p::oneof::read(body, cx)
            }

            fn read_set(
                body: &[u8],
                cx: &mut #m::WireCx<'_>,
            ) -> ::core::result::Result<::core::option::Option<Self>, #m::Fault> {
                #p::oneof::read_set(body, cx)
            }

            fn merge_field(
                &mut self,
                number: u32,
                raw: #m::Raw<'_>,
                cx: &mut #m::WireCx<'_>,
            ) -> ::core::result::Result<bool, #m::Fault> {
                #p::Oneof::merge_member(self, number, raw, cx)
            }

            fn to_json<__BidentOutput: #serde::Serializer>(
                &self,
                out: __BidentOutput,
                dialect: #m::Dialect,
            ) -> ::core::result::Result<__BidentOutput::Ok, __BidentOutput::Error> {
                let _ = dialect;
                #to
            }

            fn from_json<'de, __BidentInput: #serde::Deserializer<'de>>(
                input: __BidentInput,
                cx: &mut #m::JsonCx,
            ) -> ::core::result::Result<Self, __BidentInput::Error> {
                let _ = &cx;
                #from
            }

            fn from_json_set<'de, __BidentInput: #serde::Deserializer<'de>>(
                input: __BidentInput,
                cx: &mut #m::JsonCx,
            ) -> ::core::result::Result<::core::option::Option<Self>, __BidentInput::Error> {
                let _ = &cx;
                #set
            }

            fn field_number(field: &str) -> ::core::option::Option<u32> {
                #p::oneof::number::<Self>(field)
            }

            fn write_field(&self, number: u32, out: &mut #p::Buffer) {
                #p::oneof::write_member(self, number, out);
            }

            fn field_to_json<__BidentOutput: #serde::Serializer>(
                &self,
                field: &str,
                out: __BidentOutput,
                dialect: #m::Dialect,
            ) -> ::core::result::Result<__BidentOutput::Ok, __BidentOutput::Error> {
                #p::oneof::field_to_json(self, field, out, dialect)
            }

            fn field_from_json<'de, __BidentInput: #serde::Deserializer<'de>>(
                &mut self,
                field: &str,
                input: __BidentInput,
                cx: &mut #m::JsonCx,
            ) -> ::core::result::Result<(), __BidentInput::Error> {
                #p::oneof::field_from_json(self, field, input, cx)
            }

            fn bind(
                &mut self,
                path: &[&str],
                text: &str,
            ) -> ::core::result::Result<bool, #m::Fault> {
                #p::oneof::bind(self, path, text)
            }

            fn bind_new(
                path: &[&str],
                text: &str,
            ) -> ::core::result::Result<::core::option::Option<Self>, #m::Fault> {
                <Self as #p::Oneof>::bind_new(path, text)
            }

            fn describe(types: &mut #m::Types) -> #m::TypeRef {
                types.generic_message::<Self>(|types| #description, |types, desc| {
                    #p::oneof::describe::<Self>(types, desc, "kind");
                })
            }

            fn trace(&self, sink: &mut #m::TraceSink<'_>) {
                #p::Oneof::trace(self, sink);
            }
        }
    }
}
