//! What `#[message]` writes and reads.

mod smoke;
