//! From the runtime description of services and messages to protobuf's own descriptors.
//!
//! One file a package, with every file it imports, encoded once while the app is built. The checks that need every
//! service at once live here too: a type that two packages reach, names that clash, packages that import each other.

mod known;
mod messages;
mod names;
mod parts;
mod schema;
mod services;
#[cfg(test)]
mod tests;

pub(crate) use schema::{File, Schema, describe};
