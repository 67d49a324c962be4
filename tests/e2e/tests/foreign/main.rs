//! Foreign clients against real servers: curl, Python gRPC, buf and grpcurl, called as a new user would call them; and our
//! clients against foreign servers.
//!
//! Each test says which program it needs and is skipped where that is missing, see `tests/peers/README.md`.

mod client;
mod curl;
mod grpc;
mod server;
mod shop;
mod tls;
