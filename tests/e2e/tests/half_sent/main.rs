//! Requests that never become whole: they may not hold the drain beyond its deadline, nor cost another call its answer. A real
//! process, ended by a real signal.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use support::process::Process;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

/// Longer than a call needs on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const DRAIN: Duration = Duration::from_secs(2);
/// What a busy machine may need to end a process whose drain is over.
const SLACK: Duration = Duration::from_secs(3);

/// An HTTP/2 preface with empty SETTINGS, then a HEADERS frame that announces 64 bytes and carries three.
const HALF_H2_HEADERS: &[u8] =
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x40\x01\x04\0\0\0\x01\x82\x87\x84";
/// A whole HEADERS frame of a POST to `/probe.v1.Probe/Wait` (plain literals), then half of its DATA frame.
fn half_h2_body() -> Vec<u8> {
    let mut block = vec![0x83, 0x86];
    for (name, value) in [
        (":path", "/probe.v1.Probe/Wait"),
        (":authority", "probe"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ] {
        block.push(0);
        for text in [name, value] {
            block.push(text.len() as u8);
            block.extend_from_slice(text.as_bytes());
        }
    }
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    bytes.extend_from_slice(&[0, 0, block.len() as u8, 1, 4, 0, 0, 0, 1]);
    bytes.extend_from_slice(&block);
    bytes.extend_from_slice(b"\0\0\x0a\0\0\0\0\0\x01\0\0\0\0\x40");
    bytes
}

#[tokio::test]
async fn a_half_sent_request_never_holds_the_drain_beyond_its_deadline() -> Result<()> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    command
        .env("BIDENT_SERVER__ADDR", "127.0.0.1:0")
        .env("BIDENT_ADMIN__ADDR", "127.0.0.1:0")
        .env("BIDENT_SERVER__DRAIN", "2s");
    let server = Process::start(command).await?;
    let half_body = b"POST /v1/wait HTTP/1.1\r\nhost: probe\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{\"mill";
    let halves: [&[u8]; 5] =
        [b"", b"POST /v1/wait HTTP/1.1\r\nhost: pro", half_body, HALF_H2_HEADERS, &half_h2_body()];
    let mut held = Vec::new();
    for half in halves {
        let mut stream = TcpStream::connect(server.addr()).await?;
        stream.write_all(half).await?;
        held.push(stream);
    }
    // A whole call after them shows that the server has read what came before; another one is under way at the signal.
    answered(TcpStream::connect(server.addr()).await?, 0).await?;
    let mut waiting = TcpStream::connect(server.addr()).await?;
    waiting.write_all(wait_request(800).as_bytes()).await?;
    answered(TcpStream::connect(server.addr()).await?, 0).await?;

    let began = Instant::now();
    server.terminate()?;
    let mut reply = Vec::new();
    timeout(PATIENCE, waiting.read_to_end(&mut reply)).await??;
    ensure!(
        reply.starts_with(b"HTTP/1.1 200 "),
        "the whole call was answered {:?}",
        String::from_utf8_lossy(&reply)
    );
    server.ended(PATIENCE).await?;
    let took = began.elapsed();
    ensure!(took < DRAIN + SLACK, "the drain took {took:?}");
    for stream in &mut held {
        // The server is gone: every half-sent request has seen its connection's end.
        timeout(PATIENCE, stream.read_to_end(&mut reply)).await?.ok();
    }
    Ok(())
}

fn wait_request(millis: u32) -> String {
    let body = format!(r#"{{"millis":{millis},"note":"whole"}}"#);
    let head = "POST /v1/wait HTTP/1.1\r\nhost: probe\r\nconnection: close\r\ncontent-type: application/json";
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

async fn answered(mut stream: TcpStream, millis: u32) -> Result<()> {
    stream.write_all(wait_request(millis).as_bytes()).await?;
    let mut reply = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut reply)).await??;
    ensure!(reply.starts_with(b"HTTP/1.1 200 "), "answered {:?}", String::from_utf8_lossy(&reply));
    Ok(())
}
