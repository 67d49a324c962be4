//! gRPC's own interoperability suite: `grpc.testing.TestService`.

pub mod messages;
mod service;

pub use service::{Slow, TestService, TestServiceClient};
