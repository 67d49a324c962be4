//! The instruments. `bench ir` counts instructions, `bench profile` says where they go, `bench cpu` measures CPU time and
//! `bench memory` resident memory. README.md beside this package says what each figure means.

mod callgrind;
mod client;
mod cpu;
mod ir;
mod memory;
#[expect(dead_code, reason = "the runtime uses more of its table than a look-up")]
mod route;
mod routes;
mod server;
mod sink;

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use bench::workload::Workload;

use crate::server::Program;

const USAGE: &str = "usage: bench ir [--gate] | profile PROGRAM WORKLOAD [ARGUMENT...] | callers PROGRAM WORKLOAD FUNCTION | cpu [ROUNDS] [CALLS] [WORKLOAD] | memory [CONNECTIONS] | routes";

fn main() -> Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // One thread: the client needs one core and leaves the other to the server.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match words.as_slice() {
            ["ir"] => ir::run(false).await,
            ["ir", "--gate"] => ir::run(true).await,
            ["profile", program, workload, extra @ ..] => {
                let program = Program::named(program).context("no such program")?;
                let workload = Workload::named(workload).context("no such workload")?;
                ir::profile(program, workload, extra).await
            }
            ["callers", program, workload, function] => {
                let program = Program::named(program).context("no such program")?;
                let workload = Workload::named(workload).context("no such workload")?;
                ir::callers(program, workload, function).await
            }
            ["cpu", words @ ..] => {
                let only = match words.get(2) {
                    Some(name) => Some(Workload::named(name).context("no such workload")?),
                    None => None,
                };
                cpu::run(number(words, 0, 7)?, number(words, 1, 40_000)?, only).await?;
                Ok(ExitCode::SUCCESS)
            }
            ["memory", numbers @ ..] => {
                memory::run(number(numbers, 0, 5_000)?).await?;
                Ok(ExitCode::SUCCESS)
            }
            ["routes"] => {
                routes::run()?;
                Ok(ExitCode::SUCCESS)
            }
            _ => bail!(USAGE),
        }
    })
}

fn number(words: &[&str], index: usize, default: usize) -> Result<usize> {
    words
        .get(index)
        .map_or(Ok(default), |word| word.parse().with_context(|| format!("{word} is not a number")))
}
