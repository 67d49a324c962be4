//! The output: the user's item with what is derived, and a nameless constant that holds every impl.
//!
//! Nothing is decided here. Calls that concern a field are placed at its type, so that a type which is no field is
//! reported there, once.

mod derived;
mod enumeration;
mod fields;
mod newtype;
mod oneof;
mod oneof_members;
mod oneof_message;
mod slots;
mod structure;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use super::model::{Body, Field, Format, Head, Model};
use crate::shared::Cx;

pub(super) fn expand(cx: &Cx, item: TokenStream, model: Model) -> TokenStream {
    let Model { head, body } = model;
    let out = Out::new(cx, &head);
    let impls = match &body {
        Body::Struct(fields) => structure::expand(&out, fields),
        Body::Oneof(variants) => oneof::expand(&out, variants),
        Body::Enum(values) => enumeration::expand(&out, values),
        Body::Newtype(field) => newtype::expand(&out, field),
    };
    let attributes = derived::attributes(&head, &body);
    let debug = derived::debug(&out, &body);
    quote! {
        #attributes
        #item
        const _: () = { #impls #debug };
    }
}

/// What every renderer needs: paths, and the type that the impls are for.
struct Out<'a> {
    head: &'a Head,
    /// `::bident::message`
    m: TokenStream,
    /// `::bident::__private::message`
    p: TokenStream,
    /// `::bident::__private::serde`
    serde: TokenStream,
    /// `::bident::service`
    service: TokenStream,
}

impl<'a> Out<'a> {
    fn new(cx: &Cx, head: &'a Head) -> Self {
        let root = cx.root();
        let private = cx.private();
        Self {
            head,
            m: quote!(#root::message),
            p: quote!(#private::message),
            serde: quote!(#private::serde),
            service: quote!(#root::service),
        }
    }

    /// The type with its parameters.
    fn this(&self) -> TokenStream {
        let ident = &self.head.ident;
        let (_, parameters, _) = self.head.generics.split_for_impl();
        quote!(#ident #parameters)
    }

    /// `impl<T> trait_ for Type<T> where T: Value`, without the braces.
    fn implement(&self, trait_: &TokenStream) -> TokenStream {
        self.implement_for(trait_, &self.this())
    }

    /// What a parameter of a generic message must be: usable by itself and in `Vec`, `Option` and maps.
    fn any_value(&self) -> TokenStream {
        let m = &self.m;
        quote!(#m::Value + #m::Field)
    }

    fn implement_for(&self, trait_: &TokenStream, target: &TokenStream) -> TokenStream {
        self.implement_where(&quote!(), trait_, target, &self.any_value(), &quote!())
    }

    /// The same with parameters of its own in front of the type's, a bound on each of those, and further predicates.
    fn implement_where(
        &self,
        first: &TokenStream,
        trait_: &TokenStream,
        target: &TokenStream,
        bound: &TokenStream,
        predicates: &TokenStream,
    ) -> TokenStream {
        let parameters = self.head.generics.type_params().map(|parameter| {
            let mut parameter = parameter.clone();
            parameter.default = None;
            parameter.eq_token = None;
            parameter
        });
        let bounds = self.parameters().map(|ident| quote!(#ident: #bound,));
        let own = self.head.generics.where_clause.as_ref().map(|clause| {
            let predicates = clause.predicates.iter();
            quote!(#(#predicates,)*)
        });
        quote! {
            #[automatically_derived]
            #[allow(deprecated, clippy::all, reason = "generated code reads deprecated fields like any other")]
            impl<#first #(#parameters),*> #trait_ for #target where #own #(#bounds)* #predicates
        }
    }

    /// What is no message by itself is the one field of a method's request.
    fn argument(&self) -> TokenStream {
        let (m, service, this) = (&self.m, &self.service, self.this());
        let names = quote!(__BidentNames);
        let head = self.implement_where(
            &quote!(#names: #service::RequestNames,),
            &quote!(#service::Arg<#names>),
            &this,
            &quote!(#m::Owned),
            // Whether it is a field is decided by what is inside, and was reported there.
            &quote!(for<'__bident> #this: #m::Field),
        );
        quote! {
            #head {
                type Request = #service::Wrapped<#names, Self>;

                fn from_request(request: Self::Request) -> Self {
                    request.value
                }

                fn into_request(self) -> Self::Request {
                    #service::Wrapped::new(self)
                }
            }
        }
    }

    /// `to_json` and `from_json`, which gives `read`, of whichever trait: the bodies are over `self`, `out` and `dialect`,
    /// and over `input` and `cx`.
    fn json(&self, read: &TokenStream, to: &TokenStream, from: &TokenStream) -> TokenStream {
        let (m, serde) = (&self.m, &self.serde);
        quote! {
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
            ) -> ::core::result::Result<#read, __BidentInput::Error> {
                let _ = &cx;
                #from
            }
        }
    }

    fn parameters(&self) -> impl Iterator<Item = &Ident> {
        self.head.generics.type_params().map(|parameter| &parameter.ident)
    }

    /// The type with `Self` written out: it stands in impls of other types too.
    fn ty(&self, ty: &Type) -> TokenStream {
        replace_self(ty.to_token_stream(), &self.this())
    }

    /// `F` of `Field<F>`.
    fn format(&self, field: &Field) -> TokenStream {
        let m = &self.m;
        match &field.format {
            Format::Plain => quote!(#m::format::Plain),
            Format::Zigzag => quote!(#m::format::Zigzag),
            Format::Fixed => quote!(#m::format::Fixed),
            Format::Foreign(name) => {
                let marker = foreign_marker(name);
                quote!(#m::format::Foreign<#marker, _>)
            }
        }
    }

    /// `<Type as Field<F>>`, at the type.
    fn field(&self, field: &Field) -> TokenStream {
        self.field_as(field, "Field")
    }

    fn field_as(&self, field: &Field, trait_: &str) -> TokenStream {
        let (m, ty, format) = (&self.m, self.ty(&field.ty), self.format(field));
        let trait_ = format_ident!("{trait_}");
        quote_spanned!(place(&field.ty)=> <#ty as #m::#trait_<#format>>)
    }

    /// The Rust path of the type, for messages about it.
    fn rust_path(&self) -> TokenStream {
        let name = self.head.ident.to_string();
        quote!(::core::concat!(::core::module_path!(), "::", #name))
    }

    fn package(&self) -> TokenStream {
        option(self.head.package.as_ref())
    }

    /// The head of the description: an expression over `types`.
    fn description(&self) -> TokenStream {
        let p = &self.p;
        let (name, doc) = (&self.head.name, &self.head.doc);
        let (package, rust, deprecated) = (self.package(), self.rust_path(), self.head.deprecated);
        let m = &self.m;
        let arguments = self.parameters().map(|ident| quote!(<#ident as #m::Value>::kind(types)));
        quote! {
            {
                let arguments = [#(#arguments),*];
                let name = #p::generic_name(types, &arguments, #name);
                #p::message_desc(name, #package, #rust, #doc, #deprecated)
            }
        }
    }
}

/// `Some("text")` or `None`.
fn option(text: Option<&String>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}

/// The type that carries the name of a foreign message.
fn foreign_marker(name: &str) -> Ident {
    format_ident!("__BidentForeign_{}", name.replace('.', "_"))
}

/// The types that carry the names of the foreign messages among `fields`, each once.
fn foreign_markers<'a>(out: &Out<'_>, fields: impl Iterator<Item = &'a Field>) -> TokenStream {
    let p = &out.p;
    let mut names: Vec<&String> = fields
        .filter_map(|field| match &field.format {
            Format::Foreign(name) => Some(name),
            _ => None,
        })
        .collect();
    names.sort();
    names.dedup();
    let markers = names.into_iter().map(|name| {
        let marker = foreign_marker(name);
        quote! {
            #[allow(non_camel_case_types, reason = "made from the name of a package")]
            struct #marker;
            impl #p::ForeignName for #marker {
                const NAME: &'static str = #name;
            }
        }
    });
    quote!(#(#markers)*)
}

/// Where to report about a type.
fn place(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}

fn replace_self(tokens: TokenStream, this: &TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) if ident == "Self" => this.clone(),
            TokenTree::Group(group) => {
                let mut inner =
                    proc_macro2::Group::new(group.delimiter(), replace_self(group.stream(), this));
                inner.set_span(group.span());
                TokenTree::Group(inner).into()
            }
            other => other.into(),
        })
        .collect()
}
