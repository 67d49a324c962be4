//! Every case in `fail/` must not compile and say what its `.stderr` says; every case in `pass/` must compile and run.

use std::io::Write as _;
use std::process::Command;

/// The compiler that wrote the `.stderr` files.
const WRITER: &str = "1.95";

/// Set to 1 where everything that a test needs must be there: another compiler is then a failure.
const REQUIRE: &str = "BIDENT_REQUIRE_PEERS";

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/pass/*/*.rs");
    if is_writer() {
        cases.compile_fail("tests/fail/*/*.rs");
    }
}

/// Whether this compiler is the one that wrote the `.stderr` files: another words its own part differently.
fn is_writer() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = version.unwrap_or_default();
    let same = version.starts_with(&format!("rustc {WRITER}."));
    if !same {
        let required = std::env::var(REQUIRE).is_ok_and(|value| value == "1");
        assert!(!required, "rustc {WRITER} is needed, not `{}`, and {REQUIRE}=1", version.trim());
        // Not `println!`, which a test that passes swallows. A closed stdout is nobody's mistake.
        let line = format!("skipped: needs rustc {WRITER}, the .stderr files were written by it\n");
        let _ = std::io::stdout().lock().write_all(line.as_bytes());
    }
    same
}
