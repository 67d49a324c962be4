//! The services that conformance suites call, written as any user would write them: messages, methods and clients come from
//! the macros alone.
//!
//! It refuses to name a protobuf, HTTP or gRPC library: what a suite asks for and the macros cannot say is a gap in them.
#![expect(missing_docs, reason = "the names and the fields are those of the suites' schemas")]

pub mod connect;
pub mod interop;
