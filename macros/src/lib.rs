//! The attribute macros of bident. Their documentation, with running examples, stands on the re-exports in the package
//! `bident`, the only one that users name.

mod driver;
mod message;
mod shared;

use proc_macro::TokenStream;

#[allow(missing_docs, reason = "documented on the re-export in `bident`")]
#[proc_macro_attribute]
pub fn message(attr: TokenStream, item: TokenStream) -> TokenStream {
    message::message(attr.into(), item.into()).into()
}
