//! The message around the oneof of an enum with data: everything follows from the members.

use proc_macro2::TokenStream;
use quote::quote;

use super::Out;

pub(super) fn expand(out: &Out<'_>) -> TokenStream {
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
    let json = out.json(&quote!(Self), &to, &from);
    quote! {
        #implement {
            const FIELDS: &'static [&'static str] = <Self as #p::Oneof>::NAMES;
            const TRACED: bool = <Self as #p::Oneof>::TRACED;

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

            #json

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

            fn trace_fields(&self, to: &mut #m::Attributes) {
                #p::Oneof::trace_fields(self, to);
            }
        }
    }
}
