//! The constant description, the request messages and the assertions.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::{outcome, request_ident, request_type, spec_ident};
use crate::service::model::{Binding, Method, Service};
use crate::shared::{Cx, Spanned, at};

/// `static __BIDENT_SPEC`.
pub(super) fn spec(cx: &Cx, service: &Service) -> TokenStream {
    let root = cx.root();
    let Service { package, name, full_name, doc, deprecated, .. } = service;
    let methods = service.methods.iter().map(|method| method_spec(cx, method));
    let ident = spec_ident();
    quote! {
        static #ident: #root::service::ServiceSpec = #root::service::ServiceSpec {
            package: #package,
            name: #name,
            full_name: #full_name,
            doc: #doc,
            deprecated: #deprecated,
            methods: &[#(#methods),*],
        };
    }
}

fn method_spec(cx: &Cx, method: &Method) -> TokenStream {
    let root = cx.root();
    let Method { name, operation, doc, cfgs, idempotent, deprecated, form, .. } = method;
    let bindings = method.bindings.iter().map(|binding| binding_spec(cx, binding));
    let timeout = match method.timeout {
        Some(timeout) => {
            let (seconds, nanos) = (timeout.as_secs(), timeout.subsec_nanos());
            quote!(::core::option::Option::Some(::core::time::Duration::new(#seconds, #nanos)))
        }
        None => quote!(::core::option::Option::None),
    };
    let request = request_type(cx, method);
    let (input, output) =
        (describe(cx, &request, method.ident.span()), outcome(cx, method, "Message"));
    let output = describe(cx, &output, method.output.span());
    quote! {
        #(#cfgs)*
        #root::service::MethodSpec {
            name: #name,
            operation: #operation,
            doc: #doc,
            bindings: &[#(#bindings),*],
            shape: #root::service::Shape::Unary,
            timeout: #timeout,
            idempotent: #idempotent,
            deprecated: #deprecated,
            form: #form,
            input: #input,
            output: #output,
        }
    }
}

/// The function that describes a message, placed where its type was written.
fn describe(cx: &Cx, message: &TokenStream, span: Span) -> TokenStream {
    let root = cx.root_at(span);
    quote_spanned!(at(span)=> <#message as #root::message::Message>::describe)
}

fn binding_spec(cx: &Cx, binding: &Binding) -> TokenStream {
    let root = cx.root();
    let (verb, path) = (&binding.verb, &binding.template.value.text);
    let (body, response_body) = (option(&binding.body), option(&binding.response_body));
    quote! {
        #root::service::BindingSpec {
            verb: #verb,
            path: #path,
            body: #body,
            response_body: #response_body,
        }
    }
}

fn option(text: &Option<Spanned<String>>) -> TokenStream {
    match text {
        Some(text) => {
            let text = &text.value;
            quote!(::core::option::Option::Some(#text))
        }
        None => quote!(::core::option::Option::None),
    }
}

/// The request message that the arguments make, and for a single one the way into it and out of it.
pub(super) fn request(cx: &Cx, method: &Method) -> TokenStream {
    let values = method.values();
    if values.is_empty() {
        return TokenStream::new();
    }
    let (root, cfgs, ident) = (cx.root(), &method.cfgs, request_ident(method));
    let name = format!("{}Request", method.name);
    let (fields, types): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    let wraps = match (&fields[..], &types[..]) {
        ([field], [ty]) => quote! {
            #(#cfgs)*
            #[automatically_derived]
            impl #root::service::Wraps<#ty> for #ident {
                fn wrap(value: #ty) -> Self {
                    Self { #field: value }
                }
                fn unwrap(self) -> #ty {
                    self.#field
                }
            }
        },
        _ => TokenStream::new(),
    };
    quote! {
        #(#cfgs)*
        #[#root::message(crate = #root, name = #name, skip(Debug, Clone, PartialEq))]
        struct #ident {
            #(#fields: #types,)*
        }
        #wraps
    }
}

/// What only the compiler can know: that names in templates and bodies are fields.
pub(super) fn asserts(cx: &Cx, method: &Method) -> TokenStream {
    let (request, cfgs) = (request_type(cx, method), &method.cfgs);
    let reply = outcome(cx, method, "Message");
    let mut all = TokenStream::new();
    for binding in &method.bindings {
        for variable in &binding.template.value.variables {
            let Some(name) = variable.first() else { continue };
            let what = format!("the path variable `{{{}}}`", variable.join("."));
            all.extend(field(cx, cfgs, &request, name, binding.template.span, &what, "request"));
        }
        if let Some(body) = binding.body.as_ref().filter(|body| body.value != "*") {
            let what = format!("`body = \"{}\"`", body.value);
            all.extend(field(cx, cfgs, &request, &body.value, body.span, &what, "request"));
        }
        if let Some(body) = &binding.response_body {
            let what = format!("`response_body = \"{}\"`", body.value);
            all.extend(field(cx, cfgs, &reply, &body.value, body.span, &what, "reply"));
        }
    }
    all
}

/// Asserts that `message` has the field `name`.
fn field(
    cx: &Cx,
    cfgs: &[syn::Attribute],
    message: &TokenStream,
    name: &str,
    span: Span,
    what: &str,
    side: &str,
) -> TokenStream {
    let (root, private) = (cx.root(), cx.private());
    // `assert!` takes its text for a format string: the braces of a path variable would name a value.
    let wrong = format!("{what} names no field of the {side}: `{name}` is not one")
        .replace('{', "{{")
        .replace('}', "}}");
    let names = quote!(<#message as #root::message::Message>::FIELDS);
    quote_spanned! {at(span)=>
        #(#cfgs)*
        const _: () = ::core::assert!(#private::has_field(#names, #name), #wrong);
    }
}
