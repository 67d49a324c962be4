//! Messages with every kind of field, and values of them, for the tests beside this file.

mod twin;
mod types;
mod values;

pub use twin::*;
pub use types::*;
pub use values::{everything, samples};
