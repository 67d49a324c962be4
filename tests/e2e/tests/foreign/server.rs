//! The servers under test, and the foreign programs that call them.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use support::process::Process;
use tokio::process::Command;
use tokio::time::timeout;

/// Longer than any foreign client needs to start on a busy machine.
const CALL_BOUND: Duration = Duration::from_secs(60);
/// A first build of the examples, where the tests alone were built before.
const BUILD_BOUND: Duration = Duration::from_secs(600);

/// The server of this package.
pub(crate) async fn probe() -> Result<Process> {
    start(Path::new(env!("CARGO_BIN_EXE_probe"))).await
}

/// The example that a new user runs first.
pub(crate) async fn hello() -> Result<Process> {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--package", "hello"]).kill_on_drop(true);
    let built = timeout(BUILD_BOUND, build.status()).await.context("building hello")??;
    ensure!(built.success(), "hello does not build");
    start(&target_folder()?.join("hello")).await
}

async fn start(program: &Path) -> Result<Process> {
    let mut command = Command::new(program);
    command.env("BIDENT_SERVER__ADDR", "127.0.0.1:0").env("BIDENT_ADMIN__ADDR", "127.0.0.1:0");
    Process::start(command).await
}

/// Where cargo puts the programs it builds: this test lies in its `deps`.
fn target_folder() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    test.ancestors().nth(2).map(Path::to_path_buf).context("a test outside of a target folder")
}

/// Runs a foreign client to its end.
pub(crate) async fn call(program: &str, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    timeout(CALL_BOUND, command.output())
        .await
        .with_context(|| format!("{program} {arguments:?} did not end"))?
        .map_err(Into::into)
}
