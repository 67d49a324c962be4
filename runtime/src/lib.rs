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

pub use bident_macros::{construct, error_reason, hook, message, rpc, service};

/// What nearly every program that serves needs: `use bident::prelude::*;`.
pub mod prelude {
    pub use crate::error::ResultExt as _;
    pub use crate::{App, Call, CallError, Config, Context, Middleware, Next, Reply};
    pub use crate::{construct, error_reason, hook, message, rpc, service};
}
