//! Puts the output of `#[service]` together: the user's item, then one anonymous constant with the signatures, the
//! description, the assertions, the mount function and the client's methods.

mod client;
mod host;
mod signature;
mod spec;
mod traced;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};

use super::model::{Host, Method, Model, Output, Service};
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
    let mut sig = sig.clone();
    if let syn::ReturnType::Type(_, output) = &mut sig.output {
        Sendable.visit_type_mut(output);
    }
    if sig.asyncness.take().is_none() {
        return quote!(#(#attrs)* #vis #sig #body);
    }
    let output = match std::mem::replace(&mut sig.output, syn::ReturnType::Default) {
        syn::ReturnType::Default => quote!(()),
        syn::ReturnType::Type(_, output) => quote!(#output),
    };
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

/// Nobody outside of a trait can see whether its streams are `Send` but by their bounds.
struct Sendable;

impl VisitMut for Sendable {
    fn visit_type_impl_trait_mut(&mut self, ty: &mut syn::TypeImplTrait) {
        ty.bounds.push(syn::parse_quote!(::core::marker::Send));
    }
}

/// What a method returns, with a stream in it as a type that has a name.
fn output_type(cx: &Cx, method: &Method) -> syn::Type {
    struct Named<'a>(&'a Cx, &'a syn::Type);

    impl VisitMut for Named<'_> {
        fn visit_type_mut(&mut self, ty: &mut syn::Type) {
            if let syn::Type::ImplTrait(_) = ty {
                let (private, item) = (self.0.private_at(ty.span()), self.1);
                let named = quote_spanned!(at(ty.span())=> #private::StreamOf<#item>);
                *ty = syn::Type::Verbatim(named);
            } else {
                visit_mut::visit_type_mut(self, ty);
            }
        }
    }

    match &method.output {
        Output::One(ty) => ty.clone(),
        Output::Many { ty, item, .. } => {
            let mut ty = ty.clone();
            Named(cx, item).visit_type_mut(&mut ty);
            ty
        }
    }
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
