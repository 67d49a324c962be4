//! What `#[message]` writes and reads.

mod binding;
mod foreign;
mod json_rules;
mod prost_peer;
mod python_peer;
mod round_trip;
mod shape;
