//! The connection below a client: opened when needed, opened again when gone, and every wait bounded. A call that the
//! server says it has not begun is sent once more.
//!
//! What an answer means is decided by the prongs; here is only what both need of the wire.

use std::error::Error as StdError;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, Uri, Version};
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tower_service::Service;

use super::http::Plan;
use super::socket::Socket;
use super::target::Target;
#[cfg(feature = "tls")]
use super::tls::{Secured, Tls};
use crate::call::{Body, Clock, Gathered, Protocol};
use crate::error::{BoxError, Code, reasons};
use crate::service::MethodSpec;
use crate::surface::envelope::PREFIX;
use crate::telemetry::{Callee, Counter, Outbound};
use crate::{Error, Result};

/// Name lookup and all handshakes together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes that the peer's kernel has not confirmed for so long mean that the connection is dead. This is what notices a
/// peer that vanished without a word.
const UNCONFIRMED_TIMEOUT: Duration = Duration::from_secs(15);

/// HTTP/2 pings go out only while calls are open, and rarely: Go's servers end a connection after the third ping within
/// five minutes without an answer in between.
const PING_INTERVAL: Duration = Duration::from_secs(60);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// How much earlier than ours the server's clock may come to a deadline that both know.
const CLOCKS_DIFFER: Duration = Duration::from_millis(50);

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
    client: Client<Connector, Body>,
    /// For calls that need HTTP/2 where others make do with HTTP/1.1. Made for the first of them.
    duplex: OnceLock<Client<Connector, Body>>,
    connector: Connector,
    /// Why there can be no connection, whoever asks for one.
    #[cfg(feature = "tls")]
    mistake: Option<String>,
}

/// Connections of the HTTP version that a prong speaks.
pub(crate) fn client<B>(protocol: Protocol, connector: Connector) -> Client<Connector, B>
where
    B: http_body::Body<Data: Send> + Send,
{
    let mut builder = Client::builder(TokioExecutor::new());
    builder.timer(TokioTimer::new()).pool_timer(TokioTimer::new());
    match protocol {
        Protocol::Http => builder.pool_idle_timeout(IDLE_TIMEOUT),
        _ => builder
            .http2_only(true)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .http2_keep_alive_interval(PING_INTERVAL)
            .http2_keep_alive_timeout(PING_TIMEOUT)
            .pool_idle_timeout(None),
    };
    builder.build(connector)
}

/// A whole answer.
pub(super) struct Answer {
    pub(super) head: http::response::Parts,
    pub(super) body: Bytes,
    pub(super) trailers: HeaderMap,
}

impl Transport {
    /// Begins the telemetry of a call, and writes what flows on into its request. `http` is how it is called over HTTP.
    pub(super) fn begin(
        &self,
        method: &'static MethodSpec,
        http: Option<(&Plan, &str)>,
        request: &mut Request<Body>,
    ) -> Outbound {
        let verb = request.method().clone();
        let callee = Callee {
            operation: method.operation,
            protocol: self.target.protocol,
            secure: self.target.secure,
            host: self.target.authority.host(),
            port: self.target.authority.port_u16(),
            http: http.map(|(plan, path)| (verb.as_str(), plan.pattern(), path)),
            secrets: http.and_then(|(plan, _)| plan.secrets()),
        };
        Outbound::begin(&callee, request.headers_mut())
    }

    pub(super) fn new(target: Target, #[cfg(feature = "tls")] tls: &Tls) -> Self {
        #[cfg(feature = "tls")]
        let (tls, mistake) = match tls.secure(&target) {
            Ok(secured) => (secured, None),
            Err(mistake) => (None, Some(mistake)),
        };
        let connector = Connector::new(
            #[cfg(feature = "tls")]
            tls,
        );
        Self {
            client: client(target.protocol, connector.clone()),
            duplex: OnceLock::new(),
            connector,
            target,
            #[cfg(feature = "tls")]
            mistake,
        }
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// Whose connections a request goes over: its version says so.
    fn client(&self, version: Version) -> &Client<Connector, Body> {
        if version != Version::HTTP_2 || self.target.protocol == Protocol::Grpc {
            return &self.client;
        }
        self.duplex.get_or_init(|| client(Protocol::Grpc, self.connector.over_http2()))
    }

    /// Sends a request and reads the whole answer, or gives both up at the deadline.
    pub(super) async fn exchange(
        &self,
        request: Request<Body>,
        path: &str,
        deadline: Option<Instant>,
        limit: usize,
        outbound: &mut Outbound,
    ) -> Result<Answer> {
        self.open(request, path, deadline, outbound).await?.read(limit).await
    }

    /// Sends a request and reads the head of its answer, or gives up at the deadline. The head is told to telemetry at once:
    /// what follows it may fail.
    pub(super) async fn open(
        &self,
        mut request: Request<Body>,
        path: &str,
        deadline: Option<Instant>,
        outbound: &mut Outbound,
    ) -> Result<Opened> {
        #[cfg(feature = "tls")]
        if let Some(mistake) = &self.mistake {
            return Err(Error::internal(reasons::INTERNAL, format!("{}: {mistake}", self.target)));
        }
        *request.uri_mut() = Uri::builder()
            .scheme(if self.target.secure { "https" } else { "http" })
            .authority(self.target.authority.clone())
            .path_and_query(path)
            .build()
            .map_err(|e| Error::internal(reasons::INTERNAL, format!("the path `{path}`: {e}")))?;
        outbound.sends(request.body_mut());
        let mut clock = Clock::new(deadline);
        let copy = self.copy(&request);
        let mut sent = self.send(request, &mut clock).await?;
        if let (Err(error), Some(copy)) = (&sent, copy)
            && not_begun(error)
        {
            sent = self.send(copy, &mut clock).await?;
        }
        let (head, body) =
            sent.map_err(|error| failure(&self.target, &clock, &error))?.into_parts();
        let counter = outbound.answered(&head);
        Ok(Opened { head, body, clock, counter, target: self.target.clone() })
    }

    /// Sends a request and waits for the head of its answer, or for the deadline.
    async fn send(
        &self,
        request: Request<Body>,
        clock: &mut Clock,
    ) -> Result<Result<Response<Incoming>, legacy::Error>> {
        let mut answer = pin!(self.client(request.version()).request(request));
        poll_fn(|cx| match answer.as_mut().poll(cx) {
            Poll::Pending if clock.passed(cx) => Poll::Ready(Err(Error::deadline_passed())),
            polled => polled.map(Ok),
        })
        .await
    }

    /// What can be sent once more where the server has not begun the call. A stream of requests cannot: what was taken of
    /// it is gone.
    fn copy(&self, request: &Request<Body>) -> Option<Request<Body>> {
        // Only HTTP/2 says that a call was not begun.
        if self.target.protocol != Protocol::Grpc {
            return None;
        }
        let mut copy = Request::new(request.body().copied()?);
        *copy.method_mut() = request.method().clone();
        *copy.uri_mut() = request.uri().clone();
        *copy.version_mut() = request.version();
        *copy.headers_mut() = request.headers().clone();
        Some(copy)
    }
}

/// Whether the server has said that it has not begun the call: it has refused its stream, or has gone away and named an
/// earlier one as its last. Either way it is as if the call had never been sent.
fn not_begun(error: &(dyn StdError + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |cause| (*cause).source());
    causes.any(|cause| {
        cause.downcast_ref::<h2::Error>().is_some_and(|stream| {
            let refused = stream.is_reset() && stream.reason() == Some(h2::Reason::REFUSED_STREAM);
            stream.is_remote() && (refused || stream.is_go_away())
        })
    })
}

/// An answer of which the head has arrived. Dropped, it gives the call up.
pub(super) struct Opened {
    pub(super) head: http::response::Parts,
    body: Incoming,
    clock: Clock,
    /// Of the body's bytes, where somebody asks for them.
    counter: Option<Counter>,
    target: Target,
}

/// What a broken exchange means to the caller. A server whose clock comes to the call's deadline before ours may do no
/// more than reset the call.
fn failure(target: &Target, clock: &Clock, error: &(dyn StdError + 'static)) -> Error {
    let error = target.failure(error);
    if error.grpc_code() == Code::Cancelled && clock.is_due(CLOCKS_DIFFER) {
        return Error::deadline_passed();
    }
    error
}

impl Opened {
    /// Whether nothing follows the head.
    pub(super) fn is_alone(&self) -> bool {
        self.body.is_end_stream()
    }

    /// The next piece of the body, or the trailers; `None` at the end.
    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Frame<Bytes>>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Pending if self.clock.passed(cx) => Poll::Ready(Err(Error::deadline_passed())),
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Err(error))) => {
                Poll::Ready(Err(failure(&self.target, &self.clock, &error)))
            }
            Poll::Ready(Some(Ok(frame))) => {
                if let (Some(counter), Some(data)) = (&self.counter, frame.data_ref()) {
                    counter.add(data.len());
                }
                Poll::Ready(Ok(Some(frame)))
            }
            Poll::Ready(None) => Poll::Ready(Ok(None)),
        }
    }

    /// Whether the deadline has passed, for who takes piece after piece and may never have to wait for one.
    pub(super) fn is_late(&self) -> bool {
        self.clock.late()
    }

    /// The whole answer, of at most `limit` bytes; over gRPC it is one message that may have so many.
    pub(super) async fn read(mut self, limit: usize) -> Result<Answer> {
        let prefix = if self.target.protocol == Protocol::Grpc { PREFIX } else { 0 };
        let most = limit.saturating_add(prefix);
        if self.body.size_hint().lower() > most as u64 {
            return Err(self.too_large(limit));
        }
        let mut body = Gathered::default();
        let mut trailers = HeaderMap::new();
        while let Some(frame) = poll_fn(|cx| self.poll_frame(cx)).await? {
            match frame.into_data() {
                Ok(data) if body.len() + data.len() > most => return Err(self.too_large(limit)),
                Ok(data) => body.push(data),
                Err(frame) => trailers = frame.into_trailers().unwrap_or_default(),
            }
        }
        Ok(Answer { head: self.head, body: body.finish(), trailers })
    }

    #[cold]
    fn too_large(&self, limit: usize) -> Error {
        let text = format!("{}: the answer is larger than {limit} bytes", self.target);
        // To this service's own callers it is no fault of theirs.
        Error::internal(reasons::BODY_TOO_LARGE, text).with_grpc(Code::ResourceExhausted)
    }
}

impl Target {
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
        Error::unavailable(reasons::UNAVAILABLE, format!("{self}: {text}"))
    }

    /// The gRPC specification's table for streams that the server reset.
    fn reset(&self, stream: &h2::Error) -> Error {
        let text = format!("{self}: {stream}");
        match stream.reason() {
            Some(h2::Reason::REFUSED_STREAM | h2::Reason::ENHANCE_YOUR_CALM) => {
                Error::unavailable(reasons::UNAVAILABLE, text)
            }
            Some(h2::Reason::CANCEL) => Error::new(499, reasons::CANCELLED, text),
            _ => Error::internal(reasons::INTERNAL, text),
        }
    }
}

/// hyper-util's connector, with name lookups and TLS inside the time limit too.
#[derive(Clone)]
pub(crate) struct Connector {
    tcp: HttpConnector,
    #[cfg(feature = "tls")]
    tls: Option<Secured>,
}

impl Connector {
    pub(crate) fn new(#[cfg(feature = "tls")] tls: Option<Secured>) -> Self {
        let mut tcp = HttpConnector::new();
        // Whatever the scheme, this one sees to the TCP connection alone.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(IDLE_TIMEOUT));
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        tcp.set_tcp_user_timeout(Some(UNCONFIRMED_TIMEOUT));
        Self {
            tcp,
            #[cfg(feature = "tls")]
            tls,
        }
    }

    /// The same, which over TLS asks for HTTP/2 whatever the target's prong is.
    fn over_http2(&self) -> Self {
        #[cfg(feature = "tls")]
        return Self { tcp: self.tcp.clone(), tls: self.tls.as_ref().map(Secured::over_http2) };
        #[cfg(not(feature = "tls"))]
        self.clone()
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Socket>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.tcp.call(uri);
        #[cfg(feature = "tls")]
        let tls = self.tls.clone();
        let connecting = async move {
            let socket = connecting.await?.into_inner();
            #[cfg(feature = "tls")]
            if let Some(tls) = tls {
                return Ok::<_, BoxError>(Socket::Tls(Box::new(tls.connect(socket).await?)));
            }
            Ok::<_, BoxError>(Socket::Plain(socket))
        };
        Box::pin(async move {
            match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
                Ok(connected) => connected.map(TokioIo::new),
                Err(_) => Err(format!("no connection within {CONNECT_TIMEOUT:?}").into()),
            }
        })
    }
}
