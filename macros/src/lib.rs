//! The attribute macros of bident. Their documentation, with running examples, stands on the re-exports in the package
//! `bident`, the only one that users name.

mod driver;
mod error_reason;
mod message;
mod service;
mod shared;
#[cfg(test)]
mod snapshots;
mod traced;

use proc_macro::TokenStream;

#[proc_macro_attribute]
pub fn message(attr: TokenStream, item: TokenStream) -> TokenStream {
    message::message(attr.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn service(attr: TokenStream, item: TokenStream) -> TokenStream {
    service::service(attr.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn rpc(_attr: TokenStream, item: TokenStream) -> TokenStream {
    service::misplaced("rpc", item.into()).into()
}

#[proc_macro_attribute]
pub fn hook(_attr: TokenStream, item: TokenStream) -> TokenStream {
    service::misplaced("hook", item.into()).into()
}

#[proc_macro_attribute]
pub fn construct(_attr: TokenStream, item: TokenStream) -> TokenStream {
    service::misplaced("construct", item.into()).into()
}

#[proc_macro_attribute]
pub fn error_reason(attr: TokenStream, item: TokenStream) -> TokenStream {
    error_reason::error_reason(attr.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn traced(attr: TokenStream, item: TokenStream) -> TokenStream {
    traced::traced(attr.into(), item.into()).into()
}
