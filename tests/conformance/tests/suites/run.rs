//! Our programs and those of the suites, as processes.

use std::io::Write as _;
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use support::process::Process;
use tokio::process::Command;
use tokio::time::timeout;

/// The server for suites of gRPC and of HTTP/2.
pub(crate) async fn interop_server() -> Result<Process> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_interop-server"));
    command.env("BIDENT_SERVER__ADDR", "127.0.0.1:0").env("BIDENT_ADMIN__ADDR", "127.0.0.1:0");
    // Many cases are calls that go wrong on purpose.
    command.env("BIDENT_LOG", "off");
    Process::start(command).await
}

/// Runs a program to its end.
pub(crate) async fn run(mut command: Command, bound: Duration) -> Result<Output> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    timeout(bound, command.output())
        .await
        .with_context(|| format!("{:?} did not end", command.as_std()))?
        .with_context(|| format!("{:?} does not run", command.as_std()))
}

/// Prints a line even where the test passes, whose output is swallowed then: totals are there to be read.
pub(crate) fn tell(line: &str) {
    // A closed stdout is nobody's mistake.
    let _ = std::io::stdout().lock().write_all(format!("{line}\n").as_bytes());
}
