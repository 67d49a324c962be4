//! The side that serves: `Service` for the user's type, or for the wrapper around an implementation of the user's trait.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Generics, Type};

use super::{method_spec, request_ident, signature_ident, spec_ident, traced};
use crate::service::model::{Arg, Hook, Host, Make, Method, Output, Service, Value};
use crate::shared::{Cx, at};

/// `pub struct UsersServer<T>(pub T)` for a trait, nothing for an impl.
pub(super) fn server_definition(cx: &Cx, service: &Service) -> TokenStream {
    let Host::Trait(block) = &service.host else { return TokenStream::new() };
    let (root, vis, name) = (cx.root(), &block.head.vis, &service.ident);
    let ident = format_ident!("{name}Server");
    let doc = format!("Serves an implementation of [`{name}`]: what an app mounts.");
    quote! {
        #[doc = #doc]
        #[allow(dead_code, reason = "a crate may only use the client")]
        #vis struct #ident<T>(pub T);

        impl<T: #name> #ident<T> {
            /// Runs the hooks of the implementation too, declared in its impl marked `#[service(hooks)]`.
            #[allow(dead_code, reason = "most implementations have no hooks")]
            #vis fn with_hooks(self) -> #root::service::WithHooks<Self, T>
            where
                T: #root::service::Hooks,
            {
                #root::service::WithHooks::new(self, |server| &server.0)
            }
        }
    }
}

/// `impl Service`, and the registration of a linked service.
pub(super) fn service_impl(cx: &Cx, service: &Service) -> TokenStream {
    let (root, spec) = (cx.root(), spec_ident());
    let (this, mount) = (this(), Ident::new("mount", Span::mixed_site()));
    let methods = service
        .methods
        .iter()
        .enumerate()
        .map(|(index, method)| mount_method(cx, service, index, method));
    let (head, hooks, linked) = match &service.host {
        Host::Impl { generics, self_ty, hooks, linked } => {
            let (parameters, _, clause) = generics.split_for_impl();
            let head = quote!(impl #parameters #root::service::Service for #self_ty #clause);
            let (outer, value) = (quote!(#this), quote_spanned!(Span::mixed_site()=> &host));
            let hooks = hooks.iter().map(|hook| mount_hook(cx, hook, &outer, &value)).collect();
            let linked = linked.as_ref().map(|make| submit(cx, service, self_ty, make));
            (head, hooks, linked)
        }
        Host::Trait(block) => {
            let trait_ = &block.head.ident;
            let server = format_ident!("{trait_}Server");
            let head = quote! {
                impl<__T> #root::service::Service for #server<__T>
                where
                    __T: #trait_ + ::core::marker::Send + ::core::marker::Sync + 'static
            };
            (head, TokenStream::new(), None)
        }
    };
    quote! {
        #[automatically_derived]
        #[allow(deprecated, reason = "a deprecated method is served like any other")]
        #head {
            const SPEC: &'static #root::service::ServiceSpec = &#spec;

            fn mount(#this: ::std::sync::Arc<Self>, #mount: &mut #root::service::Mount) {
                #(#methods)*
                #hooks
            }
        }
        #linked
    }
}

/// The receiver of generated methods, which their spanned parts name too.
fn this() -> Ident {
    Ident::new("self", Span::mixed_site())
}

/// One call into the runtime: the method's description and the closure that calls it.
fn mount_method(cx: &Cx, service: &Service, index: usize, method: &Method) -> TokenStream {
    let Method { ident, cfgs, .. } = method;
    let (signature, spec) = (signature_ident(method), method_spec(service, index));
    let (pattern, inputs) = (pattern(method), inputs(cx, method));
    let before = traced::before(cx, method);
    // The place of the method's name: a future that is not `Send` is reported there.
    let (span, outer) = (at(ident.span()), this());
    let (host, this) = match &service.host {
        Host::Impl { .. } => (quote!(Self), quote_spanned!(span=> &service)),
        Host::Trait(block) => {
            let trait_ = &block.head.ident;
            (quote!(<__T as #trait_>), quote_spanned!(span=> &service.0))
        }
    };
    let (mount, answers, body) = match &method.output {
        Output::One(_) => (
            quote_spanned!(span=> method),
            None,
            traced::around(cx, method, quote_spanned!(span=> #host::#ident(#this, #inputs).await)),
        ),
        Output::Many { awaited, stream, .. } => {
            let dot_await = awaited.then(|| quote_spanned!(span=> .await));
            // All of it at one place: what is no stream is reported there, and the compiler tells a place of one mistake once.
            let send = quote_spanned!(at(*stream)=> answers.send(returned).await);
            let body = quote_spanned! {span=>
                let returned = #host::#ident(#this, #inputs) #dot_await;
                #send
            };
            (quote_spanned!(span=> streaming), Some(quote_spanned!(span=> , answers)), body)
        }
    };
    quote_spanned! {span=>
        #(#cfgs)*
        {
            let service = ::core::clone::Clone::clone(&#outer);
            mount.#mount::<#signature, _, _>(#spec, move |context, #pattern #answers| async move {
                let _ = &context;
                #before
                #body
            });
        }
    }
}

/// What takes the values out of the method's input.
fn pattern(method: &Method) -> TokenStream {
    let values = method.values();
    let names = values.iter().map(|value| &value.ident);
    match values.len() {
        0 => quote!(()),
        1 => quote!(#(#names)*),
        _ => {
            let request = request_ident(method);
            quote!(#request { #(#names),* })
        }
    }
}

/// The arguments in the order of the signature.
fn inputs(cx: &Cx, method: &Method) -> TokenStream {
    let private = cx.private();
    let inputs = method.args.iter().map(|one| match one {
        Arg::Context(_, ty) => quote_spanned! {at(ty.span())=>
            <#ty as #private::ContextArg>::context(&context)
        },
        Arg::Value(Value { ident, .. }) => quote!(#ident),
    });
    quote!(#(#inputs),*)
}

/// `host` and `value` are what the closure keeps and how the service is found in it.
fn mount_hook(cx: &Cx, hook: &Hook, host: &TokenStream, value: &TokenStream) -> TokenStream {
    let (root, private) = (cx.root(), cx.private_at(hook.ident.span()));
    let Hook { ident, cfgs, at: moments } = hook;
    let name = ident.to_string();
    let one = moments.iter().map(|moment| {
        quote_spanned! {at(ident.span())=>
            #(#cfgs)*
            {
                let host = ::core::clone::Clone::clone(&#host);
                mount.hook(#root::service::HookAt::#moment, #name, move || {
                    let host = ::core::clone::Clone::clone(&host);
                    async move { #private::HookOutcome::into_result(Self::#ident(#value).await) }
                });
            }
        }
    });
    quote!(#(#one)*)
}

/// `#[service(hooks)]`: the hooks of a type that implements a `#[service]` trait.
pub(super) fn hooks_impl(
    cx: &Cx,
    generics: &Generics,
    self_ty: &Type,
    hooks: &[Hook],
) -> TokenStream {
    let root = cx.root();
    let (parameters, _, clause) = generics.split_for_impl();
    let mixed = Span::mixed_site();
    let (outer, value) = (quote_spanned!(mixed=> host), quote_spanned!(mixed=> this(&host)));
    let hooks = hooks.iter().map(|hook| mount_hook(cx, hook, &outer, &value));
    quote_spanned! {mixed=>
        #[automatically_derived]
        impl #parameters #root::service::Hooks for #self_ty #clause {
            fn hooks<__H: ::core::marker::Send + ::core::marker::Sync + 'static>(
                host: ::std::sync::Arc<__H>,
                this: fn(&__H) -> &Self,
                mount: &mut #root::service::Mount,
            ) {
                #(#hooks)*
            }
        }
    }
}

/// Hands a linked service to the linker.
fn submit(cx: &Cx, service: &Service, self_ty: &Type, make: &Make) -> TokenStream {
    let (root, private) = (cx.root(), cx.private());
    let name = &service.full_name;
    let config = Ident::new("config", Span::mixed_site());
    let made = match make {
        Make::Default => quote_spanned! {at(self_ty.span())=>
            <#self_ty as ::core::default::Default>::default()
        },
        Make::Construct(ident) => {
            let private = cx.private_at(ident.span());
            quote_spanned! {at(ident.span())=>
                #private::Constructed::into_result(<#self_ty>::#ident(#config).await)?
            }
        }
    };
    quote! {
        fn __bident_make(
            #config: &#root::Config,
        ) -> #private::BoxFuture<'_, #root::error::Result<#root::service::Mount>> {
            ::std::boxed::Box::pin(async move {
                let _ = #config;
                let service: #self_ty = #made;
                ::core::result::Result::Ok(#private::mounted(service))
            })
        }
        #private::inventory::submit! {
            #private::Linked { name: #name, make: __bident_make }
        }
    }
}
