//! One plain Rust impl, two prongs: every method over HTTP and over gRPC.
//!
//! Write structs and methods, annotate them, and the program is a microservice: no `.proto`, no `protoc`, no code
//! generation step.
//!
//! ```no_run
//! use bident::prelude::*;
//!
//! #[message]
//! pub struct HelloRequest { pub name: String }
//!
//! #[message]
//! pub struct HelloReply { pub message: String }
//!
//! pub struct Greeter;
//!
//! #[service(package = "helloworld.v1")]
//! impl Greeter {
//!     /// Says hello.
//!     #[rpc(get = "/helloworld/{name}", post = "/v1/hello")]
//!     async fn say_hello(&self, req: HelloRequest) -> HelloReply {
//!         HelloReply { message: format!("Hello {}", req.name) }
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> bident::Result {
//!     App::new("helloworld").service(Greeter).run().await
//! }
//! ```
//!
//! On port 8000 this answers gRPC `helloworld.v1.Greeter/SayHello`, `GET /helloworld/{name}`, `POST /v1/hello`, JSON on
//! `POST /helloworld.v1.Greeter/SayHello`, gRPC health and reflection, `/healthz` and `/readyz`; port 9090 is for probes.
//!
//! # Where things are
//!
//! | for | see |
//! |---|---|
//! | structs that are messages | [`macro@message`] |
//! | methods that are served, and their clients | [`macro@service`], [`macro@rpc`], [`client`] |
//! | errors with a reason that survives the wire | [`macro@error_reason`], [`Error`], [`CallError`] |
//! | what a handler may know of its call | [`Context`], [`Reply`] |
//! | what wraps every call | [`Middleware`] |
//! | start, stop, the user's own axum routes and tonic services | [`App`], [`Server`] |
//! | where it listens and every limit | [`Config`] |
//!
//! # Features
//!
//! | feature | default | brings |
//! |---|---|---|
//! | `http` | yes | the user's own axum routes |
//! | `grpc` | yes | services built with tonic, and conversions from and to its `Status` |
//! | `telemetry` | yes | traces, metrics and logs: OpenTelemetry over OTLP, `/metrics`, log output |
//! | `ws` | yes | WebSocket for methods whose requests are a stream |
//! | `tls` | no | TLS on both ends: `server.tls`, `grpcs://` and `https://` targets |
//! | `tls-roots` | no | clients trust the system's authorities where none is named |
//! | `uuid`, `chrono`, `jiff`, `decimal`, `json` | no | [field types](macro@message#types-of-other-crates) of those crates |

#![warn(missing_docs)]

// Generated code names everything below `::bident`: this lets it stand inside the package's own tests too.
extern crate self as bident;

#[cfg(feature = "__fuzzing")]
#[doc(hidden)]
pub mod __fuzzing;
pub mod app;
pub mod call;
pub mod client;
pub mod config;
mod describe;
pub mod error;
mod foreign;
mod health;
#[cfg(test)]
mod listening;
pub mod message;
pub mod prelude;
mod reflection;
mod route;
mod server;
pub mod service;
mod surface;
#[cfg(feature = "telemetry")]
pub mod telemetry;
#[cfg(not(feature = "telemetry"))]
#[path = "telemetry/off.rs"]
mod telemetry;

#[doc(hidden)]
pub mod __private;

/// OpenTelemetry's API, in the version whose globals an app sets: spans, counters and propagators made with it join in.
#[cfg(feature = "telemetry")]
pub use ::opentelemetry;
pub use app::{Addresses, App, Server};
pub use call::{Call, Context, Middleware, Next, Reply, Streaming, spawn};
pub use config::{Config, Watched};
pub use error::{CallError, Code, Error, Result};
/// What a method that streams returns: `impl Stream<Item = Result<T, E>> + Send`. The trait of the `futures-core` crate.
pub use futures_core::Stream;
pub use message::Any;
pub use message::FormPart;
pub use message::HttpBody;

#[doc = include_str!("docs/construct.md")]
pub use bident_macros::construct;
#[doc = include_str!("docs/error_reason.md")]
pub use bident_macros::error_reason;
#[doc = include_str!("docs/hook.md")]
pub use bident_macros::hook;
#[doc = include_str!("docs/message.md")]
pub use bident_macros::message;
#[doc = include_str!("docs/rpc.md")]
pub use bident_macros::rpc;
#[doc = include_str!("docs/service.md")]
pub use bident_macros::service;
#[doc = include_str!("docs/traced.md")]
pub use bident_macros::traced;

/// The README and the guide: every Rust example in them is compiled.
#[cfg(doctest)]
mod documents {
    macro_rules! documents {
        ($($name:ident = $path:literal;)*) => {
            $(#[doc = include_str!($path)] mod $name {})*
        };
    }

    #[cfg(feature = "tls")]
    documents! {
        tls = "../../docs/guide/tls.md";
    }

    #[cfg(feature = "telemetry")]
    documents! {
        observability = "../../docs/guide/observability.md";
    }

    documents! {
        readme = "../../README.md";
        app = "../../docs/guide/app.md";
        messages = "../../docs/guide/messages.md";
        services = "../../docs/guide/services.md";
        clients = "../../docs/guide/clients.md";
        errors = "../../docs/guide/errors.md";
        calls = "../../docs/guide/calls.md";
        streams = "../../docs/guide/streams.md";
    }
}
