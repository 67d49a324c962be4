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
#[cfg(feature = "telemetry")]
pub(crate) use template::Span;
pub(crate) use template::{Segment, Template, Variable, escape_at};
