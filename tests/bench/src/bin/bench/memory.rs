//! Memory: resident size of an idle server, and what each idle connection adds that has served one request.

use anyhow::Result;
use bench::workload::Workload;

use crate::client::{H1, H2};
use crate::server::{Program, Server};

/// Measures every program with `connections` idle connections of each protocol it answers.
pub(crate) async fn run(connections: usize) -> Result<()> {
    println!("Memory with {connections} idle connections, each after one request.\n");
    println!("{:<20}{:>12}{:>14}{:>14}", "", "idle MiB", "KiB/h1 conn", "KiB/h2 conn");
    for program in [
        Program::RAW_HYPER,
        Program::HAND_AXUM,
        Program::HAND_TONIC,
        Program::BIDENT,
        Program::BIDENT_DEFAULT,
    ] {
        let answers = |workload| program.answers(workload);
        let idle = Server::start(program, &[], &[]).await?.rss_kib()? as f64 / 1024.0;
        let h1 = if answers(Workload::JsonH1) {
            Some(per_connection(program, Workload::JsonH1, connections).await?)
        } else {
            None
        };
        let h2 = if answers(Workload::Grpc) {
            Some(per_connection(program, Workload::Grpc, connections).await?)
        } else if answers(Workload::JsonH2) {
            Some(per_connection(program, Workload::JsonH2, connections).await?)
        } else {
            None
        };
        println!("{:<20}{idle:>12.1}{:>14}{:>14}", program.name, shown(h1), shown(h2));
    }
    Ok(())
}

fn shown(kib: Option<f64>) -> String {
    kib.map_or_else(|| "-".into(), |kib| format!("{kib:.1}"))
}

/// KiB that one idle connection adds to the server.
async fn per_connection(program: Program, workload: Workload, connections: usize) -> Result<f64> {
    // The server inherits the descriptor limit; a shell's is often 1,024.
    let wrapper = ["sh", "-c", "ulimit -n 20000; exec \"$0\" \"$@\""].map(str::to_owned);
    let server = Server::start(program, &wrapper, &[]).await?;
    // The first connection pays for what all of them share.
    let (mut h1, mut h2) = (Vec::new(), Vec::new());
    open(&server, workload, &mut h1, &mut h2).await?;
    let before = server.rss_kib()?;
    for _ in 0..connections {
        open(&server, workload, &mut h1, &mut h2).await?;
    }
    let grown = server.rss_kib()?.saturating_sub(before);
    Ok(grown as f64 / connections as f64)
}

async fn open(
    server: &Server,
    workload: Workload,
    h1: &mut Vec<H1>,
    h2: &mut Vec<H2>,
) -> Result<()> {
    if workload.is_h2() {
        let mut connection = H2::connect(server.addr(), workload).await?;
        connection.calls(1).await?;
        h2.push(connection);
    } else {
        let mut connection = H1::connect(server.addr(), workload).await?;
        connection.calls(1).await?;
        h1.push(connection);
    }
    Ok(())
}
