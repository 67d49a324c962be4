//! The conformance suite of Connect, gRPC and gRPC-Web: `connectrpc.conformance.v1.ConformanceService`.

pub mod calls;
pub mod compat;
pub mod messages;
mod seen;
mod service;

pub use service::{ConformanceService, ConformanceServiceClient};
