//! The instruction table with its limits, the cost of middleware, and the profile of a single server.

use std::process::ExitCode;

use anyhow::Result;
use bench::workload::Workload;

use crate::callgrind::{self, Cost};
use crate::server::Program;

/// HTTP/1.1 counts depend on how reads and writes fall together, by about 3 %: the median of three is taken.
const H1_RUNS: usize = 3;

/// What a program may cost at most, as a share of what another costs in the same run.
struct Limit {
    workload: Workload,
    own: Program,
    peer: Program,
    /// The share that we want to reach.
    goal: f64,
    /// What fails the gate: what was measured, and the wobble of a run.
    most: f64,
}

const fn limit(workload: Workload, [own, peer]: [Program; 2], goal: f64, most: f64) -> Limit {
    Limit { workload, own, peer, goal, most }
}

/// The shares of instructions that we want to reach, and what the gate allows.
const LIMITS: [Limit; 13] = [
    limit(Workload::JsonH1, [Program::BIDENT, Program::HAND_AXUM], 0.75, 0.73),
    limit(Workload::JsonH1, [Program::BIDENT, Program::RAW_HYPER], 1.08, 1.11),
    limit(Workload::GetH1, [Program::BIDENT, Program::HAND_AXUM], 0.85, 0.85),
    limit(Workload::Grpc, [Program::BIDENT, Program::HAND_TONIC], 0.80, 0.80),
    // Telemetry, of none.
    limit(Workload::JsonH1, [Program::BIDENT_UNSAMPLED, Program::BIDENT], 1.15, 1.13),
    limit(Workload::GetH1, [Program::BIDENT_UNSAMPLED, Program::BIDENT], 1.15, 1.16),
    limit(Workload::Grpc, [Program::BIDENT_UNSAMPLED, Program::BIDENT], 1.10, 1.05),
    limit(Workload::JsonH1, [Program::BIDENT_SAMPLED, Program::BIDENT], 1.55, 1.53),
    limit(Workload::GetH1, [Program::BIDENT_SAMPLED, Program::BIDENT], 1.55, 1.62),
    limit(Workload::Grpc, [Program::BIDENT_SAMPLED, Program::BIDENT], 1.25, 1.18),
    // Everything, of what others put together.
    limit(Workload::JsonH1, [Program::BIDENT_SAMPLED, Program::HAND_AXUM_OTEL], 0.50, 0.30),
    limit(Workload::GetH1, [Program::BIDENT_SAMPLED, Program::HAND_AXUM_OTEL], 0.50, 0.29),
    limit(Workload::Grpc, [Program::BIDENT_SAMPLED, Program::HAND_TONIC_OTEL], 0.50, 0.48),
];

/// The workloads for which telemetry is measured.
const WATCHED: [Workload; 3] = [Workload::JsonH1, Workload::GetH1, Workload::Grpc];

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
    println!("\n{:<12}{:<18}{:>10}{:>10}{:>10}", "", "", "Ir/req", "ratio", "allocs");
    let mut table: Vec<(Workload, Costs)> = Vec::new();
    for workload in Workload::ALL {
        let mut costs = Costs::default();
        for program in Program::answering(workload) {
            let cost = median(*program, workload, &[]).await?;
            costs.0.push((*program, cost));
            costs.print(workload, *program, Program::answering(workload)[0], false);
        }
        table.push((workload, costs));
    }
    println!("\nTelemetry. Beside the threads that serve: the threads that export.");
    println!(
        "\n{:<12}{:<18}{:>10}{:>10}{:>10}{:>14}{:>10}{:>14}",
        "", "", "Ir/req", "ratio", "allocs", "export Ir/req", "allocs", "whole, ratio"
    );
    for (workload, costs) in table.iter_mut().filter(|(workload, _)| WATCHED.contains(workload)) {
        for program in Program::watched(*workload) {
            if costs.of(program).is_none() {
                let cost = median(program, *workload, &[]).await?;
                costs.0.push((program, cost));
            }
        }
        for program in Program::watched(*workload) {
            costs.print(*workload, program, Program::BIDENT, true);
        }
    }
    let mut verdicts = Vec::new();
    verdicts.extend(LIMITS.iter().filter_map(|limit| {
        let (_, costs) = table.iter().find(|(workload, _)| *workload == limit.workload)?;
        costs.judge(limit)
    }));
    verdicts.extend(table.iter().filter_map(|(workload, costs)| costs.allocations(*workload)));
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
        println!("{:<58}{:>10.3}  at most {:<8}{word}", self.title, self.found, self.most);
    }
}

/// What programs cost under one workload.
#[derive(Default)]
struct Costs(Vec<(Program, Cost)>);

impl Costs {
    fn of(&self, program: Program) -> Option<&Cost> {
        self.0.iter().find(|(other, _)| other.name == program.name).map(|(_, cost)| cost)
    }

    /// One line of a table; `base` is what the ratio is to.
    fn print(&self, workload: Workload, program: Program, base: Program, whole: bool) {
        let (Some(cost), Some(base)) = (self.of(program), self.of(base)) else { return };
        print!(
            "{:<12}{:<18}{:>10.0}{:>10.3}{:>10.1}",
            workload.name(),
            program.name,
            cost.instructions,
            cost.instructions / base.instructions,
            cost.allocations
        );
        if whole {
            print!(
                "{:>14.0}{:>10.1}{:>14.3}",
                cost.exporting,
                cost.exporting_allocations,
                (cost.instructions + cost.exporting) / base.instructions
            );
        }
        println!();
    }

    fn judge(&self, limit: &Limit) -> Option<Verdict> {
        let (own, peer) = (self.of(limit.own)?, self.of(limit.peer)?);
        let (workload, name) = (limit.workload.name(), limit.own.name);
        Some(Verdict {
            title: format!("{workload}: {name}, instructions of {}", limit.peer.name),
            found: own.instructions / peer.instructions,
            goal: limit.goal,
            most: limit.most,
        })
    }

    fn allocations(&self, workload: Workload) -> Option<Verdict> {
        let own = self.of(Program::BIDENT).filter(|_| workload == Workload::Grpc)?;
        Some(Verdict {
            title: "grpc: bident, heap allocations".to_owned(),
            found: own.allocations,
            goal: MOST_ALLOCATIONS_GRPC,
            most: MOST_ALLOCATIONS_GRPC,
        })
    }
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
    if cost.exporting > 0.0 {
        println!("the threads that export: {:.0} Ir/req", cost.exporting);
        for (function, own) in cost.exporting_functions.iter().take(100) {
            println!("{own:>9.0}  {function}");
        }
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
