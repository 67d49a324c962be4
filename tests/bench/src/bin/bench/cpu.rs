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

/// Measures every kind of load, or those of one workload, and prints one table for each.
pub(crate) async fn run(rounds: usize, calls: usize, only: Option<Workload>) -> Result<()> {
    let wrapper = pin();
    println!(
        "Server CPU per request: {rounds} interleaved rounds of {calls} calls (a quarter with one in flight), {}.",
        if wrapper.is_empty() { "not pinned" } else { "server on one core, client on the other" }
    );
    for load in LOADS.iter().filter(|load| only.is_none_or(|only| only == load.workload)) {
        let calls = match load.shape.connections {
            1 => calls / 4,
            _ => calls.div_ceil(load.workload.messages() / 10 + 1),
        };
        measure(load, &wrapper, rounds, calls).await?;
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

async fn measure(load: &Load, wrapper: &[String], rounds: usize, calls: usize) -> Result<()> {
    let programs = Program::answering(load.workload);
    let mut servers = Vec::with_capacity(programs.len());
    for program in programs {
        servers.push(Server::start(*program, wrapper, &[]).await?);
    }
    for server in &servers {
        client::load(server.addr(), load.workload, load.shape, calls / 10).await?;
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
            let messages = made * load.workload.messages();
            costs[index].push((server.cpu()? - before).div_f64(messages as f64));
        }
    }
    println!(
        "\n{:<32}{:>10}{:>18}{:>10}{:>16}",
        load.title, "us/req", "least..most", "ratio", "least..most"
    );
    for (program, own) in programs.iter().zip(&costs) {
        let micros = spread(own.iter().map(Duration::as_secs_f64).map(|seconds| seconds * 1e6));
        let ratios = spread(
            own.iter().zip(&costs[0]).map(|(own, first)| own.as_secs_f64() / first.as_secs_f64()),
        );
        println!(
            "  {:<30}{:>10.2}{:>18}{:>10.2}{:>16}",
            program.name,
            micros.median,
            format!("{:.2}..{:.2}", micros.least, micros.most),
            ratios.median,
            format!("{:.2}..{:.2}", ratios.least, ratios.most)
        );
    }
    Ok(())
}

struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

fn spread(values: impl Iterator<Item = f64>) -> Spread {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    Spread { least: at(0), median: at(sorted.len() / 2), most: at(sorted.len().saturating_sub(1)) }
}
