//! What a program that serves or calls usually names: `use bident::prelude::*`.
//!
//! `Result` is not among it: in handlers it stays the standard library's, with an error type of your own.

pub use crate::app::App;
pub use crate::call::{Call, Context, Middleware, Next, Reply, Streaming};
pub use crate::config::Config;
pub use crate::error::{CallError, Error, ResultExt as _};
pub use crate::{Stream, construct, error_reason, hook, message, rpc, service, traced};
