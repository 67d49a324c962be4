//! What several test packages need: a server as a process of its own, and outside programs that may be missing.
//!
//! It refuses to know what a server answers: a test speaks to it as any client would.

pub mod outside;
pub mod process;
