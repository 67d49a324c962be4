//! The surfaces: translation between the wire and a call, and nothing else.

pub(crate) mod rest;

/// How one call is decoded and encoded.
pub(crate) enum Codec {
    /// gRPC with protobuf messages.
    Grpc,
    /// REST, and JSON on the RPC path.
    Rest(rest::Rest),
}
