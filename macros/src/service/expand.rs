//! Puts the output of `#[service]` together: the user's item, then one anonymous constant with the signatures, the
//! description, the assertions, the mount function and the client's methods.

mod client;
mod host;
mod signature;
mod spec;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::model::{Host, Method, Model, Service};
use crate::shared::item::{FnItem, Member, TraitBlock};
use crate::shared::{Cx, at};

/// The whole output.
pub(crate) fn expand(cx: &Cx, item: TokenStream, model: Model) -> TokenStream {
    let service = match model {
        Model::Hooks { generics, self_ty, hooks } => {
            let hooks = host::hooks_impl(cx, &generics, &self_ty, &hooks);
            return quote!(#item const _: () = { #hooks };);
        }
        Model::Service(service) => *service,
    };
    let item = match &service.host {
        Host::Trait(block) => rewrite(block, &service.methods),
        Host::Impl { .. } => item,
    };
    let outside = [client::definition(cx, &service), host::server_definition(cx, &service)];
    let signatures = service.methods.iter().map(|method| signature::signature(cx, method));
    let asserts = service.methods.iter().map(|method| spec::asserts(cx, method));
    let spec = spec::spec(cx, &service);
    let mount = host::service_impl(cx, &service);
    let client = client::methods(cx, &service);
    quote! {
        #item
        #(#outside)*
        const _: () = {
            #(#signatures)*
            #spec
            #(#asserts)*
            #mount
            #client
        };
    }
}

/// The methods of the trait as `-> impl Future<Output = ..> + Send`, which is what an `async fn` in an impl fulfils.
fn rewrite(block: &TraitBlock, methods: &[Method]) -> TokenStream {
    let members = block.members.iter().map(|member| match member {
        Member::Fn(item) if methods.iter().any(|method| method.ident == item.sig.ident) => {
            rewrite_method(item)
        }
        other => quote!(#other),
    });
    let head =
        TraitBlock { head: block.head.clone(), members: vec![Member::Other(quote!(#(#members)*))] };
    quote!(#head)
}

fn rewrite_method(item: &FnItem) -> TokenStream {
    let FnItem { attrs, vis, sig, body } = item;
    let output = match &sig.output {
        syn::ReturnType::Default => quote!(()),
        syn::ReturnType::Type(_, output) => quote!(#output),
    };
    let mut sig = sig.clone();
    sig.asyncness = None;
    sig.output = syn::ReturnType::Default;
    let future = quote_spanned! {at(sig.ident.span())=>
        -> impl ::core::future::Future<Output = #output> + ::core::marker::Send
    };
    // A body of the trait's own holds `&self` across its awaits.
    let body = if item.has_body() {
        quote!(where Self: ::core::marker::Sync { async move #body })
    } else {
        quote!(;)
    };
    quote!(#(#attrs)* #vis #sig #future #body)
}

/// The hidden type that stands for a method's signature.
fn signature_ident(method: &Method) -> Ident {
    format_ident!("__Bident{}Method", method.name, span = at(method.ident.span()))
}

/// The hidden request message of a method with several arguments.
fn request_ident(method: &Method) -> Ident {
    format_ident!("__Bident{}Request", method.name, span = at(method.ident.span()))
}

/// The static description of the service, inside the anonymous constant.
fn spec_ident() -> Ident {
    Ident::new("__BIDENT_SPEC", Span::mixed_site())
}

/// `&__BIDENT_SPEC.methods[i]`, counted at compile time past the methods that `cfg` may take away.
fn method_spec(service: &Service, index: usize) -> TokenStream {
    let before = &service.methods[..index];
    let fixed = before.iter().filter(|method| method.cfgs.is_empty()).count();
    let maybe = before.iter().filter(|method| !method.cfgs.is_empty()).map(|method| {
        let conditions = method.cfgs.iter().filter_map(|cfg| match &cfg.meta {
            syn::Meta::List(list) => Some(&list.tokens),
            _ => None,
        });
        quote!(+ ::core::cfg!(all(#(#conditions),*)) as usize)
    });
    let spec = spec_ident();
    quote!(&#spec.methods[#fixed #(#maybe)*])
}
