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

use crate::sink::Sink;

/// Valgrind needs a while to write its counts.
const END_BOUND: Duration = Duration::from_secs(60);

/// One of the programs that are compared.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    /// The name in tables.
    pub(crate) name: &'static str,
    binary: &'static str,
    arguments: &'static [&'static str],
    telemetry: Telemetry,
}

/// What a program does of telemetry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Telemetry {
    /// Nothing: it has none, or it is switched off.
    Off,
    /// What it does where it is told nothing: there are metrics, and nobody gets spans.
    Default,
    /// Somebody gets spans, but no call is sampled.
    Unsampled,
    /// Every call has a span that is sent.
    Sampled,
}

/// What the sink speaks.
const GRPC: (&str, &str) = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");

impl Telemetry {
    /// The variables that the server is told it with.
    fn variables(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Telemetry::Off => &[("OTEL_SDK_DISABLED", "true")],
            Telemetry::Default => &[],
            Telemetry::Unsampled => &[GRPC, ("BIDENT_TELEMETRY__SAMPLE", "0")],
            // No span may be lost: what is dropped is not paid for.
            Telemetry::Sampled => {
                &[GRPC, ("BIDENT_TELEMETRY__SAMPLE", "1"), ("OTEL_BSP_MAX_QUEUE_SIZE", "10000000")]
            }
        }
    }

    fn exports(self) -> bool {
        matches!(self, Telemetry::Unsampled | Telemetry::Sampled)
    }
}

const fn program(name: &'static str, binary: &'static str, telemetry: Telemetry) -> Program {
    Program { name, binary, arguments: &[], telemetry }
}

impl Program {
    pub(crate) const RAW_HYPER: Program = program("raw_hyper", "raw_hyper", Telemetry::Off);
    pub(crate) const RAW_HYPER_YIELD: Program = Program {
        arguments: &["--yield"],
        ..program("raw_hyper+yield", "raw_hyper", Telemetry::Off)
    };
    pub(crate) const HAND_AXUM: Program = program("hand_axum", "hand_axum", Telemetry::Off);
    pub(crate) const HAND_AXUM_OTEL: Program =
        program("hand_axum_otel", "hand_axum_otel", Telemetry::Sampled);
    pub(crate) const HAND_TONIC: Program = program("hand_tonic", "hand_tonic", Telemetry::Off);
    pub(crate) const HAND_TONIC_OTEL: Program =
        program("hand_tonic_otel", "hand_tonic_otel", Telemetry::Sampled);

    /// Without telemetry, as the peers are.
    pub(crate) const BIDENT: Program = program("bident", "bident_hello", Telemetry::Off);
    pub(crate) const BIDENT_DEFAULT: Program =
        program("bident+default", "bident_hello", Telemetry::Default);
    pub(crate) const BIDENT_UNSAMPLED: Program =
        program("bident+unsampled", "bident_hello", Telemetry::Unsampled);
    pub(crate) const BIDENT_SAMPLED: Program =
        program("bident+sampled", "bident_hello", Telemetry::Sampled);

    pub(crate) const ALL: [Program; 10] = [
        Program::BIDENT,
        Program::BIDENT_DEFAULT,
        Program::BIDENT_UNSAMPLED,
        Program::BIDENT_SAMPLED,
        Program::RAW_HYPER,
        Program::RAW_HYPER_YIELD,
        Program::HAND_AXUM,
        Program::HAND_AXUM_OTEL,
        Program::HAND_TONIC,
        Program::HAND_TONIC_OTEL,
    ];

    pub(crate) fn named(name: &str) -> Option<Program> {
        Program::ALL.into_iter().find(|program| program.name == name)
    }

    /// Whether it has somebody to send telemetry to.
    pub(crate) fn exports(self) -> bool {
        self.telemetry.exports()
    }

    /// Whether it answers `workload`.
    pub(crate) fn answers(self, workload: Workload) -> bool {
        Program::answering(workload).iter().any(|other| other.binary == self.binary)
    }

    /// The programs that answer `workload`, the one that the others are compared with first. None has telemetry.
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

    /// The programs that show what telemetry costs: the peer without any, the peer with the usual assembly, and bident from
    /// nothing to everything.
    pub(crate) fn watched(workload: Workload) -> [Program; 6] {
        let (plain, usual) = if workload.is_grpc() {
            (Program::HAND_TONIC, Program::HAND_TONIC_OTEL)
        } else {
            (Program::HAND_AXUM, Program::HAND_AXUM_OTEL)
        };
        [
            plain,
            usual,
            Program::BIDENT,
            Program::BIDENT_DEFAULT,
            Program::BIDENT_UNSAMPLED,
            Program::BIDENT_SAMPLED,
        ]
    }
}

/// A running server. Dropping it kills the process.
pub(crate) struct Server {
    process: Process,
    telemetry: Telemetry,
    /// Where it sends its telemetry.
    sink: Option<Sink>,
}

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
        let telemetry = program.telemetry;
        command.envs(telemetry.variables().iter().copied());
        let sink = if telemetry.exports() { Some(Sink::open().await?) } else { None };
        if let Some(sink) = &sink {
            command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", sink.addr()));
        }
        let process = Process::start(command).await?;
        Ok(Server { process, telemetry, sink })
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.process.addr()
    }

    /// CPU time of all threads so far, user and system.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let mut total = 0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
            let run: u64 = text.split(' ').next().unwrap_or_default().parse()?;
            total += run;
        }
        Ok(Duration::from_nanos(total))
    }

    /// Resident memory in KiB.
    pub(crate) fn rss_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no VmRSS")?;
        Ok(number.parse()?)
    }

    /// Ends the server by SIGTERM and waits, so that valgrind writes its counts. Of the calls that it has answered each has
    /// left a span where they are sampled, and none elsewhere.
    pub(crate) async fn end(self, calls: usize) -> Result<()> {
        self.process.terminate()?;
        self.process.ended(END_BOUND).await?;
        if let Some(sink) = self.sink {
            let expected = if self.telemetry == Telemetry::Sampled { calls } else { 0 };
            let found = sink.spans()?;
            ensure!(found == expected, "{found} spans of {expected} have arrived");
        }
        Ok(())
    }
}

fn beside_us(binary: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(binary);
    ensure!(path.exists(), "{path:?} is not there: run `cargo build --release -p bench` first");
    Ok(path)
}
