//! Everything generated code may name. Exempt from semantic versioning; not for people.

mod asserts;

pub use asserts::{Constructed, ContextArg, HookOutcome, has_field};
pub use inventory;

pub use crate::__bident_plain_arg as plain_arg;
pub use crate::call::BoxFuture;
pub use crate::service::{Linked, mounted};
