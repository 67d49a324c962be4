//! Messages with every kind of field, and values of them, for the tests beside this file.

#![allow(missing_docs, reason = "the fields are named after what they try")]

mod twin;
mod types;
mod values;

pub use twin::*;
pub use types::*;
pub use values::{everything, samples};
