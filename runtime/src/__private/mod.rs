//! Everything generated code may name. Exempt from semantic versioning; not for people.

mod asserts;
mod attributes;

mod reason;
pub mod traced;

pub(crate) use asserts::same;
pub use asserts::{
    Constructed, ContextArg, HookOutcome, is_traced, reply, reply_has, request, request_has, shape,
    takes_one,
};
pub use attributes::{
    Attribute, Attributes, IntoAttribute, debugged, displayed, record, record_reply, recording,
};
pub use inventory;
pub use reason::{Sent, Text, is_of_domain};
pub use tracing;

pub use crate::call::BoxFuture;
pub use crate::message::private as message;
pub use crate::service::{Linked, StreamOf, mounted};
pub use {prost, serde};
