//! What every fuzz target does with its input. A panic is a finding; so is an allocation that takes the heap beyond
//! [`HEAP_LIMIT`], which aborts.
//!
//! The programs in `targets/` hand in what libFuzzer makes up, the tests what `corpus/` holds.

mod binding;
mod connect;
mod form;
mod framing;
mod messages;
mod routes;
mod web;

use std::alloc::System;

use bident::call::Body;
use bytes::Bytes;
use cap::Cap;
use http::{HeaderName, HeaderValue, Request};
use http_body::Frame;

pub use binding::binding;
pub use connect::connect;
pub use form::form;
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
    ("connect", connect),
    ("form", form),
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

/// A request as text, and its body: a line of `VERB target`, lines of `name: value`, an empty line, the body.
fn request(data: &[u8]) -> Option<(Request<()>, &[u8])> {
    let at = data.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = at.map_or((data, &[][..]), |at| (&data[..at], &data[at + 2..]));
    let mut lines = std::str::from_utf8(head).ok()?.lines();
    let (verb, target) = lines.next()?.split_once(' ')?;
    let mut request = Request::builder().method(verb).uri(target).body(()).ok()?;
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        request.headers_mut().append(name, HeaderValue::from_str(value.trim()).ok()?);
    }
    Some((request, body))
}
