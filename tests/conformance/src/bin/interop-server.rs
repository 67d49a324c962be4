//! The server that the interoperability suites call.

use bident::prelude::*;
use conformance::interop::{Slow, TestService};

#[tokio::main]
async fn main() -> bident::Result {
    App::new("interop").service(TestService).service(Slow).run().await
}
