//! What a method declares for the span of its call, evaluated where that records.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::signature_ident;
use crate::service::model::{Arg, Attribute, Method};
use crate::shared::fields::Sigil;
use crate::shared::{Cx, at};

/// The statement that runs before the method has its arguments. `context` is the call's.
pub(super) fn before(cx: &Cx, method: &Method) -> TokenStream {
    let private = cx.private();
    let attributes = &method.traced.before;
    if attributes.is_empty() {
        return TokenStream::new();
    }
    let puts = puts(cx, method, attributes);
    quote_spanned!(Span::mixed_site()=> #private::record(&context, |to| { #puts });)
}

/// The statements that run `call` and look at what it returned.
pub(super) fn around(cx: &Cx, method: &Method, call: TokenStream) -> TokenStream {
    let private = cx.private();
    let attributes = &method.traced.after;
    let Some(reply) = attributes.iter().find_map(|attribute| attribute.reply.as_ref()) else {
        return call;
    };
    let reply = Ident::new("reply", reply.span());
    let (signature, puts) = (signature_ident(method), puts(cx, method, attributes));
    quote_spanned! {Span::mixed_site()=>
        let outcome = #call;
        #private::record_reply::<#signature>(&context, &outcome, |#reply, to| { #puts });
        outcome
    }
}

fn puts(cx: &Cx, method: &Method, attributes: &[Attribute]) -> TokenStream {
    let (root, private) = (cx.root(), cx.private());
    let context = method.args.iter().find_map(|arg| match arg {
        Arg::Context(Some(name), ty) if attributes.iter().any(|it| it.uses_context) => {
            Some(quote_spanned! {at(ty.span())=>
                let #name: &#ty = <#ty as #private::ContextArg>::context(&context);
            })
        }
        _ => None,
    });
    let puts = attributes.iter().map(|Attribute { field, .. }| {
        let (name, value) = (&field.name, &field.value);
        // A value that cannot be put on a span is reported where it stands.
        let span = at(value.span());
        let value = match field.sigil {
            Sigil::Plain => quote_spanned!(span=> #root::message::Traced::attribute(&(#value))),
            Sigil::Display => quote_spanned!(span=> #private::displayed(&(#value))),
            Sigil::Debug => quote_spanned!(span=> #private::debugged(&(#value))),
        };
        quote_spanned!(span=> to.put(#name, #value);)
    });
    quote!(#context #(#puts)*)
}
