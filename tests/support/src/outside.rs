//! Outside programs: a test that needs one says so and is skipped where it is missing, unless the environment demands it.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Set to 1 where every outside program must be there: a missing one is then a failure.
const REQUIRE: &str = "BIDENT_REQUIRE_PEERS";

/// Whether `program` runs with `probe` as its arguments and succeeds. If not, the test that asks returns at once, after
/// the line `skipped: needs ...` has been printed.
///
/// # Panics
/// When the program is missing and `BIDENT_REQUIRE_PEERS=1`.
pub fn has(program: &str, probe: &[&str]) -> bool {
    let quiet = Command::new(program)
        .args(probe)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let there = quiet.is_ok_and(|status| status.success());
    if !there {
        missing(&format!("{program} {}", probe.join(" ")));
    }
    there
}

/// Prints the line `skipped: needs ...`, for a test that returns then.
///
/// # Panics
/// When `BIDENT_REQUIRE_PEERS=1`.
pub fn missing(what: &str) {
    let required = std::env::var(REQUIRE).is_ok_and(|value| value == "1");
    assert!(!required, "{what} is needed and {REQUIRE}=1");
    // Not `println!`, which a test that passes swallows: whoever ran the tests is to see what was not tried. And a closed
    // stdout is nobody's mistake.
    let _ = std::io::stdout().lock().write_all(format!("skipped: needs {what}\n").as_bytes());
}
