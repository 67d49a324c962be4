//! bident: one plain Rust impl, two prongs.

// Generated code names everything below `::bident`: this lets it stand inside the package's own tests too.
extern crate self as bident;

pub mod call;
pub mod client;
pub mod config;
mod describe;
pub mod error;
mod foreign;
pub mod message;
mod route;
mod server;
pub mod service;
mod surface;

#[doc(hidden)]
pub mod __private;

pub use call::{Call, Context, Middleware, Next, Reply, spawn};
pub use config::Config;
pub use error::{CallError, Code, Error, Result};

pub use bident_macros::{construct, error_reason, hook, message, rpc, service};
