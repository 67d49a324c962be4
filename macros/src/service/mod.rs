//! `#[service]` with its helpers `#[rpc]`, `#[hook]` and `#[construct]`.

mod check;
mod duration;
mod expand;
mod model;
mod parse;
mod template;

use proc_macro2::{Span, TokenStream};

use crate::driver;

/// The macro's entry.
pub(crate) fn service(attr: TokenStream, item: TokenStream) -> TokenStream {
    driver::run(|sink| parse::parse(attr, item, sink), check::check, expand::expand)
}

/// A helper that runs as a macro of its own stands where no `#[service]` saw it.
pub(crate) fn misplaced(name: &str, item: TokenStream) -> TokenStream {
    let wrong = format!(
        "`#[{name}]` belongs on a method inside an impl or a trait with `#[service]`, written plainly as \
         `#[{name}]`"
    );
    let mut out = item;
    out.extend(syn::Error::new(Span::call_site(), wrong).to_compile_error());
    out
}
