//! Suites that others wrote, run against our servers and clients. What a suite counts is printed, whether it passes or not.
//!
//! Each test says which program it needs and is skipped where that is missing, see `tests/peers/README.md`.

mod connect;
mod h2spec;
mod interop;
mod interop_client;
mod run;
