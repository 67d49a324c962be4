//! Server CPU per request, user and system, in interleaved rounds: A B C, C B A, and so on. A ratio is taken within one
//! round, so that what the machine does meanwhile falls on both; the table gives the median and the spread.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use bench::workload::Workload;

use crate::client::{self, Shape};
use crate::server::{Program, Server};

/// One kind of load.
struct Load {
    workload: Workload,
    shape: Shape,
    title: &'static str,
}

const LOADS: [Load; 8] = [
    Load {
        workload: Workload::Grpc,
        shape: Shape { connections: 8, streams: 16 },
        title: "gRPC, 8 connections x 16",
    },
    Load {
        workload: Workload::JsonH2,
        shape: Shape { connections: 8, streams: 16 },
        title: "JSON h2c, 8 connections x 16",
    },
    Load {
        workload: Workload::JsonH1,
        shape: Shape { connections: 16, streams: 1 },
        title: "JSON h1, 16 connections",
    },
    Load {
        workload: Workload::GetH1,
        shape: Shape { connections: 16, streams: 1 },
        title: "GET h1, 16 connections",
    },
    Load { workload: Workload::Grpc, shape: Shape::ONE_IN_FLIGHT, title: "gRPC, one in flight" },
    Load {
        workload: Workload::JsonH1,
        shape: Shape::ONE_IN_FLIGHT,
        title: "JSON h1, one in flight",
    },
    Load {
        workload: Workload::GrpcStream,
        shape: Shape { connections: 8, streams: 4 },
        title: "gRPC server streams, a message",
    },
    Load {
        workload: Workload::GrpcBidi,
        shape: Shape { connections: 8, streams: 4 },
        title: "gRPC streams both ways, a message",
    },
];

/// The kinds of load under which telemetry is measured too: gRPC and JSON over HTTP/1.1, many at once.
const WATCHED: [usize; 2] = [0, 2];

/// Measures every kind of load, or those of one workload, and prints one table for each.
pub(crate) async fn run(rounds: usize, calls: usize, only: Option<Workload>) -> Result<()> {
    let wrapper = pin();
    println!(
        "Server CPU per request: {rounds} interleaved rounds of {calls} calls (a quarter with one in flight), {}.",
        if wrapper.is_empty() { "not pinned" } else { "server on one core, client on the other" }
    );
    let wanted = |load: &&Load| only.is_none_or(|only| only == load.workload);
    for load in LOADS.iter().filter(wanted) {
        let calls = match load.shape.connections {
            1 => calls / 4,
            _ => calls.div_ceil(load.workload.messages() / 10 + 1),
        };
        let programs = Program::answering(load.workload);
        measure(load, load.title, programs, &wrapper, rounds, calls).await?;
    }
    for load in WATCHED.iter().map(|index| &LOADS[*index]).filter(wanted) {
        let title = format!("telemetry: {}", load.title);
        let programs = Program::watched(load.workload);
        measure(load, &title, &programs, &wrapper, rounds, calls).await?;
    }
    Ok(())
}

/// Puts this process on core 1 and says how a server is put on core 0. Without `taskset`, or on one core, nothing is pinned.
fn pin() -> Vec<String> {
    let id = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-a", "-c", "-p", "1", &id]).output();
    if pinned.is_ok_and(|output| output.status.success()) {
        ["taskset", "-c", "0"].map(str::to_owned).to_vec()
    } else {
        Vec::new()
    }
}

async fn measure(
    load: &Load,
    title: &str,
    programs: &[Program],
    wrapper: &[String],
    rounds: usize,
    calls: usize,
) -> Result<()> {
    let mut servers = Vec::with_capacity(programs.len());
    for program in programs {
        servers.push(Server::start(*program, wrapper, &[]).await?);
    }
    let mut answered = vec![0; servers.len()];
    for (server, answered) in servers.iter().zip(&mut answered) {
        *answered += client::load(server.addr(), load.workload, load.shape, calls / 10).await?;
    }
    let mut costs = vec![Vec::with_capacity(rounds); servers.len()];
    for round in 0..rounds {
        let forward = 0..servers.len();
        let order: Vec<usize> =
            if round % 2 == 0 { forward.collect() } else { forward.rev().collect() };
        for index in order {
            let server = &servers[index];
            let before = server.cpu()?;
            let made = client::load(server.addr(), load.workload, load.shape, calls).await?;
            answered[index] += made;
            let messages = made * load.workload.messages();
            costs[index].push((server.cpu()? - before).div_f64(messages as f64));
        }
    }
    for (server, answered) in servers.into_iter().zip(answered) {
        server.end(answered).await?;
    }
    // What has telemetry is compared with the peer that has none, and with the one that has the usual.
    let bases = programs.iter().position(|program| program.name.ends_with("_otel"));
    let bases: Vec<usize> = [0].into_iter().chain(bases).collect();
    print!("\n{title:<44}{:>10}{:>16}", "us/req", "least..most");
    bases.iter().for_each(|base| {
        print!("{:>20}{:>14}", format!("of {}", programs[*base].name), "least..most");
    });
    println!();
    for (program, own) in programs.iter().zip(&costs) {
        let micros = spread(own.iter().map(Duration::as_secs_f64).map(|seconds| seconds * 1e6));
        print!("  {:<42}{:>10.2}{:>16}", program.name, micros.median, micros.extremes());
        for base in &bases {
            let rounds = own.iter().zip(&costs[*base]);
            let ratios = spread(rounds.map(|(own, base)| own.as_secs_f64() / base.as_secs_f64()));
            print!("{:>20.2}{:>14}", ratios.median, ratios.extremes());
        }
        println!();
    }
    Ok(())
}

struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    fn extremes(&self) -> String {
        format!("{:.2}..{:.2}", self.least, self.most)
    }
}

fn spread(values: impl Iterator<Item = f64>) -> Spread {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    Spread { least: at(0), median: at(sorted.len() / 2), most: at(sorted.len().saturating_sub(1)) }
}
