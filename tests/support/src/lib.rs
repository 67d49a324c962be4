//! What several test packages need: a server as a process of its own, outside programs that may be
//! missing, and a receiver of telemetry.
//!
//! It refuses to know what a server answers: a test speaks to it as any client would.

pub mod otlp;
pub mod outside;
pub mod process;
