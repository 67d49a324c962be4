//! Tells the library which compiler makes it: the resource of its telemetry has that as `process.runtime.version`.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    // A compiler that does not say is no reason to build nothing.
    let Ok(told) = Command::new(compiler).arg("--version").output() else { return };
    // As in `rustc 1.88.0 (6b00bc388 2025-06-23)`.
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    if let Some(version) = text.split_whitespace().nth(1) {
        println!("cargo::rustc-env=BIDENT_RUSTC_VERSION={version}");
    }
}
