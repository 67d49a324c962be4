//! The side that calls: a typed client with the methods of the service.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{method_spec, output_type, request_ident, signature_ident};
use crate::service::model::{Host, Method, Output, Service};
use crate::shared::Cx;

fn client_ident(service: &Service) -> Ident {
    format_ident!("{}Client", service.ident)
}

/// The struct, beside the user's item.
pub(super) fn definition(cx: &Cx, service: &Service) -> TokenStream {
    let (root, ident) = (cx.root(), client_ident(service));
    let vis = match &service.host {
        Host::Impl { .. } => quote!(pub),
        Host::Trait(block) => {
            let vis = &block.head.vis;
            quote!(#vis)
        }
    };
    let doc = format!("A typed client of `{}`, over gRPC or HTTP.", service.full_name);
    quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone)]
        #[allow(dead_code, unreachable_pub, reason = "not every crate calls its own service")]
        #vis struct #ident {
            client: #root::client::Client,
        }
    }
}

/// Its methods.
pub(super) fn methods(cx: &Cx, service: &Service) -> TokenStream {
    let (root, ident) = (cx.root(), client_ident(service));
    let methods = service
        .methods
        .iter()
        .enumerate()
        .map(|(index, method)| call(cx, method, &method_spec(service, index)));
    quote! {
        #[automatically_derived]
        #[allow(
            dead_code,
            deprecated,
            private_interfaces,
            private_bounds,
            unreachable_pub,
            reason = "the client is as visible as its messages, which only their own definitions say"
        )]
        impl #ident {
            /// A client of the server at `target`, such as `grpc://127.0.0.1:8000` or `http://127.0.0.1:8000`.
            ///
            /// # Errors
            /// A target that cannot be read. The connection itself is made by the first call.
            pub async fn connect(
                target: impl ::core::convert::AsRef<str>,
            ) -> #root::error::Result<Self> {
                #root::client::Client::connect(::core::convert::AsRef::as_ref(&target))
                    .await
                    .map(Self::from_client)
            }

            /// A client over connections that are shared with others.
            #[must_use]
            pub fn from_client(client: #root::client::Client) -> Self {
                Self { client }
            }

            /// The same client, whose calls end by `deadline`: a `Duration` after each call's start, or an `Instant`.
            #[must_use]
            pub fn with_deadline(
                mut self,
                deadline: impl ::core::convert::Into<#root::client::Deadline>,
            ) -> Self {
                self.client = self.client.with_deadline(deadline);
                self
            }

            /// The same client, whose calls carry this header or metadata entry too.
            #[must_use]
            pub fn with_metadata(
                mut self,
                key: &str,
                value: impl ::core::convert::AsRef<[u8]>,
            ) -> Self {
                self.client = self.client.with_metadata(key, value);
                self
            }

            /// The same client, which compresses what it sends over gRPC.
            #[must_use]
            pub fn with_compression(mut self, compression: #root::client::Compression) -> Self {
                self.client = self.client.with_compression(compression);
                self
            }

            /// The same client, which reads answers, and messages of one that streams, of at most so many bytes.
            #[must_use]
            pub fn with_max_body(mut self, bytes: usize) -> Self {
                self.client = self.client.with_max_body(bytes);
                self
            }

            #(#methods)*
        }
    }
}

fn call(cx: &Cx, method: &Method, spec: &TokenStream) -> TokenStream {
    let (root, signature) = (cx.root(), signature_ident(method));
    let Method { ident, cfgs, docs, .. } = method;
    let values = method.values();
    let names: Vec<_> = values.iter().map(|value| &value.ident).collect();
    let input = match names.as_slice() {
        [] => quote!(()),
        [name] => quote!(#name),
        names => {
            let request = request_ident(method);
            quote!(#request { #(#names),* })
        }
    };
    let types = values.iter().map(|value| &value.ty);
    let docs = if docs.is_empty() {
        let doc = format!("Calls `{}`.", method.operation);
        quote!(#[doc = #doc])
    } else {
        quote!(#(#docs)*)
    };
    let output = output_type(cx, method);
    let (call, answer) = match &method.output {
        Output::One(_) => (quote!(unary), quote!(<#output as #root::service::Outcome>::Message)),
        Output::Many { .. } => (
            quote!(stream),
            quote! {
                #root::Streaming<
                    <#output as #root::service::Outcome>::Message,
                    #root::error::CallError<
                        <#output as #root::service::Outcome>::ItemError,
                    >,
                >
            },
        ),
    };
    // A bound that only mentions a lifetime of its own is not an error where it does not hold: a type that may not be
    // returned is reported by the signature alone, and here nobody can call.
    quote! {
        #(#cfgs)*
        #docs
        ///
        /// # Errors
        /// One of the method's own reasons, or any other error of the call.
        pub async fn #ident(
            &self,
            #(#names: #types),*
        ) -> ::core::result::Result<
            #answer,
            #root::error::CallError<<#output as #root::service::Outcome>::Error>,
        >
        where
            for<'__bident> #output: #root::service::Outcome,
        {
            self.client.#call::<#signature>(#spec, #input).await
        }
    }
}
