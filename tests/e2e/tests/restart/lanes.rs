//! The clients: lanes that call without a pause, each one call at a time, and come back to the next server. A lane knows
//! nothing of a restart but what the connection tells it.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http2::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, TE};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::ledger::Ledger;

const H1_CONNECTIONS: usize = 80;
const H2_CONNECTIONS: usize = 4;
const STREAMS: usize = 20;
/// All lanes: HTTP/1.1, JSON over h2c, gRPC.
pub(crate) const COUNT: usize = H1_CONNECTIONS + 2 * H2_CONNECTIONS * STREAMS;
/// How long the server's handler waits. Long against what a call costs, so that most lanes are waiting at any moment.
const MILLIS: u32 = 400;

/// One server process.
#[derive(Clone, Copy)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    pub(crate) addr: SocketAddr,
}

type Generations = watch::Receiver<Option<Generation>>;

/// The running clients.
pub(crate) struct Clients(JoinSet<()>);

impl Clients {
    /// Waits for all lanes, which end when no further server is published.
    pub(crate) async fn end(mut self) -> Result<()> {
        while let Some(lane) = self.0.join_next().await {
            lane?;
        }
        Ok(())
    }
}

/// Starts every lane. They wait for the first server.
pub(crate) fn start(generations: &Generations, ledger: &Arc<Ledger>) -> Clients {
    let mut clients = JoinSet::new();
    for id in 0..H1_CONNECTIONS {
        let (mut generations, ledger) = (generations.clone(), Arc::clone(ledger));
        clients.spawn(async move {
            while let Some(generation) = next(&mut generations).await {
                // Connecting happens before any SIGTERM: the test waits for every lane's first answer.
                match TcpStream::connect(generation.addr).await {
                    Ok(stream) => h1(stream, id, generation, &ledger).await,
                    Err(error) => ledger.lost_outside(format!("h1 connect: {error}")),
                }
            }
        });
    }
    for (prong, id) in [Prong::Json, Prong::Grpc]
        .into_iter()
        .flat_map(|prong| (0..H2_CONNECTIONS).map(move |id| (prong, id)))
    {
        let (mut generations, ledger) = (generations.clone(), Arc::clone(ledger));
        clients.spawn(async move {
            while let Some(generation) = next(&mut generations).await {
                if let Err(error) = h2(prong, id, generation, &ledger).await {
                    ledger.lost_outside(format!("{prong:?} connection: {error:#}"));
                }
            }
        });
    }
    Clients(clients)
}

/// The next server that this lane has not seen; none when the test is over.
async fn next(generations: &mut Generations) -> Option<Generation> {
    generations.changed().await.ok()?;
    *generations.borrow_and_update()
}

/// Calls over one HTTP/1.1 connection until the server closes it.
async fn h1(mut stream: TcpStream, id: usize, generation: Generation, ledger: &Ledger) {
    let mut received = Vec::new();
    for count in 0.. {
        let note = format!("h1-{id}-{}-{count}", generation.number);
        let body = format!(r#"{{"millis":{MILLIS},"note":"{note}"}}"#);
        let head = "POST /v1/wait HTTP/1.1\r\nhost: probe\r\ncontent-type: application/json";
        let request = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        if let Err(error) = stream.write_all(request.as_bytes()).await {
            if !ledger.is_signalled(generation.number) {
                ledger.lost_outside(format!("h1 write: {error}"));
            }
            return;
        }
        let sent = ledger.sent(generation.number);
        received.clear();
        match h1_reply(&mut stream, &mut received, &format!(r#"{{"note":"{note}"}}"#)).await {
            Ok(open) => {
                ledger.answered_right(sent, count == 0);
                if !open {
                    return;
                }
            }
            Err(error) => {
                return ledger.failed(sent, !received.is_empty(), &format!("h1 {note}: {error:#}"));
            }
        }
    }
}

/// Reads one reply and compares it; says whether the connection stays open.
async fn h1_reply(stream: &mut TcpStream, received: &mut Vec<u8>, expected: &str) -> Result<bool> {
    while !received.ends_with(expected.as_bytes()) {
        let read = stream.read_buf(received).await?;
        if read == 0 {
            bail!("closed after {:?}", String::from_utf8_lossy(received));
        }
    }
    let head = String::from_utf8_lossy(received).to_ascii_lowercase();
    ensure!(head.starts_with("http/1.1 200 "), "answered {head:?}");
    Ok(!head.contains("connection: close"))
}

#[derive(Clone, Copy, Debug)]
enum Prong {
    Json,
    Grpc,
}

/// Calls over one HTTP/2 connection, many at once, until the server closes it.
async fn h2(prong: Prong, id: usize, generation: Generation, ledger: &Arc<Ledger>) -> Result<()> {
    let stream = TcpStream::connect(generation.addr).await?;
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let mut lanes = JoinSet::new();
    for stream in 0..STREAMS {
        let (sender, ledger) = (sender.clone(), Arc::clone(ledger));
        lanes.spawn(async move {
            h2_lane(sender, prong, format!("{prong:?}-{id}-{stream}"), generation, &ledger).await
        });
    }
    drop(sender);
    while let Some(lane) = lanes.join_next().await {
        lane.context("an h2 lane")?;
    }
    // How the connection ended was seen by the lanes.
    driver.await?.ok();
    Ok(())
}

async fn h2_lane(
    mut sender: SendRequest<Full<Bytes>>,
    prong: Prong,
    name: String,
    generation: Generation,
    ledger: &Ledger,
) {
    for count in 0.. {
        let note = format!("{name}-{}-{count}", generation.number);
        if let Err(error) = sender.ready().await {
            if !ledger.is_signalled(generation.number) {
                ledger.lost_outside(format!("{note}: {error}"));
            }
            return;
        }
        let reply = sender.send_request(request(prong, generation.addr, &note));
        let sent = ledger.sent(generation.number);
        let outcome = async {
            let response = reply.await?;
            ensure!(response.status() == 200, "answered {:?}", response.headers());
            let body = response.into_body().collect().await?;
            let status = body.trailers().and_then(|trailers| trailers.get("grpc-status")).cloned();
            let bytes = body.to_bytes();
            match prong {
                Prong::Json => {
                    ensure!(bytes == format!(r#"{{"note":"{note}"}}"#), "answered {bytes:?}")
                }
                Prong::Grpc => {
                    ensure!(
                        bytes == frame(&text_field(1, &note))
                            && status.is_some_and(|status| status == "0"),
                        "answered {bytes:?}"
                    );
                }
            }
            Ok(())
        };
        match outcome.await {
            Ok(()) => ledger.answered_right(sent, count == 0),
            Err(error) => return ledger.failed(sent, false, &format!("{note}: {error:#}")),
        }
    }
}

fn request(prong: Prong, addr: SocketAddr, note: &str) -> Request<Full<Bytes>> {
    let (path, kind, body) = match prong {
        Prong::Json => (
            "/v1/wait",
            "application/json",
            format!(r#"{{"millis":{MILLIS},"note":"{note}"}}"#).into_bytes(),
        ),
        Prong::Grpc => {
            // Field 1, a varint of two bytes: the low seven bits first.
            let mut message = vec![0x08, 0x80 | (MILLIS & 0x7f) as u8, (MILLIS >> 7) as u8];
            message.extend(text_field(2, note));
            ("/probe.v1.Probe/Wait", "application/grpc", frame(&message))
        }
    };
    let request = Request::post(format!("http://{addr}{path}"))
        .header(CONTENT_TYPE, kind)
        .header(TE, "trailers");
    request.body(Full::new(body.into())).expect("every part is a constant or an address")
}

/// A length-delimited field of fewer than 128 bytes.
fn text_field(number: u8, text: &str) -> Vec<u8> {
    [&[number << 3 | 2, text.len() as u8], text.as_bytes()].concat()
}

/// An uncompressed gRPC frame of fewer than 256 bytes.
fn frame(message: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, 0, message.len() as u8], message].concat()
}
