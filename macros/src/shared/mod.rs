//! What every macro needs: an error sink, the runtime's path, attribute options, items with unparsed bodies.

pub(crate) mod attr;
pub(crate) mod case;
pub(crate) mod cx;
pub(crate) mod doc_text;
pub(crate) mod errors;
pub(crate) mod fields;
pub(crate) mod item;
pub(crate) mod keys;

pub(crate) use attr::{Entry, Slot, Spanned, Value, entries};
pub(crate) use cx::{Cx, at};
pub(crate) use errors::{Errors, Sink};
pub(crate) use keys::Site;
