//! h2spec: what a server of HTTP/2 and of HPACK must do, frame by frame.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use support::outside;
use tokio::process::Command;

use crate::run::{interop_server, run, tell};

/// All cases together take seconds; each that waits for something may take two.
const BOUND: Duration = Duration::from_secs(400);
/// As many as the suite had when this was written: fewer would be a suite that was not run.
const LEAST: usize = 145;

/// The cases that fail, and why they may.
const KNOWN: &[(&str, &str)] = &[(
    "http2/3.5: Sends invalid connection preface",
    "the port speaks HTTP/1.1 too: what is no HTTP/2 preface is answered in HTTP/1.1, with 400, before the connection is \
     closed, and the suite takes no answer but the end of the connection",
)];

#[tokio::test]
async fn every_case_of_http2_and_of_hpack_but_the_known_ones() -> Result<()> {
    if !outside::has("h2spec", &["--version"]) {
        return Ok(());
    }
    let server = interop_server().await?;
    let report = Path::new(env!("CARGO_TARGET_TMPDIR")).join("h2spec.xml");
    let mut command = Command::new("h2spec");
    // The answer at this path takes its time: a case is over before its stream is.
    command.args(["--host", "127.0.0.1", "--path", "/slow", "--junit-report"]).arg(&report);
    command.arg("--port").arg(server.addr().port().to_string());
    let output = run(command, BOUND).await?;
    let text = String::from_utf8_lossy(&output.stdout);
    let total = text.lines().rfind(|line| line.contains(" tests, ")).context("no total")?;
    tell(&format!("h2spec: {total}"));

    let report = std::fs::read_to_string(&report)?;
    let cases: Vec<_> = report.split("<testcase ").skip(1).collect();
    ensure!(cases.len() >= LEAST, "{} cases, {LEAST} at least", cases.len());
    let failed = cases.iter().filter(|case| case.contains("<failure") || case.contains("<error"));
    let failed: Vec<_> = failed.map(|case| name(case)).collect::<Option<_>>().context("names")?;
    let known: Vec<_> = KNOWN.iter().map(|(case, _)| (*case).to_owned()).collect();
    ensure!(failed == known, "failed: {failed:#?}\nknown: {known:#?}\n{text}");
    Ok(())
}

/// `http2/3.5: Sends ...`, from the attributes of a case.
fn name(case: &str) -> Option<String> {
    let attribute = |name: &str| {
        let (_, value) = case.split_once(&format!("{name}=\""))?;
        value.split_once('"').map(|(value, _)| value)
    };
    Some(format!("{}: {}", attribute("package")?, attribute("classname")?))
}
