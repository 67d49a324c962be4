//! The types of each method, named once: whatever else needs them asks the type that stands for the signature.
//!
//! This is where a type that may not be an argument or a result is reported, and nowhere else.

use proc_macro2::TokenStream;
use quote::quote;

use super::{output_type, request_ident, signature_ident};
use crate::service::model::{Method, Value};
use crate::shared::Cx;

/// `Signature` for one method, with what it needs: the names of the request around a single argument, which may be a plain
/// value, or a message that several make.
pub(super) fn signature(cx: &Cx, method: &Method) -> TokenStream {
    let (root, cfgs, ident, output) =
        (cx.root(), &method.cfgs, signature_ident(method), output_type(cx, method));
    let values = method.values();
    let (input, request) = match values.as_slice() {
        [] => (quote!(()), TokenStream::new()),
        [value] => {
            let ty = &value.ty;
            (quote!(#ty), names(cx, method, value))
        }
        values => {
            let request = request_ident(method);
            (quote!(#request), message(cx, method, values))
        }
    };
    quote! {
        #(#cfgs)*
        enum #ident {}
        #request
        #(#cfgs)*
        #[automatically_derived]
        #[allow(deprecated, reason = "a deprecated type is served like any other")]
        impl #root::service::Signature for #ident {
            type Input = #input;
            type Output = #output;
        }
    }
}

fn request_name(method: &Method) -> String {
    format!("{}Request", method.name)
}

/// The names of the request around a plain value. A message as the argument does not look at them.
fn names(cx: &Cx, method: &Method, value: &Value) -> TokenStream {
    let (root, cfgs, ident) = (cx.root(), &method.cfgs, signature_ident(method));
    let (message, Value { name, json, .. }) = (request_name(method), value);
    let rust = request_ident(method).to_string();
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #root::service::RequestNames for #ident {
            const MESSAGE: &'static str = #message;
            const FIELD: &'static str = #name;
            const JSON: &'static str = #json;
            const RUST: &'static str = ::core::concat!(::core::module_path!(), "::", #rust);
        }
    }
}

/// The request message that several arguments make.
fn message(cx: &Cx, method: &Method, values: &[&Value]) -> TokenStream {
    let (root, cfgs, ident) = (cx.root(), &method.cfgs, request_ident(method));
    let name = request_name(method);
    let fields = values.iter().map(|Value { ident, ty, .. }| quote!(#ident: #ty));
    quote! {
        #(#cfgs)*
        #[#root::message(crate = #root, name = #name, skip(Debug, Clone, PartialEq))]
        struct #ident {
            #(#fields,)*
        }
    }
}
