//! Instructions per request: the same server run twice under callgrind, with few and with many requests; the difference
//! is what the requests cost, start-up and warm-up left out. Nothing needs to cooperate: no control socket, no ptrace.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use bench::workload::Workload;

use crate::client::{self, Shape};
use crate::server::{Program, Server};

/// Calls of the short run: past every cache's first fill.
const WARM: usize = 300;
/// Further calls of the long run: what is measured.
pub(crate) const MEASURED: usize = 2_000;

/// The functions by which a thread is known whose work is to export telemetry: bident's, the peers', and that of
/// OpenTelemetry's own batches.
const EXPORTERS: [&str; 3] = [
    "bident::telemetry::export::thread::work",
    "bench::assembly::export",
    "opentelemetry_sdk::trace::span_processor::BatchSpanProcessor::get_spans_and_export",
];

/// What one request costs.
pub(crate) struct Cost {
    /// User-space instructions of the threads that serve.
    pub(crate) instructions: f64,
    /// Heap allocations of those: calls of malloc and its kin.
    pub(crate) allocations: f64,
    /// Instructions of the threads that export.
    pub(crate) exporting: f64,
    /// Heap allocations of those.
    pub(crate) exporting_allocations: f64,
    /// Instructions by function, the dearest first.
    pub(crate) functions: Vec<(String, f64)>,
    /// The same of the threads that export.
    pub(crate) exporting_functions: Vec<(String, f64)>,
    /// Calls of one function by another and what they cost, the dearest first.
    pub(crate) calls: Vec<Calls>,
}

/// Calls of `callee` by `caller`, per request.
pub(crate) struct Calls {
    pub(crate) callee: String,
    pub(crate) caller: String,
    pub(crate) count: f64,
    pub(crate) instructions: f64,
}

/// Measures one request of `workload` on `program`, one in flight.
pub(crate) async fn measure(program: Program, workload: Workload, extra: &[&str]) -> Result<Cost> {
    // Both runs at once: callgrind counts instructions, not time.
    let (few, many) = tokio::try_join!(
        profile(program, workload, extra, WARM),
        profile(program, workload, extra, WARM + MEASURED)
    )?;
    let per_request = |few: u64, many: u64| (many as f64 - few as f64) / MEASURED as f64;
    let instructions = per_request(few.instructions(), many.instructions());
    let dearest = |few: &Functions, many: &Functions| {
        let own = |name| per_request(few.get(name).copied().unwrap_or(0), many[name]);
        let functions = many.keys().map(|name| (name.clone(), own(name)));
        let mut functions: Vec<_> = functions.filter(|(_, cost)| *cost >= 1.0).collect();
        functions.sort_by(|a, b| b.1.total_cmp(&a.1));
        functions
    };
    let functions = dearest(&few.functions, &many.functions);
    let exporting_functions = dearest(&few.exporting, &many.exporting);
    let mut calls: Vec<Calls> = many
        .calls
        .into_iter()
        .map(|(pair, (count, cost))| {
            let (few_count, few_cost) = few.calls.get(&pair).copied().unwrap_or_default();
            let (callee, caller) = pair;
            Calls {
                callee,
                caller,
                count: per_request(few_count, count),
                instructions: per_request(few_cost, cost),
            }
        })
        .filter(|calls| calls.instructions >= 1.0)
        .collect();
    calls.sort_by(|a, b| b.instructions.total_cmp(&a.instructions));
    let exporting = per_request(few.exporting.values().sum(), many.exporting.values().sum());
    let exporting_allocations = per_request(few.exporting_allocations, many.exporting_allocations);
    Ok(Cost {
        instructions,
        allocations: per_request(few.allocations, many.allocations),
        exporting,
        exporting_allocations,
        functions,
        exporting_functions,
        calls,
    })
}

async fn profile(
    program: Program,
    workload: Workload,
    extra: &[&str],
    calls: usize,
) -> Result<Profile> {
    let folder = std::env::temp_dir().join(format!("bident-bench-{}", std::process::id()));
    let folder = folder.join(format!("{}-{}-{calls}", program.name, workload.name()));
    fs::create_dir_all(&folder)?;
    // One file for each thread, the number of the thread at its end.
    let file = folder.join("thread");
    let wrapper = [
        "valgrind".into(),
        "--tool=callgrind".into(),
        "--dump-line=no".into(),
        "--separate-threads=yes".into(),
        format!("--callgrind-out-file={}", file.display()),
    ];
    let server = Server::start(program, &wrapper, extra).await?;
    let made = client::load(server.addr(), workload, Shape::ONE_IN_FLIGHT, calls).await?;
    server.end(made).await?;
    let mut profile = Profile::default();
    for file in fs::read_dir(&folder)? {
        profile.add(Profile::read(&file?.path())?);
    }
    fs::remove_dir_all(&folder)?;
    ensure!(profile.instructions() > 0, "callgrind counted nothing");
    // A thread that is not told apart would be counted as one that serves.
    let exports = !profile.exporting.is_empty();
    ensure!(exports == program.exports(), "{}: a thread that exports: {exports}", program.name);
    Ok(profile)
}

type Functions = HashMap<String, u64>;

/// Own instructions by function, and calls of the allocator, from callgrind's files.
#[derive(Default)]
struct Profile {
    functions: Functions,
    /// By callee and caller: how often, and what the calls cost, what they call in turn included.
    calls: HashMap<(String, String), (u64, u64)>,
    allocations: u64,
    /// Instructions and allocations of the threads that export, which are in none of the above.
    exporting: Functions,
    exporting_allocations: u64,
}

impl Profile {
    fn instructions(&self) -> u64 {
        self.functions.values().sum()
    }

    /// Adds what a thread has done.
    fn add(&mut self, thread: Profile) {
        let exports = |name: &String| EXPORTERS.iter().any(|exporter| name.contains(exporter));
        if thread.functions.keys().any(exports) {
            self.exporting_allocations += thread.allocations;
            return sum(&mut self.exporting, thread.functions);
        }
        sum(&mut self.functions, thread.functions);
        for (pair, (count, cost)) in thread.calls {
            let calls = self.calls.entry(pair).or_default();
            *calls = (calls.0 + count, calls.1 + cost);
        }
        self.allocations += thread.allocations;
    }

    /// Reads the format that callgrind documents: `fn=(id) name` opens a function, `cfn=` names the callee of the
    /// following `calls=` line, whose next line is the callee's cost and not the function's own.
    fn read(path: &Path) -> Result<Profile> {
        let text = fs::read_to_string(path).with_context(|| format!("reading {path:?}"))?;
        let mut names = HashMap::new();
        let mut profile = Profile::default();
        let mut function = String::new();
        let mut callee = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(name) = line.strip_prefix("fn=") {
                function = resolve(&mut names, name);
            } else if let Some(name) = line.strip_prefix("cfn=") {
                callee = resolve(&mut names, name);
            } else if let Some(call) = line.strip_prefix("calls=") {
                let count: u64 = call.split(' ').next().unwrap_or_default().parse()?;
                if is_allocator(&callee) && !is_allocator(&function) {
                    profile.allocations += count;
                }
                let cost = lines
                    .next()
                    .and_then(|line| line.split(' ').nth(1))
                    .context("a call without a cost")?;
                let calls = profile.calls.entry((callee.clone(), function.clone())).or_default();
                *calls = (calls.0 + count, calls.1 + cost.parse::<u64>()?);
            } else if line
                .starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-' || c == '*')
                && let Some(cost) = line.split(' ').nth(1)
            {
                *profile.functions.entry(function.clone()).or_default() += cost.parse::<u64>()?;
            }
        }
        Ok(profile)
    }
}

fn sum(all: &mut Functions, functions: Functions) {
    for (function, cost) in functions {
        *all.entry(function).or_default() += cost;
    }
}

/// `(12) name` the first time, `(12)` from then on.
fn resolve(names: &mut HashMap<String, String>, text: &str) -> String {
    match text.split_once(' ') {
        Some((id, name)) => {
            names.insert(id.to_owned(), name.to_owned());
            name.to_owned()
        }
        None => names.get(text).cloned().unwrap_or_else(|| text.to_owned()),
    }
}

fn is_allocator(function: &str) -> bool {
    let plain = function.split('@').next().unwrap_or_default().trim_end_matches("'2");
    matches!(
        plain,
        "malloc" | "calloc" | "realloc" | "memalign" | "posix_memalign" | "aligned_alloc"
    )
}
