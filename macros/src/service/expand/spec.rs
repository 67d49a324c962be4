//! The constant description and the assertions.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::{signature_ident, spec_ident};
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
    let Method { name, operation, doc, cfgs, idempotent, deprecated, .. } = method;
    let (form, event_id) = (method.form.is_some(), option(&method.event_id));
    let high_priority = method.traced.high_priority;
    let traced = !(method.traced.before.is_empty() && method.traced.after.is_empty());
    let bindings = method.bindings.iter().map(|binding| binding_spec(cx, binding));
    let timeout = match method.timeout {
        Some(timeout) => {
            let (seconds, nanos) = (timeout.as_secs(), timeout.subsec_nanos());
            quote!(::core::option::Option::Some(::core::time::Duration::new(#seconds, #nanos)))
        }
        None => quote!(::core::option::Option::None),
    };
    let (private, signature) = (cx.private(), signature_ident(method));
    quote! {
        #(#cfgs)*
        #root::service::MethodSpec {
            name: #name,
            operation: #operation,
            doc: #doc,
            bindings: &[#(#bindings),*],
            shape: #private::shape::<#signature>(),
            timeout: #timeout,
            idempotent: #idempotent,
            deprecated: #deprecated,
            form: #form,
            event_id: #event_id,
            high_priority: #high_priority,
            traced: #private::is_traced::<#signature>(#traced),
            input: #private::request::<#signature>(),
            output: #private::reply::<#signature>(),
        }
    }
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

/// What only the compiler can know: that names in templates and bodies are fields, and that what comes as a form is one
/// message.
pub(super) fn asserts(cx: &Cx, method: &Method) -> TokenStream {
    let mut all = TokenStream::new();
    if let Some(span) = method.form {
        let (private, cfgs, signature) = (cx.private(), &method.cfgs, signature_ident(method));
        all.extend(quote_spanned! {at(span)=>
            #(#cfgs)*
            const _: () = ::core::assert!(
                #private::takes_one::<#signature>(),
                "a form is one message: a method that takes a stream accepts none"
            );
        });
    }
    if let Some(id) = &method.event_id {
        let what = format!("`event_id = \"{}\"`", id.value);
        all.extend(field(cx, method, "reply", &id.value, id.span, &what));
    }
    for binding in &method.bindings {
        for variable in &binding.template.value.variables {
            let Some(name) = variable.first() else { continue };
            let what = format!("the path variable `{{{}}}`", variable.join("."));
            all.extend(field(cx, method, "request", name, binding.template.span, &what));
        }
        if let Some(body) = binding.body.as_ref().filter(|body| body.value != "*") {
            let what = format!("`body = \"{}\"`", body.value);
            all.extend(field(cx, method, "request", &body.value, body.span, &what));
        }
        if let Some(body) = &binding.response_body {
            let what = format!("`response_body = \"{}\"`", body.value);
            all.extend(field(cx, method, "reply", &body.value, body.span, &what));
        }
    }
    all
}

/// Asserts that the message on that side has the field `name`.
fn field(cx: &Cx, method: &Method, side: &str, name: &str, span: Span, what: &str) -> TokenStream {
    let (private, cfgs, signature) = (cx.private(), &method.cfgs, signature_ident(method));
    let has = format_ident!("{side}_has");
    // `assert!` takes its text for a format string: the braces of a path variable would name a value.
    let wrong = format!("{what} names no field of the {side}: `{name}` is not one")
        .replace('{', "{{")
        .replace('}', "}}");
    quote_spanned! {at(span)=>
        #(#cfgs)*
        const _: () = ::core::assert!(#private::#has::<#signature>(#name), #wrong);
    }
}
