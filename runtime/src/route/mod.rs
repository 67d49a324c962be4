//! From a path to an operation: the templates of `google.api.http` and the table of everything that is served.
//!
//! Nothing in here reads a header or a body, and nothing in here answers: it says what was found.

mod builder;
mod table;
mod template;
#[cfg(test)]
mod tests;

pub(crate) use builder::Builder;
pub(crate) use table::{Captures, Found, Route, Table};
pub(crate) use template::{Segment, Span, Template, Variable, escape_at};
