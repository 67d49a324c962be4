//! Every mistake of one macro call, collected so that all are reported at once.
//!
//! A [`Sink`] is one section of the input: it knows whether anything inside it failed, so that a sound section is worked
//! on while its neighbour is not. [`Errors`] must be finished: one that is dropped with its mistakes unread is a bug.

use std::cell::{Cell, RefCell};
use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// All the mistakes of one macro call.
pub(crate) struct Errors {
    list: RefCell<Vec<syn::Error>>,
    finished: Cell<bool>,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self { list: RefCell::new(Vec::new()), finished: Cell::new(false) }
    }

    /// The outermost section.
    pub(crate) fn root(&self) -> Sink<'_> {
        Sink { errors: self, parent: None, failed: Cell::new(false) }
    }

    /// The diagnostics, or `None` where there are none.
    pub(crate) fn finish(self) -> Option<TokenStream> {
        self.finished.set(true);
        let list = self.list.take();
        (!list.is_empty()).then(|| list.iter().map(syn::Error::to_compile_error).collect())
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        if !self.finished.get() && !std::thread::panicking() {
            panic!("the errors of a macro call were dropped unread");
        }
    }
}

/// One section of the input. A mistake in it marks it and every section around it as failed.
pub(crate) struct Sink<'a> {
    errors: &'a Errors,
    parent: Option<&'a Sink<'a>>,
    failed: Cell<bool>,
}

impl Sink<'_> {
    /// A section inside this one.
    pub(crate) fn section(&self) -> Sink<'_> {
        Sink { errors: self.errors, parent: Some(self), failed: Cell::new(false) }
    }

    /// A mistake at a place.
    pub(crate) fn at(&self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// A mistake under these tokens, which must not be empty: an empty list has no place of its own.
    pub(crate) fn on(&self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// A mistake that syn found.
    pub(crate) fn push(&self, error: syn::Error) {
        self.errors.list.borrow_mut().push(error);
        let mut section = Some(self);
        while let Some(sink) = section {
            sink.failed.set(true);
            section = sink.parent;
        }
    }

    /// The value, or its mistake pushed.
    pub(crate) fn take<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Whether anything in this section failed.
    pub(crate) fn has_errors(&self) -> bool {
        self.failed.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_section_marks_those_around_it_and_no_other() {
        let errors = Errors::new();
        let root = errors.root();
        let (left, right) = (root.section(), root.section());
        left.section().at(Span::call_site(), "wrong");
        assert!(left.has_errors() && root.has_errors());
        assert!(!right.has_errors());
        let tokens = errors.finish().map(|tokens| tokens.to_string()).unwrap_or_default();
        assert!(tokens.contains("wrong"), "{tokens}");
    }

    #[test]
    #[should_panic(expected = "dropped unread")]
    fn unread_errors_are_a_bug() {
        drop(Errors::new());
    }
}
