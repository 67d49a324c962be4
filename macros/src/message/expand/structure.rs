//! A struct: a message with its fields.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use super::fields::{Fields, Reach};
use super::{Out, derived, foreign_markers, place};
use crate::message::model::Field;

pub(super) fn expand(out: &Out<'_>, list: &[Field]) -> TokenStream {
    let fields = Fields { out, list, reach: Reach::Own };
    let markers = foreign_markers(out, list.iter());
    let slots_name = format_ident!("__BidentSlots");
    let ident = &out.head.ident;
    let slots = fields.slots(&[], &slots_name, &quote!(#ident));
    let message = message(out, &fields);
    let asserts = asserts(out, &fields);
    let initial = derived::initial(out, list);
    let default = derived::default(out);
    let faces = derived::message_faces(out);
    quote!(#markers #slots #message #asserts #initial #default #faces)
}

fn message(out: &Out<'_>, fields: &Fields<'_>) -> TokenStream {
    let (m, p) = (&out.m, &out.p);
    let implement = out.implement(&quote!(#m::Message));
    let parameters: Vec<_> = out.parameters().collect();
    let slots = quote!(__BidentSlots<#(#parameters),*>);
    let names = names(out, fields);
    let initial = fields.initial();
    let size = fields.size();
    let write = fields.write();
    let merge = fields.merge();
    let bind = fields.bind();
    let describe = fields.describe();
    let (traced, trace) = (fields.traced(), fields.trace());
    let description = out.description();
    let json = json(out, fields, &slots);
    let one = one_field(out, fields);
    quote! {
        #implement {
            const FIELDS: &'static [&'static str] = #names;
            const TRACED: bool = #p::any(&[#traced]);

            fn initial() -> ::core::option::Option<Self> {
                ::core::option::Option::Some(Self { #initial })
            }

            fn size(&self) -> usize {
                #size
            }

            fn write(&self, out: &mut #p::Buffer) {
                #write
                let _ = out;
            }

            fn read(
                body: &[u8],
                cx: &mut #m::WireCx<'_>,
            ) -> ::core::result::Result<Self, #m::Fault> {
                #p::read::<#slots>(body, cx)
            }

            fn merge_field(
                &mut self,
                number: u32,
                raw: #m::Raw<'_>,
                cx: &mut #m::WireCx<'_>,
            ) -> ::core::result::Result<bool, #m::Fault> {
                let _ = (&raw, &cx);
                #merge
            }

            #json

            #one

            fn bind(
                &mut self,
                path: &[&str],
                text: &str,
            ) -> ::core::result::Result<bool, #m::Fault> {
                let ::core::option::Option::Some((first, rest)) = path.split_first() else {
                    return ::core::result::Result::Ok(false);
                };
                let _ = (rest, text);
                #bind
            }

            fn describe(types: &mut #m::Types) -> #m::TypeRef {
                types.generic_message::<Self>(|types| #description, |types, desc| {
                    let _ = (&types, &desc);
                    #describe
                })
            }

            fn trace_fields(&self, to: &mut #m::Attributes) {
                let _ = &to;
                #trace
            }
        }
    }
}

fn json(out: &Out<'_>, fields: &Fields<'_>, slots: &TokenStream) -> TokenStream {
    let (p, serde) = (&out.p, &out.serde);
    let (to, from) = if out.head.own_serde {
        (
            quote!(#serde::Serialize::serialize(self, out)),
            quote!(<Self as #serde::Deserialize<'de>>::deserialize(input)),
        )
    } else {
        let print = fields.print();
        (
            quote! {
                let mut object = #serde::Serializer::serialize_map(out, ::core::option::Option::None)?;
                let map = &mut object;
                #print
                let _ = map;
                #serde::ser::SerializeMap::end(object)
            },
            quote!(#p::from_json::<#slots, __BidentInput>(input, cx)),
        )
    };
    out.json(&quote!(Self), &to, &from)
}

/// The methods that work on one field by its name or number.
fn one_field(out: &Out<'_>, fields: &Fields<'_>) -> TokenStream {
    let (m, p, serde) = (&out.m, &out.p, &out.serde);
    let mut numbers = TokenStream::new();
    let mut writes = TokenStream::new();
    let mut prints = TokenStream::new();
    let mut reads = TokenStream::new();
    for field in fields.list.iter().filter(|field| !field.oneof) {
        let (cfgs, ident, number) = (&field.cfgs, &field.ident, field.number);
        let (name, secret, trait_) = (&field.names.declared, field.secret, out.field(field));
        let place = place(&field.ty);
        numbers.extend(quote!(#(#cfgs)* #name => ::core::option::Option::Some(#number),));
        writes.extend(quote_spanned! {place=>
            #(#cfgs)* #number => #trait_::write(&self.#ident, number, out),
        });
        prints.extend(quote_spanned! {place=>
            #(#cfgs)* #name => #trait_::to_json(&self.#ident, out, dialect),
        });
        reads.extend(quote_spanned! {place=>
            #(#cfgs)* #name => #trait_::set_from_json(&mut self.#ident, (#name, #secret), input, cx),
        });
    }
    let mut oneof_numbers = TokenStream::new();
    let mut oneof_writes = TokenStream::new();
    let mut oneof_prints = TokenStream::new();
    let mut oneof_reads = TokenStream::new();
    for field in fields.oneofs() {
        let (cfgs, ident, place) = (&field.cfgs, &field.ident, place(&field.ty));
        let oneof = fields.oneof_field(field);
        oneof_numbers.extend(quote_spanned! {place=>
            #(#cfgs)*
            if let ::core::option::Option::Some(number) = #oneof::number(field) {
                return ::core::option::Option::Some(number);
            }
        });
        oneof_writes.extend(quote_spanned! {place=>
            #(#cfgs)* { #oneof::write_member(&self.#ident, number, out); }
        });
        oneof_prints.extend(quote_spanned! {place=>
            #(#cfgs)*
            if #oneof::number(field).is_some() {
                return #oneof::field_to_json(&self.#ident, field, out, dialect);
            }
        });
        oneof_reads.extend(quote_spanned! {place=>
            #(#cfgs)*
            if #oneof::number(field).is_some() {
                return #oneof::field_from_json(&mut self.#ident, field, input, cx);
            }
        });
    }
    quote! {
        fn field_number(field: &str) -> ::core::option::Option<u32> {
            match field {
                #numbers
                _ => {
                    #oneof_numbers
                    ::core::option::Option::None
                }
            }
        }

        fn write_field(&self, number: u32, out: &mut #p::Buffer) {
            let _ = &out;
            match number {
                #writes
                _ => { #oneof_writes }
            }
        }

        fn field_to_json<__BidentOutput: #serde::Serializer>(
            &self,
            field: &str,
            out: __BidentOutput,
            dialect: #m::Dialect,
        ) -> ::core::result::Result<__BidentOutput::Ok, __BidentOutput::Error> {
            let _ = dialect;
            match field {
                #prints
                _ => {
                    #oneof_prints
                    ::core::result::Result::Err(#p::no_field_to_print(field))
                }
            }
        }

        fn field_from_json<'de, __BidentInput: #serde::Deserializer<'de>>(
            &mut self,
            field: &str,
            input: __BidentInput,
            cx: &mut #m::JsonCx,
        ) -> ::core::result::Result<(), __BidentInput::Error> {
            let _ = &cx;
            match field {
                #reads
                _ => {
                    #oneof_reads
                    ::core::result::Result::Err(#p::no_such_field(field))
                }
            }
        }
    }
}

/// Every name of a field, those of the variants of its oneofs included.
fn names(out: &Out<'_>, fields: &Fields<'_>) -> TokenStream {
    let p = &out.p;
    let own = fields.list.iter().filter(|field| !field.oneof).map(|field| {
        let (cfgs, name) = (&field.cfgs, &field.names.declared);
        quote!(#(#cfgs)* #name)
    });
    let own = quote!(&[#(#own),*]);
    if fields.oneofs().next().is_none() {
        return own;
    }
    let oneofs = fields.oneofs().map(|field| {
        let (cfgs, oneof) = (&field.cfgs, fields.oneof_of(field));
        quote!(#(#cfgs)* #oneof::NAMES)
    });
    // The length of an array cannot depend on a type parameter: a generic message's oneofs are left out.
    if out.parameters().next().is_some() {
        return own;
    }
    quote! {
        {
            const PARTS: &[&[&str]] = &[#own, #(#oneofs),*];
            const ALL: &[&str] = &#p::concat::<{ #p::total(PARTS) }>(PARTS);
            ALL
        }
    }
}

/// What only the compiler knows about the enums in `#[field(oneof)]`.
fn asserts(out: &Out<'_>, fields: &Fields<'_>) -> TokenStream {
    let p = &out.p;
    if fields.oneofs().next().is_none() {
        return TokenStream::new();
    }
    let own = fields.list.iter().filter(|field| !field.oneof);
    let numbers = own.clone().map(|field| {
        let (cfgs, number) = (&field.cfgs, field.number);
        quote!(#(#cfgs)* #number)
    });
    let names = own.flat_map(|field| {
        let (cfgs, names) = (&field.cfgs, &field.names);
        let (declared, json) = (&names.declared, &names.json);
        [quote!(#(#cfgs)* #declared), quote!(#(#cfgs)* #json)]
    });
    let checks = fields.oneofs().enumerate().map(|(position, field)| {
        let (cfgs, oneof) = (&field.cfgs, fields.oneof_of(field));
        let others = fields.oneofs().take(position).map(|other| {
            let (cfgs, other) = (&other.cfgs, fields.oneof_of(other));
            quote_spanned! {place(&field.ty)=>
                #(#cfgs)*
                ::core::assert!(
                    #p::disjoint(#other::NUMBERS, #oneof::NUMBERS),
                    "two oneofs of this message have a number in common"
                );
            }
        });
        quote_spanned! {place(&field.ty)=>
            #(#cfgs)*
            {
                ::core::assert!(
                    #oneof::PINNED,
                    "every variant of an enum in `#[field(oneof)]` needs a number: `#[field(5)]` above it"
                );
                ::core::assert!(#oneof::NUMBERS.len() <= 256, "a oneof has at most 256 variants here");
                ::core::assert!(
                    #p::disjoint(NUMBERS, #oneof::NUMBERS),
                    "a variant of this oneof has the number of a field beside it"
                );
                ::core::assert!(
                    #p::disjoint_names(NAMES, #oneof::NAMES),
                    "a variant of this oneof has the name of a field beside it"
                );
                #(#others)*
            }
        }
    });
    let body = quote! {
        const NUMBERS: &[u32] = &[#(#numbers),*];
        const NAMES: &[&str] = &[#(#names),*];
        #(#checks)*
    };
    if out.parameters().next().is_none() {
        return quote!(const _: () = { #body };);
    }
    TokenStream::new()
}
