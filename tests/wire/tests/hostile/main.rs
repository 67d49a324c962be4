//! Hostile bytes give an error, never a panic and never a large allocation.

#![allow(unsafe_code, reason = "a global allocator that counts cannot be written without")]

mod counting;
mod json;
mod wire;

use bident::message::Fault;
use counting::peak;

/// What a mistake may cost at most: its own text and what was decoded before it.
const CHEAP: usize = 64 << 10;

/// The mistake that `read` ends with, which must not have cost much.
#[track_caller]
fn mistake<T>(read: impl FnOnce() -> Result<T, Fault>) -> String {
    let (result, bytes) = peak(read);
    assert!(bytes < CHEAP, "{bytes} bytes for a mistake");
    match result {
        Ok(_) => panic!("no mistake was found"),
        Err(fault) => fault.to_string(),
    }
}
