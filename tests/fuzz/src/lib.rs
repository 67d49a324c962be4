//! What every fuzz target does with its input. A panic is a finding; so is an allocation that takes the heap beyond
//! [`HEAP_LIMIT`], which aborts.
//!
//! The programs in `targets/` hand in what libFuzzer makes up, the tests what `corpus/` holds.

mod binding;
mod framing;
mod messages;
mod routes;
mod web;

use std::alloc::System;

use bident::call::Body;
use bytes::Bytes;
use cap::Cap;
use http_body::Frame;

pub use binding::binding;
pub use framing::framing;
pub use messages::{json, wire};
pub use routes::routes;
pub use web::web_text;

/// The most bytes that may be allocated at any time: what is decoded from an input of a few kilobytes stays far below.
pub const HEAP_LIMIT: usize = 64 << 20;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, HEAP_LIMIT);

/// A target: its name, which is that of its folder in `corpus/`, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("framing", framing),
    ("routes", routes),
    ("binding", binding),
    ("json", json),
    ("wire", wire),
    ("web_text", web_text),
];

/// A body that arrives in pieces of this size; a size of none is one piece.
fn body(bytes: &[u8], size: usize) -> Body {
    let size = if size == 0 { bytes.len().max(1) } else { size };
    let pieces: Vec<_> = bytes
        .chunks(size)
        .map(|piece| Ok::<_, std::convert::Infallible>(Frame::data(Bytes::copy_from_slice(piece))))
        .collect();
    Body::new(http_body_util::StreamBody::new(futures_util::stream::iter(pieces)))
}
