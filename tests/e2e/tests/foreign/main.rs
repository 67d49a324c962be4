//! Foreign clients against real servers: curl, Python gRPC, buf, grpcurl, Connect-ES, grpc-js, httpx-sse, websockets and a
//! browser, called as a new user would call them; and our clients against foreign servers.
//!
//! Each test says which program it needs and is skipped where that is missing, see `tests/peers/README.md`.

mod browser;
mod client;
mod curl;
mod forms;
mod grpc;
mod node;
mod server;
mod shop;
mod streams;
mod telemetry;
mod tls;
