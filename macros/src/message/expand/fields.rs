//! What is written once per field: statements and match arms over the fields of a struct or a struct variant.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::{Out, option, place};
use crate::message::model::{Field, Format};

/// So many indices each `#[field(oneof)]` has for its variants.
pub(super) const STRIDE: usize = 256;

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

    pub(super) fn plain(&self) -> impl Iterator<Item = &Field> {
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

    /// Statements that put traced values on the span `to`, those of messages within too.
    pub(super) fn trace(&self) -> TokenStream {
        let m = &self.out.m;
        let traces = self.visible().map(|field| {
            let (cfgs, at, ty) = (&field.cfgs, self.shared(field), self.out.ty(&field.ty));
            let trace = match &field.traced {
                Some(key) => quote!(to.put(#key, <#ty as #m::Traced>::attribute(#at));),
                None if field.oneof => {
                    let oneof = self.oneof_field(field);
                    quote!(#oneof::trace_fields(#at, to);)
                }
                None => {
                    let trait_ = self.out.field(field);
                    quote!(#trait_::trace_within(#at, to);)
                }
            };
            quote_spanned!(place(&field.ty)=> #(#cfgs)* { #trace })
        });
        quote!(#(#traces)*)
    }

    /// Whether there may be traced values, an expression for each field that may have them.
    pub(super) fn traced(&self) -> TokenStream {
        let any = self.visible().map(|field| {
            let cfgs = &field.cfgs;
            let traced = if field.traced.is_some() {
                quote!(true)
            } else if field.oneof {
                let oneof = self.oneof_of(field);
                quote!(#oneof::TRACED)
            } else {
                let trait_ = self.out.field(field);
                quote!(#trait_::TRACED)
            };
            quote_spanned!(place(&field.ty)=> #(#cfgs)* #traced,)
        });
        quote!(#(#any)*)
    }

    /// The fields whose values may be looked at, by types that say how.
    fn visible(&self) -> impl Iterator<Item = &Field> {
        self.list.iter().filter(|field| {
            !field.secret && (field.traced.is_some() || !matches!(field.format, Format::Foreign(_)))
        })
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

    pub(super) fn initial_of(&self, field: &Field) -> TokenStream {
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
    pub(super) fn each_oneof(
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
