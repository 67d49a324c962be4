//! The load client. It compares every reply with the one it must be and fails at the first that differs: a server that is
//! fast at answering wrongly measures nothing.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use bench::workload::Workload;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HeaderName, TE};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// No run of any instrument is longer, valgrind's slowness included.
const RUN_BOUND: Duration = Duration::from_secs(240);

/// How many connections, and how many calls in flight on each (always one over HTTP/1.1).
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) connections: usize,
    pub(crate) streams: usize,
}

impl Shape {
    pub(crate) const ONE_IN_FLIGHT: Shape = Shape { connections: 1, streams: 1 };
}

/// Makes at least `calls` calls, shared out evenly, and returns how many it made. Each reply is checked.
pub(crate) async fn load(
    addr: SocketAddr,
    workload: Workload,
    shape: Shape,
    calls: usize,
) -> Result<usize> {
    let lanes = shape.connections * if workload.is_h2() { shape.streams } else { 1 };
    let each = calls.div_ceil(lanes);
    let mut tasks = JoinSet::new();
    for _ in 0..shape.connections {
        if workload.is_h2() {
            let connection = H2::connect(addr, workload).await?;
            for _ in 0..shape.streams {
                let mut lane = connection.clone();
                tasks.spawn(async move { lane.calls(each).await });
            }
        } else {
            tasks.spawn(async move { H1::connect(addr, workload).await?.calls(each).await });
        }
    }
    let finished = async {
        while let Some(lane) = tasks.join_next().await {
            lane.context("a lane of the load client")??;
        }
        Ok::<(), anyhow::Error>(())
    };
    timeout(RUN_BOUND, finished)
        .await
        .with_context(|| format!("{} took too long", workload.name()))??;
    Ok(each * lanes)
}

/// A keep-alive connection of HTTP/1.1.
pub(crate) struct H1 {
    stream: TcpStream,
    request: Vec<u8>,
    workload: Workload,
    received: Vec<u8>,
}

impl H1 {
    pub(crate) async fn connect(addr: SocketAddr, workload: Workload) -> Result<H1> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let body = workload.body();
        let mut request = match workload.content_type() {
            None => format!("GET {} HTTP/1.1\r\nhost: {addr}\r\n\r\n", workload.path()),
            Some(kind) => format!(
                "POST {} HTTP/1.1\r\nhost: {addr}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
                workload.path(),
                body.len()
            ),
        }
        .into_bytes();
        request.extend_from_slice(body);
        Ok(H1 { stream, request, workload, received: Vec::with_capacity(4096) })
    }

    pub(crate) async fn calls(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            self.call().await?;
        }
        Ok(())
    }

    async fn call(&mut self) -> Result<()> {
        self.stream.write_all(&self.request).await?;
        self.received.clear();
        let body_at = loop {
            let read = self.stream.read_buf(&mut self.received).await?;
            ensure!(read > 0, "the server closed the connection after {:?}", self.text());
            if let Some(end) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let length = self.content_length(body_at)?;
        while self.received.len() < body_at + length {
            let read = self.stream.read_buf(&mut self.received).await?;
            ensure!(read > 0, "the server closed the connection after {:?}", self.text());
        }
        let right = self.received.starts_with(b"HTTP/1.1 200 ")
            && self.received[body_at..] == *self.workload.expected();
        ensure!(right, "a wrong reply: {:?}", self.text());
        Ok(())
    }

    fn content_length(&self, head_end: usize) -> Result<usize> {
        let head = std::str::from_utf8(&self.received[..head_end])?;
        for line in head.lines() {
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                return Ok(value.trim().parse()?);
            }
        }
        bail!("a reply without a content length: {head:?}")
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.received).into_owned()
    }
}

/// A connection of HTTP/2 without TLS; a clone is one more lane of calls on it.
#[derive(Clone)]
pub(crate) struct H2 {
    sender: SendRequest<Full<Bytes>>,
    addr: SocketAddr,
    workload: Workload,
}

impl H2 {
    pub(crate) async fn connect(addr: SocketAddr, workload: Workload) -> Result<H2> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        // The task ends with the connection: when the last sender is dropped or the server goes away. What breaks it
        // is told by the call that fails.
        tokio::spawn(connection);
        Ok(H2 { sender, addr, workload })
    }

    pub(crate) async fn calls(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            self.call().await?;
        }
        Ok(())
    }

    async fn call(&mut self) -> Result<()> {
        let uri = format!("http://{}{}", self.addr, self.workload.path());
        let mut request = Request::builder().uri(uri);
        if let Some(kind) = self.workload.content_type() {
            request = request.method(Method::POST).header(CONTENT_TYPE, kind);
        }
        if self.workload.is_grpc() {
            request = request.header(TE, "trailers");
        }
        let request = request.body(Full::new(Bytes::from_static(self.workload.body())))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await?;
        let trailers = body.trailers().cloned().unwrap_or_default();
        let bytes = body.to_bytes();
        let closed_well = !self.workload.is_grpc()
            || trailers.get(GRPC_STATUS).is_some_and(|status| status == "0");
        let right =
            head.status == StatusCode::OK && bytes == self.workload.expected() && closed_well;
        ensure!(right, "a wrong reply: {head:?}, {bytes:?}, {trailers:?}");
        Ok(())
    }
}
