//! A measured server as a process of its own: found beside this binary, started, asked for its address and its costs,
//! ended by its id.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bench::workload::Workload;
use support::process::Process;
use tokio::process::Command;

/// Valgrind needs a while to write its counts.
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

    pub(crate) const BIDENT: Program =
        Program { name: "bident", binary: "bident_hello", arguments: &[] };

    pub(crate) const ALL: [Program; 5] = [
        Program::BIDENT,
        Program::RAW_HYPER,
        Program::RAW_HYPER_YIELD,
        Program::HAND_AXUM,
        Program::HAND_TONIC,
    ];

    pub(crate) fn named(name: &str) -> Option<Program> {
        Program::ALL.into_iter().find(|program| program.name == name)
    }

    /// The programs that answer `workload`, the one that the others are compared with first.
    pub(crate) fn answering(workload: Workload) -> &'static [Program] {
        match workload {
            Workload::JsonH1 | Workload::GetH1 => {
                &[Program::HAND_AXUM, Program::RAW_HYPER, Program::BIDENT]
            }
            Workload::JsonH2 => {
                &[Program::HAND_AXUM, Program::RAW_HYPER, Program::RAW_HYPER_YIELD, Program::BIDENT]
            }
            Workload::Grpc | Workload::GrpcStream | Workload::GrpcBidi => {
                &[Program::HAND_TONIC, Program::BIDENT]
            }
        }
    }
}

/// A running server. Dropping it kills the process.
pub(crate) struct Server(Process);

impl Server {
    /// Starts `program` under `wrapper` (nothing, `taskset -c 0`, `valgrind ...`) and waits until it says its address.
    pub(crate) async fn start(
        program: Program,
        wrapper: &[String],
        extra: &[&str],
    ) -> Result<Server> {
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
        command.args(program.arguments).args(extra).stderr(Stdio::null());
        // What bident reads; the peers bind a free port by themselves.
        command.env("BIDENT_SERVER__ADDR", "127.0.0.1:0").env("BIDENT_ADMIN__ADDR", "127.0.0.1:0");
        Process::start(command).await.map(Server)
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.0.addr()
    }

    /// CPU time of all threads so far, user and system.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let mut total = 0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.0.id()))? {
            let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
            let run: u64 = text.split(' ').next().unwrap_or_default().parse()?;
            total += run;
        }
        Ok(Duration::from_nanos(total))
    }

    /// Resident memory in KiB.
    pub(crate) fn rss_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no VmRSS")?;
        Ok(number.parse()?)
    }

    /// Ends the server by SIGTERM and waits, so that valgrind writes its counts.
    pub(crate) async fn end(self) -> Result<()> {
        self.0.terminate()?;
        self.0.ended(END_BOUND).await?;
        Ok(())
    }
}

fn beside_us(binary: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(binary);
    ensure!(path.exists(), "{path:?} is not there: run `cargo build --release -p bench` first");
    Ok(path)
}
