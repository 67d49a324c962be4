//! How every macro runs: parse, check, expand. Whatever goes wrong, the user's item comes back.

use proc_macro2::TokenStream;

use crate::shared::{Cx, Errors, Sink};

/// What parsing gives.
pub(crate) struct Parsed<D> {
    pub(crate) cx: Cx,
    /// The user's item without our attributes: what comes back when anything is wrong.
    pub(crate) item: TokenStream,
    /// What was declared; `None` where too little of it could be read. The mistakes are in the sink.
    pub(crate) decl: Option<D>,
}

/// Runs one macro: `parse` knows syntax, `check` knows rules, `expand` knows neither.
///
/// `expand` gets the user's item and returns the whole output, the item included.
pub(crate) fn run<D, M>(
    parse: impl FnOnce(&Sink<'_>) -> Parsed<D>,
    check: impl FnOnce(D, &Sink<'_>) -> Option<M>,
    expand: impl FnOnce(&Cx, TokenStream, M) -> TokenStream,
) -> TokenStream {
    let errors = Errors::new();
    let (cx, item, model) = {
        let root = errors.root();
        let Parsed { cx, item, decl } = parse(&root);
        (cx, item, decl.and_then(|decl| check(decl, &root)))
    };
    match (errors.finish(), model) {
        (None, Some(model)) => expand(&cx, item, model),
        (diagnostics, _) => {
            let mut out = item;
            out.extend(diagnostics);
            out
        }
    }
}
