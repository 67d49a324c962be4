//! Restarts of a real server process: what is in flight when SIGTERM comes is answered, and nothing holds the drain
//! beyond its deadline.

mod half_sent;
mod lanes;
mod ledger;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use support::process::Process;
use tokio::process::Command;
use tokio::sync::watch;

use crate::lanes::Generation;
use crate::ledger::Ledger;

const RESTARTS: u64 = 20;
/// Calls that must be in flight at each SIGTERM.
const IN_FLIGHT: usize = 200;
/// Longer than a lane needs for a call on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts the probe server at `addr` (port 0 for any) with `drain` as its deadline for calls in flight.
async fn probe(addr: &str, drain: &str) -> Result<Process> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    command
        .env("BIDENT_SERVER__ADDR", addr)
        .env("BIDENT_ADMIN__ADDR", "127.0.0.1:0")
        .env("BIDENT_SERVER__DRAIN", drain);
    Process::start(command).await
}

/// HTTP/1.1, h2c and gRPC clients call without a pause while the server is restarted on its port again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_in_flight_fails_in_twenty_restarts_under_load() -> Result<()> {
    let ledger = Arc::new(Ledger::new());
    let (publish, generations) = watch::channel(None);
    let clients = lanes::start(&generations, &ledger);
    let mut addr: Option<SocketAddr> = None;
    for number in 1..=RESTARTS {
        let wanted = addr.map_or_else(|| "127.0.0.1:0".to_owned(), |addr| addr.to_string());
        let server = probe(&wanted, "20s").await.with_context(|| format!("start {number}"))?;
        addr = Some(server.addr());
        ledger.new_generation();
        publish.send_replace(Some(Generation { number, addr: server.addr() }));
        let seen = ledger
            .wait(PATIENCE, |counts| counts.warm == lanes::COUNT && counts.in_flight >= IN_FLIGHT)
            .await;
        seen.with_context(|| {
            format!("the clients never had {IN_FLIGHT} calls in flight in round {number}")
        })?;
        let in_flight = ledger.signal(number, || server.terminate())?;
        let status = server.ended(PATIENCE).await?;
        ledger
            .wait(PATIENCE, |counts| counts.in_flight == 0)
            .await
            .context("calls without an end")?;
        println!(
            "restart {number}: {in_flight} calls in flight at SIGTERM, {} answered so far",
            ledger.answered()
        );
        assert!(in_flight >= IN_FLIGHT, "only {in_flight} calls were in flight in round {number}");
        assert_eq!(ledger.lost(), Vec::<String>::new(), "calls failed in round {number}");
        assert!(status.success(), "the server ended with {status} in round {number}");
    }
    drop(publish);
    clients.end().await
}
