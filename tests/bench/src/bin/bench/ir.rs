//! The instruction table with its limits, the cost of middleware, and the profile of a single server.

use std::process::ExitCode;

use anyhow::Result;
use bench::workload::Workload;

use crate::callgrind::{self, Cost};
use crate::server::Program;

/// HTTP/1.1 counts depend on how reads and writes fall together, by about 3 %: the median of three is taken.
const H1_RUNS: usize = 3;

/// What bident may cost at most, as a share of what a peer costs in the same run.
struct Limit {
    workload: Workload,
    peer: Program,
    /// The share that we want to reach.
    goal: f64,
    /// What fails the gate: what was measured, and the wobble of a run.
    most: f64,
}

/// The shares of instructions that we want to reach, and what the gate allows.
const LIMITS: [Limit; 4] = [
    Limit { workload: Workload::JsonH1, peer: Program::HAND_AXUM, goal: 0.75, most: 0.74 },
    Limit { workload: Workload::JsonH1, peer: Program::RAW_HYPER, goal: 1.08, most: 1.13 },
    Limit { workload: Workload::GetH1, peer: Program::HAND_AXUM, goal: 0.85, most: 0.87 },
    Limit { workload: Workload::Grpc, peer: Program::HAND_TONIC, goal: 0.80, most: 0.80 },
];

/// More would mean that something on the hot path has begun to allocate per call.
const MOST_ALLOCATIONS_GRPC: f64 = 16.0;

/// Layers of user middleware whose cost is measured together.
const LAYERS: u32 = 5;
const GOAL_PER_LAYER: f64 = 500.0;
/// A layer's cost is a difference of two figures, each of which wobbles by half a percent.
const MOST_PER_LAYER: f64 = 560.0;

/// Prints instructions and allocations per request of every program. With `gate`, a limit that is passed fails the run.
pub(crate) async fn run(gate: bool) -> Result<ExitCode> {
    println!(
        "Instructions per request: callgrind, one worker, one connection, one in flight, {} requests.",
        callgrind::MEASURED
    );
    let mut verdicts = Vec::new();
    println!("\n{:<12}{:<18}{:>10}{:>10}{:>10}", "", "", "Ir/req", "ratio", "allocs");
    for workload in Workload::ALL {
        let mut costs: Vec<(Program, Cost)> = Vec::new();
        for program in Program::answering(workload) {
            let cost = median(*program, workload, &[]).await?;
            let base = costs.first().map_or(cost.instructions, |(_, first)| first.instructions);
            println!(
                "{:<12}{:<18}{:>10.0}{:>10.3}{:>10.1}",
                workload.name(),
                program.name,
                cost.instructions,
                cost.instructions / base,
                cost.allocations
            );
            costs.push((*program, cost));
        }
        verdicts.extend(judge(workload, &costs));
    }
    verdicts.extend(middleware().await?);
    println!();
    verdicts.iter().for_each(Verdict::print);
    let passed = verdicts.iter().all(|verdict| verdict.found <= verdict.most);
    Ok(if passed || !gate { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One figure beside its limit.
struct Verdict {
    title: String,
    found: f64,
    goal: f64,
    most: f64,
}

impl Verdict {
    fn print(&self) {
        let word = match self.found {
            found if found > self.most => "TOO MUCH".to_owned(),
            found if found > self.goal => format!("allowed; the goal is {}", self.goal),
            _ => "ok".to_owned(),
        };
        println!("{:<50}{:>10.3}  at most {:<8}{word}", self.title, self.found, self.most);
    }
}

fn judge(workload: Workload, costs: &[(Program, Cost)]) -> Vec<Verdict> {
    let of = |program: Program| {
        costs.iter().find(|(other, _)| other.name == program.name).map(|(_, cost)| cost)
    };
    let Some(own) = of(Program::BIDENT) else { return Vec::new() };
    let limits = LIMITS.iter().filter(|limit| limit.workload == workload);
    let mut verdicts: Vec<Verdict> = limits
        .filter_map(|limit| {
            let title = format!("{}: instructions, share of {}", workload.name(), limit.peer.name);
            Some(Verdict {
                title,
                found: own.instructions / of(limit.peer)?.instructions,
                goal: limit.goal,
                most: limit.most,
            })
        })
        .collect();
    if workload == Workload::Grpc {
        let title = "grpc: heap allocations".to_owned();
        verdicts.push(Verdict {
            title,
            found: own.allocations,
            goal: MOST_ALLOCATIONS_GRPC,
            most: MOST_ALLOCATIONS_GRPC,
        });
    }
    verdicts
}

/// What one layer of user middleware adds, measured where it costs the most to have another future: gRPC and h1 JSON.
async fn middleware() -> Result<Vec<Verdict>> {
    let layers = LAYERS.to_string();
    let mut verdicts = Vec::new();
    for workload in [Workload::Grpc, Workload::JsonH1] {
        // One layer stands in both, so that what the first one switches on is not counted as a layer's cost.
        let one = median(Program::BIDENT, workload, &["--middleware", "1"]).await?;
        let many = median(Program::BIDENT, workload, &["--middleware", &layers]).await?;
        let found = (many.instructions - one.instructions) / f64::from(LAYERS - 1);
        let title = format!("{}: instructions per user middleware", workload.name());
        verdicts.push(Verdict { title, found, goal: GOAL_PER_LAYER, most: MOST_PER_LAYER });
    }
    Ok(verdicts)
}

async fn median(program: Program, workload: Workload, extra: &[&str]) -> Result<Cost> {
    let runs = if workload.is_h2() { 1 } else { H1_RUNS };
    let mut costs = Vec::with_capacity(runs);
    for _ in 0..runs {
        costs.push(callgrind::measure(program, workload, extra).await?);
    }
    costs.sort_by(|a, b| a.instructions.total_cmp(&b.instructions));
    Ok(costs.swap_remove(runs / 2))
}

/// Prints the functions that one request spends its instructions in.
pub(crate) async fn profile(
    program: Program,
    workload: Workload,
    extra: &[&str],
) -> Result<ExitCode> {
    let cost = callgrind::measure(program, workload, extra).await?;
    println!(
        "{} {}: {:.0} Ir/req, {:.1} allocations",
        program.name,
        workload.name(),
        cost.instructions,
        cost.allocations
    );
    for (function, own) in cost.functions.iter().take(400) {
        println!("{own:>9.0}  {function}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints who calls the functions whose names hold `function`.
pub(crate) async fn callers(
    program: Program,
    workload: Workload,
    function: &str,
) -> Result<ExitCode> {
    let cost = callgrind::measure(program, workload, &[]).await?;
    for calls in cost.calls.iter().filter(|calls| calls.callee.contains(function)).take(40) {
        println!(
            "{:>9.0} Ir {:>7.2} calls  {}\n{:>29}{}",
            calls.instructions, calls.count, calls.caller, "-> ", calls.callee
        );
    }
    Ok(ExitCode::SUCCESS)
}
