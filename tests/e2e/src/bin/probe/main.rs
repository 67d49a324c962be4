//! A server whose methods do on purpose what tests need to see from outside: wait, fail in every way, show metadata.

mod shapes;

use std::collections::BTreeMap;
use std::time::Duration;

use bident::prelude::*;

#[message]
struct WaitRequest {
    millis: u32,
    note: String,
}

#[message]
struct WaitReply {
    note: String,
}

#[message]
struct Metadata {
    values: BTreeMap<String, String>,
}

#[error_reason(domain = "probe.v1")]
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProbeError {
    #[error("no book called {title}")]
    #[error_reason(code = 404)]
    BookNotFound { title: String },
    #[error("{missing} books short")]
    #[error_reason(code = 409)]
    StockShort { missing: u32 },
    #[error("the disk at {path} is gone")]
    #[error_reason(code = 500)]
    DiskGone { path: String },
    #[error(transparent)]
    #[error_reason(transparent)]
    Kit(bident::Error),
}

struct Probe;

#[service(package = "probe.v1")]
impl Probe {
    /// Answers with the request's note after the time it asks for.
    #[rpc(post = "/v1/wait")]
    async fn wait(&self, req: WaitRequest) -> WaitReply {
        tokio::time::sleep(Duration::from_millis(req.millis.into())).await;
        WaitReply { note: req.note }
    }

    /// Fails as `how` says.
    #[rpc(post = "/v1/fail")]
    async fn fail(&self, how: String) -> Result<Metadata, ProbeError> {
        match how.as_str() {
            "missing" => Err(ProbeError::BookNotFound { title: "Dune".into() }),
            "short" => Err(ProbeError::StockShort { missing: 3 }),
            "disk" => Err(ProbeError::DiskGone { path: "/var/books".into() }),
            "panic" => panic!("on purpose"),
            _ => Ok(Metadata { values: BTreeMap::new() }),
        }
    }

    /// Answers with the `x-md-*` metadata that came in, and sends a header and a trailer back.
    #[rpc(get = "/v1/metadata", idempotent)]
    async fn metadata(&self, ctx: &Context) -> Reply<Metadata> {
        let named = |name: &str| ctx.header(name).map(|value| (name.to_owned(), value.to_owned()));
        let values =
            ["x-md-global-tenant", "x-md-local-step"].into_iter().filter_map(named).collect();
        Reply::new(Metadata { values }).header("x-probe", "seen").trailer("x-probe-end", "done")
    }
}

#[tokio::main]
async fn main() -> bident::Result {
    App::new("probe").service(Probe).service(shapes::Shapes::default()).run().await
}
