//! An enum without data: a proto enum.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Out, derived};
use crate::message::model::{Add, EnumValue};

pub(super) fn expand(out: &Out<'_>, values: &[EnumValue]) -> TokenStream {
    let (m, p, serde) = (&out.m, &out.p, &out.serde);
    let enumeration = enumeration(out, values);
    let value = out.implement(&quote!(#m::Value));
    let single = out.implement(&quote!(#m::Single));
    let traced = out.implement(&quote!(#m::Traced));
    let traced_item = out.implement(&quote!(#m::TracedItem));
    let first = values.iter().find(|value| !value.other).map(|value| &value.ident);
    let initial = out.implement(&quote!(#m::Initial));
    let default = match &out.head.derives.default {
        // The language's own derive wants a marked variant.
        Add::Never => TokenStream::new(),
        Add::Unless(_) => derived::default(out),
    };
    let (to, from) = if out.head.own_serde {
        (
            quote!(#serde::Serialize::serialize(self, out)),
            quote!(<Self as #serde::Deserialize<'de>>::deserialize(input)),
        )
    } else {
        (
            quote!(#p::enumeration::to_json(self, out, dialect)),
            quote!(#p::enumeration::from_json(input)),
        )
    };
    let json = out.json(&quote!(Self), &to, &from);
    let faces = derived::serde_faces(
        out,
        &quote!(#p::serialize_field::<#m::format::Plain, _, _>),
        &quote!(#p::deserialize_field::<#m::format::Plain, _, _>),
        &quote!(),
    );
    let argument = out.argument();
    quote! {
        #enumeration

        #value {
            const WIRE: #m::WireType = #m::WireType::Varint;

            fn initial() -> ::core::option::Option<Self> {
                #p::Enumeration::from_number(0)
            }

            fn is_default(&self) -> bool {
                #p::Enumeration::number(self) == 0
            }

            fn size(&self) -> usize {
                #p::enumeration::size(self)
            }

            fn write(&self, out: &mut #p::Buffer) {
                #p::enumeration::write(self, out);
            }

            fn read(
                raw: #m::Raw<'_>,
                _: &mut #m::WireCx<'_>,
            ) -> ::core::result::Result<Self, #m::Fault> {
                #p::enumeration::read(raw)
            }

            #json

            fn bind(
                &mut self,
                path: &[&str],
                text: &str,
            ) -> ::core::result::Result<bool, #m::Fault> {
                #p::enumeration::bind(self, path, text)
            }

            fn kind(types: &mut #m::Types) -> #m::Kind {
                #p::enumeration::kind::<Self>(types)
            }
        }

        #single {}

        #initial {
            fn initial() -> Self {
                Self::#first
            }
        }

        #traced {
            fn attribute(&self) -> ::core::option::Option<#m::Attribute> {
                ::core::option::Option::Some(#p::enumeration::attribute(self))
            }
        }

        #traced_item {}

        #default
        #faces
        #argument
    }
}

fn enumeration(out: &Out<'_>, values: &[EnumValue]) -> TokenStream {
    let p = &out.p;
    let m = &out.m;
    let known = || values.iter().filter(|value| !value.other);
    let descriptions = known().map(|value| {
        let EnumValue { cfgs, name, number, doc, deprecated, .. } = value;
        quote!(#(#cfgs)* #p::enum_value(#name, #number, #doc, #deprecated))
    });
    let pairs = known().map(|value| {
        let EnumValue { cfgs, name, number, .. } = value;
        quote!(#(#cfgs)* (#name, #number))
    });
    let numbers = values.iter().map(|value| {
        let EnumValue { cfgs, ident, number, other, .. } = value;
        match other {
            true => quote!(#(#cfgs)* Self::#ident(number) => *number,),
            false => quote!(#(#cfgs)* Self::#ident => #number,),
        }
    });
    let idents = known().map(|value| {
        let EnumValue { cfgs, ident, number, .. } = value;
        quote!(#(#cfgs)* #number => ::core::option::Option::Some(Self::#ident),)
    });
    let unknown = values.iter().find(|value| value.other).map_or_else(
        || quote!(::core::option::Option::None),
        |other| {
            let ident = &other.ident;
            quote!(::core::option::Option::Some(Self::#ident(number)))
        },
    );
    let implement = out.implement(&quote!(#p::Enumeration));
    let (name, doc, deprecated) = (&out.head.name, &out.head.doc, out.head.deprecated);
    let (package, rust) = (out.package(), out.rust_path());
    quote! {
        #implement {
            const VALUES: &'static [(&'static str, i32)] = &[#(#pairs),*];

            fn number(&self) -> i32 {
                match self { #(#numbers)* }
            }

            fn from_number(number: i32) -> ::core::option::Option<Self> {
                match number {
                    #(#idents)*
                    _ => #unknown,
                }
            }

            fn describe() -> #m::EnumDesc {
                let values: ::std::vec::Vec<_> = ::core::convert::From::from([#(#descriptions),*]);
                #p::enum_desc(#name, #package, #rust, #doc, #deprecated, values)
            }
        }
    }
}
