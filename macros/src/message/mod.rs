//! `#[message]`: a struct or an enum becomes a message, a oneof, a proto enum or a transparent newtype.

mod check;
mod derives;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;

/// The macro's entry.
pub(crate) fn message(attr: TokenStream, item: TokenStream) -> TokenStream {
    crate::driver::run(|sink| parse::parse(attr, item, sink), check::check, expand::expand)
}
