//! The macros in hostile surroundings. That this compiles is most of the test.
//!
//! The package is known as `kit` here, and never as `bident`; the modules have no prelude, or names of their own for
//! what a prelude has; every lint below is denied.

#![deny(
    warnings,
    clippy::all,
    clippy::pedantic,
    dead_code,
    deprecated,
    elided_lifetimes_in_paths,
    future_incompatible,
    missing_docs,
    nonstandard_style,
    private_interfaces,
    refining_impl_trait,
    trivial_casts,
    trivial_numeric_casts,
    unreachable_code,
    unreachable_pub,
    unsafe_code,
    unused,
    unused_lifetimes,
    unused_qualifications,
    unused_results
)]
#![allow(
    clippy::default_trait_access,
    clippy::unused_async,
    reason = "what is written here by hand, not what is generated"
)]

pub mod aliases;
pub mod cfgs;
pub mod no_prelude;
pub mod raw;
pub mod taken;
