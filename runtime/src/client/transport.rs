//! The connection below a client: opened when needed, opened again when gone, and every wait bounded.
//!
//! What an answer means is decided by the prongs; here is only what both need of the wire.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, Response, Uri};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tower_service::Service;

use super::target::Target;
use crate::call::Protocol;
use crate::error::{BoxError, Code, reasons};
use crate::{Error, Result};

/// Name lookup and TCP handshake together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes that the peer's kernel has not confirmed for so long mean that the connection is dead. This is what notices a
/// peer that vanished without a word.
const UNCONFIRMED_TIMEOUT: Duration = Duration::from_secs(15);

/// HTTP/2 pings go out only while calls are open, and rarely: Go's servers end a connection after the third ping within
/// five minutes without an answer in between.
const PING_INTERVAL: Duration = Duration::from_secs(60);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// Fixed windows and no measuring of the network: measuring needs pings too.
const STREAM_WINDOW: u32 = 1024 * 1024;

/// h2 takes many small pieces of data that nobody has read yet for an attack, and allows them 256 bytes each within half
/// of this window. A reply is such a piece until its call reads it: with the usual 64 KiB, some 120 replies at once would
/// end the connection.
const CONNECTION_WINDOW: u32 = 8 * 1024 * 1024;

/// Shorter than the 75 seconds after which servers commonly close an idle HTTP/1.1 connection, so that a call does not
/// meet one that is just being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(45);

/// Connections and the address they lead to.
pub(super) struct Transport {
    target: Target,
    client: Client<Connector, Full<Bytes>>,
}

/// A whole answer.
pub(super) struct Answer {
    pub(super) head: http::response::Parts,
    pub(super) body: Bytes,
    pub(super) trailers: HeaderMap,
}

impl Transport {
    pub(super) fn new(target: Target) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_keepalive(Some(IDLE_TIMEOUT));
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        connector.set_tcp_user_timeout(Some(UNCONFIRMED_TIMEOUT));
        let mut builder = Client::builder(TokioExecutor::new());
        builder.timer(TokioTimer::new()).pool_timer(TokioTimer::new());
        match target.protocol {
            Protocol::Grpc => builder
                .http2_only(true)
                .http2_initial_stream_window_size(STREAM_WINDOW)
                .http2_initial_connection_window_size(CONNECTION_WINDOW)
                .http2_keep_alive_interval(PING_INTERVAL)
                .http2_keep_alive_timeout(PING_TIMEOUT)
                .pool_idle_timeout(None),
            Protocol::Http => builder.pool_idle_timeout(IDLE_TIMEOUT),
        };
        Self { client: builder.build(Connector(connector)), target }
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// Sends a request and reads the whole answer, or gives both up at the deadline.
    pub(super) async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
        path: &str,
        deadline: Instant,
        limit: usize,
    ) -> Result<Answer> {
        *request.uri_mut() = Uri::builder()
            .scheme("http")
            .authority(self.target.authority.clone())
            .path_and_query(path)
            .build()
            .map_err(|e| Error::internal(reasons::INTERNAL, format!("the path `{path}`: {e}")))?;
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|e| self.failure(&e))?;
            self.read(answer, limit).await
        };
        tokio::time::timeout_at(deadline, exchange)
            .await
            .unwrap_or_else(|_| Err(Error::deadline_passed()))
    }

    async fn read(&self, answer: Response<Incoming>, limit: usize) -> Result<Answer> {
        let (head, mut body) = answer.into_parts();
        let too_large = || {
            let text = format!("{}: the answer is larger than {limit} bytes", self.target);
            // To this service's own callers it is no fault of theirs.
            Error::internal(reasons::BODY_TOO_LARGE, text).with_grpc(Code::ResourceExhausted)
        };
        if body.size_hint().lower() > limit as u64 {
            return Err(too_large());
        }
        let mut first = Bytes::new();
        let mut rest = BytesMut::new();
        let mut trailers = HeaderMap::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|e| self.failure(&e))?;
            match frame.into_data() {
                Ok(data) if first.len() + rest.len() + data.len() > limit => {
                    return Err(too_large());
                }
                // Most answers are one piece, which need not be copied.
                Ok(data) if first.is_empty() => first = data,
                Ok(data) => rest.extend_from_slice(&data),
                Err(frame) => trailers = frame.into_trailers().unwrap_or_default(),
            }
        }
        let body = match rest.is_empty() {
            true => first,
            false => [first, rest.freeze()].concat().into(),
        };
        Ok(Answer { head, body, trailers })
    }

    /// What a broken exchange means to the caller.
    fn failure(&self, error: &(dyn StdError + 'static)) -> Error {
        let mut cause = error;
        let mut text = error.to_string();
        loop {
            if let Some(stream) = cause.downcast_ref::<h2::Error>()
                && stream.is_reset()
                && stream.is_remote()
            {
                return self.reset(stream);
            }
            match cause.source() {
                Some(next) => cause = next,
                None => break,
            }
            text = format!("{text}: {cause}");
        }
        Error::unavailable(reasons::UNAVAILABLE, format!("{}: {text}", self.target))
    }

    /// The gRPC specification's table for streams that the server reset.
    fn reset(&self, stream: &h2::Error) -> Error {
        let text = format!("{}: {stream}", self.target);
        match stream.reason() {
            Some(h2::Reason::REFUSED_STREAM | h2::Reason::ENHANCE_YOUR_CALM) => {
                Error::unavailable(reasons::UNAVAILABLE, text)
            }
            Some(h2::Reason::CANCEL) => Error::new(499, reasons::CANCELLED, text),
            _ => Error::internal(reasons::INTERNAL, text),
        }
    }
}

/// hyper-util's connector, with name lookups inside the time limit too.
#[derive(Clone)]
struct Connector(HttpConnector);

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.0.call(uri);
        Box::pin(async move {
            match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
                Ok(connected) => connected.map_err(Into::into),
                Err(_) => Err(format!("no connection within {CONNECT_TIMEOUT:?}").into()),
            }
        })
    }
}
