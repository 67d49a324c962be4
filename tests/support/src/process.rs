//! A server as a process: started, asked for its address, ended by its id. Every wait has a bound.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// Under valgrind a program starts about fifty times slower than it does alone.
const START_BOUND: Duration = Duration::from_secs(60);

/// A running server. Dropping it kills the process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    id: u32,
    addresses: Vec<SocketAddr>,
}

impl Process {
    /// Starts `command` and waits until a line of its stdout that is not of the log names an address; what follows on
    /// stdout is read and dropped, so that the server never blocks on a full pipe. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the program cannot be started, or ends or stays silent instead of saying where it listens.
    pub async fn start(mut command: Command) -> Result<Process> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child =
            command.spawn().with_context(|| format!("starting {:?}", command.as_std()))?;
        let id = child.id().context("a child without an id")?;
        let stdout = child.stdout.take().context("a child without stdout")?;
        let mut lines = BufReader::new(stdout).lines();
        let addresses = timeout(START_BOUND, announced(&mut lines))
            .await
            .with_context(|| format!("{:?} did not say its address in time", command.as_std()))??;
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Process { child, id, addresses })
    }

    /// The first address that the server named.
    pub fn addr(&self) -> SocketAddr {
        // There is one: it would not have started otherwise.
        self.addresses[0]
    }

    /// The second address that the server named in the same line: an app's admin listener.
    ///
    /// # Errors
    /// When it named one alone.
    pub fn admin(&self) -> Result<SocketAddr> {
        self.addresses.get(1).copied().context("a second address")
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Sends SIGTERM to this process alone.
    ///
    /// # Errors
    /// When the process is gone already.
    pub fn terminate(&self) -> Result<()> {
        signal(self.id, "TERM")
    }

    /// Waits for the end of the process, at most `bound`.
    ///
    /// # Errors
    /// When it is still running after `bound`; it is killed then.
    pub async fn ended(mut self, bound: Duration) -> Result<ExitStatus> {
        match timeout(bound, self.child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => bail!("process {} still ran {bound:?} after it should have ended", self.id),
        }
    }
}

/// Sends a signal, such as `TERM`, to the process with this id alone. The shell's own `kill` does it: the program of that
/// name is missing on small machines.
///
/// # Errors
/// When there is no such process.
pub fn signal(id: u32, name: &str) -> Result<()> {
    let mut shell = std::process::Command::new("sh");
    let sent = shell.args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &id.to_string()]).status()?;
    ensure!(sent.success(), "no process {id} to send SIG{name} to");
    Ok(())
}

/// Whether a line of stdout is of the log, as text or JSON, and not what the program said by itself.
pub fn is_log(line: &str) -> bool {
    // Text begins with the time: 2026-01-02T03:04:05.678901Z.
    let time = |line: &[u8]| line[..4].iter().all(u8::is_ascii_digit) && line[10] == b'T';
    line.starts_with('{') || line.as_bytes().get(..27).is_some_and(time)
}

/// Every address in a line.
pub fn addresses(line: &str) -> Vec<SocketAddr> {
    let words = line.split(|c: char| c.is_whitespace() || "/,;=()".contains(c));
    words.filter_map(|word| word.parse().ok()).collect()
}

async fn announced(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<Vec<SocketAddr>> {
    while let Some(line) = lines.next_line().await? {
        let found = if is_log(&line) { Vec::new() } else { addresses(&line) };
        if !found.is_empty() {
            return Ok(found);
        }
    }
    bail!("it ended without saying its address")
}
