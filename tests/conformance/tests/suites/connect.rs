//! Connect's conformance suite: our server as others understand gRPC, gRPC-Web and Connect, and our client over gRPC.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use support::outside;
use tokio::process::Command;

use crate::run::{run, tell};

const BOUND: Duration = Duration::from_secs(600);
/// As many as there were when this was written: fewer would be a suite that was not run.
const LEAST_OF_THE_SERVER: usize = 5_554;
const LEAST_OF_THE_CLIENT: usize = 857;

#[tokio::test]
async fn every_case_of_what_the_server_claims() -> Result<()> {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/config.yaml");
    let options = ["--mode", "server", "--parallel", "4", "--conf", config];
    suite(&options, env!("CARGO_BIN_EXE_conformance-server"), "server", LEAST_OF_THE_SERVER).await
}

#[tokio::test]
async fn every_case_of_what_the_client_claims() -> Result<()> {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/client.yaml");
    let options = ["--mode", "client", "--conf", config];
    suite(&options, env!("CARGO_BIN_EXE_conformance-client"), "client", LEAST_OF_THE_CLIENT).await
}

async fn suite(options: &[&str], program: &str, what: &str, least: usize) -> Result<()> {
    if !outside::has("connectconformance", &["--version"]) {
        return Ok(());
    }
    let mut command = Command::new("connectconformance");
    command.args(options).arg("--").arg(program);
    let output = run(command, BOUND).await?;
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let total = |name: &str| -> Option<usize> {
        let line = text.lines().rfind(|line| line.contains(" passed, "))?;
        let before = line.split(name).next()?.trim_end();
        before.rsplit([' ', ',']).next()?.parse().ok()
    };
    let (passed, failed) = (total("passed").context("no total")?, total("failed").context("none")?);
    tell(&format!("connectconformance against our {what}: {passed} passed, {failed} failed"));
    ensure!(output.status.success() && failed == 0, "{text}");
    ensure!(passed >= least, "{passed} cases, {least} at least");
    Ok(())
}
