//! Foreign clients against real servers: curl, Python gRPC, buf and grpcurl, called as a new user would call them.
//!
//! Each test says which program it needs and is skipped where that is missing, see `tests/peers/README.md`.

mod curl;
mod grpc;
mod server;
