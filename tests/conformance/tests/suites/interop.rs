//! gRPC's interoperability suite: the client of grpc-go against our server, and the same cases written with grpcio.

use std::time::Duration;

use anyhow::{Result, ensure};
use support::outside;
use tokio::process::Command;

use crate::run::{interop_server, run, tell};

/// The longest case waits for ten seconds by itself.
const BOUND: Duration = Duration::from_secs(120);

/// Every case but those that need credentials of a cloud, load reports (ORCA), or a proxy for xDS.
const GO_CASES: &[&str] = &[
    "empty_unary",
    "large_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "timeout_on_sleeping_server",
    "cancel_after_begin",
    "cancel_after_first_response",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
    "pick_first_unary",
    "rpc_soak",
    "channel_soak",
];

#[tokio::test]
async fn every_case_of_grpc_go_against_our_server() -> Result<()> {
    if !outside::has("grpc-interop-client", &["-help"]) {
        return Ok(());
    }
    let server = interop_server().await?;
    for case in GO_CASES {
        let mut command = Command::new("grpc-interop-client");
        command.args(["-server_host", "127.0.0.1", "-server_port"]);
        command.arg(server.addr().port().to_string()).args(["-test_case", case]);
        let output = run(command, BOUND).await?;
        let text = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{case}: {text}");
    }
    tell(&format!("grpc-go's interop client against our server: {} cases passed", GO_CASES.len()));
    Ok(())
}

#[tokio::test]
async fn every_case_of_grpcio_against_our_server() -> Result<()> {
    if !outside::has("python3", &["-c", "import grpc, grpc_reflection.v1alpha, google.protobuf"]) {
        return Ok(());
    }
    let server = interop_server().await?;
    let mut command = Command::new("python3");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/python/interop.py"));
    command.arg(server.addr().to_string());
    let output = run(command, BOUND).await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let total = String::from_utf8_lossy(&output.stdout);
    ensure!(total.trim() == "19 cases passed", "{total}");
    tell(&format!("grpcio against our server: {}", total.trim()));
    Ok(())
}
