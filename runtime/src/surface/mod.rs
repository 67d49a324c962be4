//! The surfaces: translation between the wire and a call, and nothing else.

/// How one call is decoded and encoded.
pub(crate) enum Codec {
    /// gRPC with protobuf messages.
    Grpc,
}
