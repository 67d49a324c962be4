//! What `#[message]` writes and reads.

mod prost_peer;
mod python_peer;
mod round_trip;
