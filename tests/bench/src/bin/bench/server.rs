//! A measured server as a process of its own: found beside this binary, started, asked for its address and its costs,
//! ended by its id.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use bench::workload::Workload;

/// Valgrind starts a program about fifty times slower than the machine does.
const START_BOUND: Duration = Duration::from_secs(60);
const END_BOUND: Duration = Duration::from_secs(60);

/// One of the programs that are compared.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    /// The name in tables.
    pub(crate) name: &'static str,
    binary: &'static str,
    arguments: &'static [&'static str],
}

impl Program {
    pub(crate) const RAW_HYPER: Program =
        Program { name: "raw_hyper", binary: "raw_hyper", arguments: &[] };
    pub(crate) const RAW_HYPER_YIELD: Program =
        Program { name: "raw_hyper+yield", binary: "raw_hyper", arguments: &["--yield"] };
    pub(crate) const HAND_AXUM: Program =
        Program { name: "hand_axum", binary: "hand_axum", arguments: &[] };
    pub(crate) const HAND_TONIC: Program =
        Program { name: "hand_tonic", binary: "hand_tonic", arguments: &[] };

    pub(crate) const ALL: [Program; 4] =
        [Program::RAW_HYPER, Program::RAW_HYPER_YIELD, Program::HAND_AXUM, Program::HAND_TONIC];

    pub(crate) fn named(name: &str) -> Option<Program> {
        Program::ALL.into_iter().find(|program| program.name == name)
    }

    /// The programs that answer `workload`, the one that the others are compared with first.
    pub(crate) fn answering(workload: Workload) -> &'static [Program] {
        match workload {
            Workload::JsonH1 | Workload::GetH1 => &[Program::HAND_AXUM, Program::RAW_HYPER],
            Workload::JsonH2 => &[Program::HAND_AXUM, Program::RAW_HYPER, Program::RAW_HYPER_YIELD],
            Workload::Grpc => &[Program::HAND_TONIC],
        }
    }
}

/// A running server. Dropping it kills the process.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) addr: SocketAddr,
}

impl Server {
    /// Starts `program` under `wrapper` (nothing, `taskset -c 0`, `valgrind ...`), waits until it says its address.
    pub(crate) fn start(program: Program, wrapper: &[String], extra: &[&str]) -> Result<Server> {
        let binary = beside_us(program.binary)?;
        let mut words = wrapper.iter();
        let mut command = match words.next() {
            Some(first) => {
                let mut command = Command::new(first);
                command.args(words).arg(&binary);
                command
            }
            None => Command::new(&binary),
        };
        command
            .args(program.arguments)
            .args(extra)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command
            .spawn()
            .with_context(|| format!("starting {} {binary:?}", wrapper.join(" ")))?;
        let stdout = child.stdout.take().ok_or_else(|| anyhow!("a child without stdout"))?;
        let (found, address) = mpsc::channel();
        // Reads until the server closes its stdout, so that it never blocks on a full pipe.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(addr) = first_address(&line) {
                    // The receiver is gone after the first address: later lines are of no interest.
                    found.send(addr).unwrap_or_default();
                }
            }
        });
        match address.recv_timeout(START_BOUND) {
            Ok(addr) => Ok(Server { child, addr }),
            Err(_) => {
                child.kill()?;
                child.wait()?;
                Err(anyhow!("{} did not say its address", program.name))
            }
        }
    }

    /// CPU time of all threads so far, user and system.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let mut total = 0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
            let run: u64 = text.split(' ').next().unwrap_or_default().parse()?;
            total += run;
        }
        Ok(Duration::from_nanos(total))
    }

    /// Resident memory in KiB.
    pub(crate) fn rss_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no VmRSS")?;
        Ok(number.parse()?)
    }

    /// Ends the server by SIGTERM and waits, so that valgrind writes its counts.
    pub(crate) fn end(mut self) -> Result<()> {
        let sent = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status()?;
        ensure!(sent.success(), "kill failed");
        let deadline = Instant::now() + END_BOUND;
        while self.child.try_wait()?.is_none() {
            ensure!(Instant::now() < deadline, "the server did not end on SIGTERM");
            // A child's end cannot be waited for with a bound in std; the pause only bounds how often we look.
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when the process is gone already, which is what is wanted.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn beside_us(binary: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(binary);
    ensure!(path.exists(), "{path:?} is not there: run `cargo build --release -p bench` first");
    Ok(path)
}

fn first_address(line: &str) -> Option<SocketAddr> {
    line.split(|c: char| c.is_whitespace() || "/,;=()".contains(c))
        .find_map(|word| word.parse().ok())
}
