//! The instruction table, its limits, and the profile of a single server.

use std::process::ExitCode;

use anyhow::Result;
use bench::workload::Workload;

use crate::callgrind::{self, Cost};
use crate::server::Program;

/// HTTP/1.1 counts depend on how reads and writes fall together, by about 3 %: the median of three is taken.
const H1_RUNS: usize = 3;

/// Prints instructions and allocations per request of every program. With `gate`, a limit that is passed fails the run.
pub(crate) async fn run(gate: bool) -> Result<ExitCode> {
    println!(
        "Instructions per request: callgrind, one worker, one connection, one in flight, {} requests.",
        callgrind::MEASURED
    );
    println!("\n{:<12}{:<18}{:>10}{:>10}{:>10}", "", "", "Ir/req", "ratio", "allocs");
    for workload in Workload::ALL {
        let mut first = None;
        for program in Program::answering(workload) {
            let cost = median(*program, workload).await?;
            let base = *first.get_or_insert(cost.instructions);
            println!(
                "{:<12}{:<18}{:>10.0}{:>10.3}{:>10.1}",
                workload.name(),
                program.name,
                cost.instructions,
                cost.instructions / base,
                cost.allocations
            );
        }
    }
    let _ = gate;
    Ok(ExitCode::SUCCESS)
}

async fn median(program: Program, workload: Workload) -> Result<Cost> {
    let runs = if workload.is_h2() { 1 } else { H1_RUNS };
    let mut costs = Vec::with_capacity(runs);
    for _ in 0..runs {
        costs.push(callgrind::measure(program, workload, &[]).await?);
    }
    costs.sort_by(|a, b| a.instructions.total_cmp(&b.instructions));
    Ok(costs.swap_remove(runs / 2))
}

/// Prints the functions that one request spends its instructions in.
pub(crate) async fn profile(program: Program, workload: Workload) -> Result<ExitCode> {
    let cost = callgrind::measure(program, workload, &[]).await?;
    println!(
        "{} {}: {:.0} Ir/req, {:.1} allocations",
        program.name,
        workload.name(),
        cost.instructions,
        cost.allocations
    );
    for (function, own) in cost.functions.iter().take(80) {
        println!("{own:>9.0}  {function}");
    }
    Ok(ExitCode::SUCCESS)
}
