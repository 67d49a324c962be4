//! Connect's conformance suite against our server: gRPC, gRPC-Web and Connect as others understand them.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use support::outside;
use tokio::process::Command;

use crate::run::{run, tell};

const BOUND: Duration = Duration::from_secs(600);
/// As many as there were when this was written: fewer would be a suite that was not run.
const LEAST: usize = 2_424;

#[tokio::test]
async fn every_case_of_what_the_server_claims() -> Result<()> {
    if !outside::has("connectconformance", &["--version"]) {
        return Ok(());
    }
    let mut command = Command::new("connectconformance");
    command.args(["--mode", "server", "--parallel", "4", "--conf"]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/config.yaml"));
    command.arg("--").arg(env!("CARGO_BIN_EXE_conformance-server"));
    let output = run(command, BOUND).await?;
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let total = |name: &str| -> Option<usize> {
        let line = text.lines().rfind(|line| line.contains(" passed, "))?;
        let before = line.split(name).next()?.trim_end();
        before.rsplit([' ', ',']).next()?.parse().ok()
    };
    let (passed, failed) = (total("passed").context("no total")?, total("failed").context("none")?);
    tell(&format!("connectconformance against our server: {passed} passed, {failed} failed"));
    ensure!(output.status.success() && failed == 0, "{text}");
    ensure!(passed >= LEAST, "{passed} cases, {LEAST} at least");
    Ok(())
}
