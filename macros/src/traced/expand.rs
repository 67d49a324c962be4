//! The output of `#[traced]`: the same functions, with their bodies run inside a span.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ReturnType;

use super::check::OWN_FIELDS;
use super::model::{Function, Model, Name};
use crate::shared::fields::Sigil;
use crate::shared::item::{FnItem, Member};
use crate::shared::{Cx, at};

/// The whole output.
pub(crate) fn expand(cx: &Cx, _item: TokenStream, model: Model) -> TokenStream {
    match model {
        Model::Fn(function) => wrap(cx, &function),
        Model::Impl(mut block, functions) => {
            for (member, function) in block.members.iter_mut().zip(&functions) {
                if let Some(function) = function {
                    *member = Member::Other(wrap(cx, function));
                }
            }
            block.into_token_stream()
        }
    }
}

fn wrap(cx: &Cx, function: &Function) -> TokenStream {
    let private = cx.private();
    let FnItem { attrs, vis, sig, body } = &function.item;
    let span = Ident::new("span", Span::mixed_site());
    let open = open(cx, function);
    let output = match &sig.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, output) => output.to_token_stream(),
    };
    let named = !has_impl(&output)
        && !matches!(&sig.output, ReturnType::Type(_, ty) if matches!(**ty, syn::Type::Never(_)));
    let run = if sig.asyncness.is_some() {
        // The return type is pinned, because the block around the body has none to be inferred from.
        let pin =
            named.then(|| quote!(if false { return #private::traced::unreached::<#output>(); }));
        quote!(#private::traced::future(&#span, async move { #pin #body }).await)
    } else {
        let output = named.then(|| quote!(-> #output));
        quote!(#private::traced::enter(&#span, move || #output #body))
    };
    quote_spanned! {Span::mixed_site()=>
        #(#attrs)*
        #vis #sig {
            #open
            let result = #run;
            if let ::core::option::Option::Some(span) = &span {
                #[allow(unused_imports, reason = "which one applies is the compiler's choice")]
                use #private::traced::{AnyError as _, NoError as _};
                #private::traced::ended(span, (&#private::traced::Probe(&result)).error_type());
            }
            result
        }
    }
}

/// `let span = ...`: the span with its fields, if anybody listens.
fn open(cx: &Cx, function: &Function) -> TokenStream {
    let private = cx.private();
    let name = match &function.name {
        Name::Fixed(name) => quote!(#private::traced::Name::Fixed(#name)),
        Name::OfSelf(method) => {
            quote!(#private::traced::Name::Of(::core::any::type_name::<Self>, #method))
        }
    };
    let kind = match &function.kind {
        Some(kind) => quote!(::core::option::Option::Some(
            &#kind as &dyn #private::tracing::Value
        )),
        None => quote!(::core::option::Option::None),
    };
    let own = OWN_FIELDS;
    let names = function.fields.iter().map(|field| &field.name);
    let values = function.fields.iter().map(|field| {
        let (span, value) = (at(field.span), &field.value);
        let value = match field.sigil {
            Sigil::Plain => quote_spanned!(span=> &(#value)),
            Sigil::Display => quote_spanned!(span=> &#private::tracing::field::display(&(#value))),
            Sigil::Debug => quote_spanned!(span=> &#private::tracing::field::debug(&(#value))),
        };
        quote_spanned! {span=>
            ::core::option::Option::Some(#value as &dyn #private::tracing::Value)
        }
    });
    quote_spanned! {Span::mixed_site()=>
        static __BIDENT_SITE: #private::traced::Site = #private::traced::Site::new(
            &[#(#own,)* #(#names),*],
            ::core::module_path!(),
            ::core::file!(),
            ::core::line!(),
        );
        let span = if __BIDENT_SITE.wanted(#name) {
            ::core::option::Option::Some(__BIDENT_SITE.span(&[
                #kind,
                ::core::option::Option::None,
                ::core::option::Option::None,
                #(#values),*
            ]))
        } else {
            ::core::option::Option::None
        };
    }
}

/// Whether a type has `impl Trait` in it, which cannot be named.
fn has_impl(ty: &TokenStream) -> bool {
    ty.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "impl",
        TokenTree::Group(group) => has_impl(&group.stream()),
        _ => false,
    })
}
