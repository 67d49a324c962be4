//! `#[traced]`.

mod check;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;

use crate::driver;

/// The macro's entry.
pub(crate) fn traced(attr: TokenStream, item: TokenStream) -> TokenStream {
    driver::run(|sink| parse::parse(attr, item, sink), check::check, expand::expand)
}
