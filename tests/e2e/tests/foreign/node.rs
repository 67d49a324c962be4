//! Clients in Node: Connect-ES with each of its transports, and grpc-js. They know the services from reflection alone.

use anyhow::Result;
use support::outside;

use crate::grpc::told;
use crate::server;

pub(crate) const CLIENTS: &str = "bident-peer-node";

pub(crate) fn has_node() -> bool {
    outside::has(CLIENTS, &["versions"])
}

/// Runs the client of this name, which ends with the first thing that is not as it should be; gives what it has to say.
async fn calls(name: &str) -> Result<Option<String>> {
    if !has_node() {
        return Ok(None);
    }
    let probe = server::probe().await?;
    let output = server::call(CLIENTS, &[name, &probe.addr().to_string()]).await?;
    assert!(output.status.success(), "{}", told(&output));
    Ok(Some(told(&output)))
}

#[tokio::test]
async fn connect_es_calls_every_shape_over_every_transport() -> Result<()> {
    let Some(said) = calls("connect").await? else { return Ok(()) };
    for transport in [
        "gRPC",
        "gRPC, gzip",
        "Connect over 1.1",
        "Connect over 1.1, JSON and GET, gzip",
        "Connect over 2",
        "Connect over 2, JSON and GET, gzip",
        "gRPC-Web over 1.1",
        "gRPC-Web over 2",
    ] {
        let line = format!("ok {transport}: 10 checks");
        assert!(said.lines().any(|said| said == line), "no {line:?} in {said}");
    }
    Ok(())
}

#[tokio::test]
async fn grpc_js_calls_every_shape() -> Result<()> {
    let Some(said) = calls("grpc").await? else { return Ok(()) };
    for line in ["ok plain: 7 checks", "ok gzip: 7 checks"] {
        assert!(said.lines().any(|said| said == line), "no {line:?} in {said}");
    }
    Ok(())
}
