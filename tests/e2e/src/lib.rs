//! The harness of the integration tests: a server on ports of its own, and clients that show everything on the wire.
//!
//! The clients are hyper and hand-framed bytes, so that no library mends what a server got wrong, and no test depends on
//! the kit's own client. Every wait has a bound; nothing sleeps.

mod body;
mod connection;
mod cut;
mod duplex;
mod events;
mod grpc;
mod http;
mod raw;
mod server;
mod traces;
mod websocket;

pub use self::body::Feed;
pub use self::connection::{Connection, Pending, WIRES, Wire};
pub use self::cut::{Base64, Envelopes, SentEvents, lines};
pub use self::duplex::{Duplex, Part};
pub use self::events::{Events, Sink, events};
pub use self::grpc::{
    ErrorInfo, GrpcAnswer, GrpcCall, Streamed, frame, grpc, grpc_with, trailers_say,
};
pub use self::http::{Answer, Call, call};
pub use self::raw::Raw;
pub use self::server::{Running, built, refused, start};
pub use self::traces::{Traced, Traces, traces};
pub use self::websocket::{Said, WebSocket};

use std::future::Future;
use std::time::Duration;

/// The longest that anything in a test may take.
pub const BOUND: Duration = Duration::from_secs(20);

/// Waits for `future`, with a bound.
///
/// # Panics
/// When the bound passes first.
pub async fn bounded<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(BOUND, future).await {
        Ok(output) => output,
        Err(_) => panic!("{what} took longer than {BOUND:?}"),
    }
}
