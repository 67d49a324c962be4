//! The runtime's route table, compiled from its source: it is private there.

#[path = "../../../../../runtime/src/route/builder.rs"]
mod builder;
#[path = "../../../../../runtime/src/route/table.rs"]
mod table;
#[path = "../../../../../runtime/src/route/template.rs"]
mod template;

pub(crate) use builder::Builder;
pub(crate) use table::{Found, Route};
