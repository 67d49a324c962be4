//! bident: one plain Rust impl, two prongs.

// Generated code names everything below `::bident`: this lets it stand inside the package's own tests too.
extern crate self as bident;

pub mod app;
pub mod call;
pub mod client;
pub mod config;
mod describe;
pub mod error;
mod foreign;
mod health;
pub mod message;
pub mod prelude;
mod route;
mod server;
pub mod service;
mod surface;

#[doc(hidden)]
pub mod __private;

pub use app::{Addresses, App, Server};
pub use call::{Call, Context, Middleware, Next, Reply, spawn};
pub use config::Config;
pub use error::{CallError, Code, Error, Result};

pub use bident_macros::{construct, error_reason, hook, message, rpc, service, traced};
