//! Restarts under load: whatever has been sent before the signal is answered, on every wire.

use std::net::SocketAddr;
use std::process::Stdio;

use e2e::{Connection, GrpcCall, Wire, bounded, call};
use prost::Message;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;

const ROUNDS: usize = 20;
/// Calls that are held on each of HTTP/1.1, h2c and gRPC when the signal comes.
const HELD: u64 = 70;
/// gRPC calls share connections.
const STREAMS: u64 = 35;
/// A call ends within this time of the signal.
const SPREAD: u64 = 300;

#[derive(Clone, PartialEq, Message)]
struct Hold {
    #[prost(uint64, tag = "1")]
    millis: u64,
}

type Said = Lines<BufReader<ChildStdout>>;

async fn start() -> (Child, Said, SocketAddr) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_busy"))
        .env("BIDENT_SERVER__ADDR", "127.0.0.1:0")
        .env("BIDENT_ADMIN__ADDR", "127.0.0.1:0")
        // Far above what the calls take: it is never what ends the drain.
        .env("BIDENT_SERVER__DRAIN", "20s")
        .env("BIDENT_SERVER__TIMEOUT", "0")
        .env("BIDENT_LOG", "warn")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a process");
    let mut lines = BufReader::new(child.stdout.take().expect("its stdout")).lines();
    let line = bounded("the first line", lines.next_line()).await.expect("text").expect("a line");
    let address = line.split([' ', ',']).nth(3).and_then(|text| text.parse().ok());
    (child, lines, address.unwrap_or_else(|| panic!("no address in {line:?}")))
}

/// Calls that the server holds; each gives its HTTP or gRPC status.
async fn hold(address: SocketAddr) -> Vec<JoinHandle<i32>> {
    let millis = |index: u64| index * SPREAD / HELD;
    let mut held = Vec::new();
    for wire in [Wire::Http1, Wire::H2c] {
        for index in 0..HELD {
            let pending = call("GET", &format!("/hold/{}", millis(index))).over(wire);
            let pending = pending.begin(address).await;
            held.push(tokio::spawn(
                async move { i32::from(pending.answer().await.status.as_u16()) },
            ));
        }
    }
    for _ in 0..HELD / STREAMS {
        let connection = Connection::open(address, Wire::H2c).await;
        let calls = (0..STREAMS).map(|index| {
            let hold = Hold { millis: millis(2 * index) };
            GrpcCall::new("/busy.v1.Busy/Hold", &hold).begin_on(&connection)
        });
        let calls: Vec<_> = calls.collect();
        held.push(tokio::spawn(async move {
            for call in calls {
                assert_eq!(call.await.expect("an answer").status, 0);
            }
            drop(connection);
            200
        }));
    }
    held
}

/// Calls one after the other on one connection until the server ends it; says how many there were. All succeed, the first
/// one before this returns: a connection that the server has not taken in yet may be refused.
async fn churn(address: SocketAddr, wire: Wire) -> JoinHandle<usize> {
    let mut connection = Connection::open(address, wire).await;
    let next = call("GET", "/held").over(wire);
    assert_eq!(next.send_on(&mut connection).await.status, 200);
    tokio::spawn(async move {
        let mut calls = 1;
        while let Some(answer) = next.send_unless_closed(&mut connection).await {
            assert_eq!(answer.status, 200);
            calls += 1;
        }
        calls
    })
}

/// How many calls the server holds.
async fn held(address: SocketAddr) -> u64 {
    let answer = call("GET", "/held").send(address).await.json();
    answer["calls"].as_str().and_then(|calls| calls.parse().ok()).expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_that_has_reached_the_server_fails() {
    for round in 0..ROUNDS {
        let (mut child, mut said, address) = start().await;
        let waiting = hold(address).await;
        let mut polls = 1;
        bounded("all calls to be held", async {
            while held(address).await < 3 * HELD {
                polls += 1;
            }
        })
        .await;
        let wires = [Wire::Http1, Wire::Http1, Wire::H2c, Wire::H2c];
        let mut churning = Vec::new();
        for wire in wires {
            churning.push(churn(address, wire).await);
        }
        let id = child.id().expect("a running process");
        support::process::signal(id, "TERM").expect("it is there");

        for call in waiting {
            let status = bounded("an answer", call).await;
            assert_eq!(status.unwrap_or_else(|error| panic!("round {round}: {error}")), 200);
        }
        for calls in churning {
            let calls = bounded("the last answer", calls).await;
            polls += calls.unwrap_or_else(|error| panic!("round {round}: {error}"));
        }
        // Whatever the server began to answer has been answered.
        let last = bounded("the last line", said.next_line()).await.expect("text");
        assert_eq!(last.as_deref(), Some(&*format!("polled {polls}")), "round {round}");
        let status = bounded("the end of the process", child.wait()).await.expect("a status");
        assert!(status.success(), "round {round}");
    }
}
