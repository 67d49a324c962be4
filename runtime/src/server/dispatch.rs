//! From an HTTP request to a call and back: routing, the choice of the surface, the record, and the answer.
//!
//! [`Dispatch`] is the one future of a call besides the handler's own. It holds no policy of a surface's.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, Version};
use hyper::body::Incoming;
use pin_project_lite::pin_project;

use super::core::{Core, End, Kind};
use super::state::{InFlight, State};
use super::{Outgoing, Peer, Site};
use crate::call::{
    Body, BoxFuture, Call, Clock, EncodedBody, Next, Protocol, Record, Reply, Trace, caught,
};
use crate::error::Code;
use crate::foreign::Otherwise;
use crate::route::{Found, Route};
use crate::surface::{Codec, Head, Payload, grpc, rest};
use crate::{Error, Result};

/// How long middleware may go on after the handler below it has been told that it is late.
const GRACE: Duration = Duration::from_secs(1);

/// The service of one connection.
pub(super) struct Connected {
    site: Site,
    state: Arc<State>,
    peer: SocketAddr,
}

impl Connected {
    pub(super) fn new(site: Site, state: Arc<State>, peer: SocketAddr) -> Self {
        Self { site, state, peer }
    }
}

impl hyper::service::Service<Request<Incoming>> for Connected {
    type Response = Response<Outgoing>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        let flight = InFlight::new(&self.state);
        let last = request.version() < Version::HTTP_2;
        let work = match &self.site {
            Site::Calls(core) => {
                Work::Call { dispatch: dispatch(core, request.map(Body::from), Some(self.peer)) }
            }
            Site::Plain(handler) => {
                let mut request = request.map(Body::from);
                request.extensions_mut().insert(Peer(self.peer));
                let handler = Arc::clone(handler);
                Work::Plain { future: Box::pin(async move { handler(request).await }) }
            }
        };
        Answering { work, flight: Some(flight), http1: last }
    }
}

pin_project! {
    /// The answer to one request of a connection.
    pub(super) struct Answering {
        #[pin]
        work: Work,
        flight: Option<InFlight>,
        http1: bool,
    }
}

pin_project! {
    #[project = WorkPinned]
    enum Work {
        Call { #[pin] dispatch: Dispatch },
        Plain { future: BoxFuture<'static, Response<Body>> },
    }
}

impl Future for Answering {
    type Output = Result<Response<Outgoing>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = match this.work.project() {
            WorkPinned::Call { dispatch } => {
                let Poll::Ready((response, record)) = dispatch.poll(cx) else {
                    return Poll::Pending;
                };
                let flight = this.flight.take();
                response.map(|payload| Outgoing::new(payload, record, flight))
            }
            WorkPinned::Plain { future } => {
                // What is served here has guards of its own; this keeps a connection alive where one has none.
                let response = match caught(|| future.as_mut().poll(cx)) {
                    Ok(Poll::Pending) => return Poll::Pending,
                    Ok(Poll::Ready(response)) => response.map(Payload::Body),
                    Err(panic) => fault(&panic).map(Payload::Body),
                };
                let flight = this.flight.take();
                response.map(|payload| Outgoing::plain(payload, flight))
            }
        };
        if *this.http1 && response.body().draining() {
            response
                .headers_mut()
                .insert(http::header::CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(Ok(response))
    }
}

pin_project! {
    /// A call under way.
    pub(crate) struct Dispatch {
        future: Option<BoxFuture<'static, Result<Reply>>>,
        record: Option<Record>,
        answer: rest::Answer,
        // Only where there is middleware: without it the handler's own guard is the whole call.
        #[pin]
        late: Clock,
    }
}

/// Begins a call.
pub(crate) fn dispatch(
    core: &Arc<Core>,
    request: Request<Body>,
    peer: Option<SocketAddr>,
) -> Dispatch {
    let started = Instant::now();
    let (mut parts, body) = request.into_parts();
    let (protocol, answer) = match grpc::recognises(parts.version, &parts.headers) {
        true => (Protocol::Grpc, rest::Answer::PLAIN),
        false => (Protocol::Http, rest::Answer::negotiate(&parts.method, &parts.headers)),
    };
    let caller = timeout(&parts.headers);
    let (mut end, mut codec) = route(core, &mut parts, protocol, answer);
    let operation = core.name(end, &codec);
    let bound = bound(core, end, *caller.as_ref().unwrap_or(&None));
    if let Err(error) = caller {
        (end, codec) = (End::Refusal, Codec::Refused(error));
    }
    let trace = Trace::open(&parts.headers);
    let record = Record::open(operation.clone(), protocol, started, peer, trace, core.log_all);
    let deadline = bound.and_then(|bound| started.checked_add(bound));
    let call = Call {
        operation,
        protocol,
        headers: parts.headers,
        extensions: parts.extensions,
        deadline,
        peer,
        trace,
        span: record.span.clone(),
        body,
        limit: core.max_body,
        codec,
    };
    let (future, late) = if core.middleware.is_empty() {
        let future = caught(|| core.end(end)(call));
        (future.unwrap_or_else(|panic| Box::pin(std::future::ready(Err(panic)))), None)
    } else {
        let late = deadline.and_then(|deadline| deadline.checked_add(GRACE));
        let core = Arc::clone(core);
        let chain =
            async move { Next { rest: &core.middleware, end: core.end(end) }.run(call).await };
        (Box::pin(chain) as BoxFuture<'static, Result<Reply>>, late)
    };
    Dispatch { future: Some(future), record: Some(record), answer, late: Clock::new(late) }
}

/// What answers a request, and how it is decoded.
fn route(core: &Core, parts: &mut Parts, protocol: Protocol, answer: rest::Answer) -> (End, Codec) {
    if protocol == Protocol::Grpc {
        if let Some(error) = grpc::refusal(parts) {
            return (End::Refusal, Codec::Refused(error));
        }
        return match core.table.find(&parts.method, parts.uri.path()) {
            Found::Route(Route { operation, binding: None }, _)
                if !matches!(core.operations[operation].kind, Kind::Raw) =>
            {
                (End::Operation(operation), Codec::Grpc)
            }
            _ => foreign(parts, Otherwise::UnknownMethod),
        };
    }
    let otherwise = match core.table.find(&parts.method, parts.uri.path()) {
        Found::Route(Route { operation, binding }, captures) => {
            let codec = match &core.operations[operation].kind {
                Kind::Raw => return (End::Operation(operation), raw(parts, Otherwise::NotFound)),
                Kind::Stream => {
                    return (End::Operation(operation), Codec::Refused(Error::needs_streams()));
                }
                Kind::Unary(plans) => {
                    let plan = Arc::clone(plans.of(binding));
                    let uri = std::mem::take(&mut parts.uri);
                    Codec::Rest(rest::Rest::new(plan, captures, uri, answer))
                }
            };
            return (End::Operation(operation), codec);
        }
        Found::Options(allow) => Otherwise::Options(allow),
        Found::MethodNotAllowed(allow) => Otherwise::MethodNotAllowed(allow),
        Found::NotFound => Otherwise::NotFound,
    };
    foreign(parts, otherwise)
}

fn foreign(parts: &mut Parts, otherwise: Otherwise) -> (End, Codec) {
    (End::Foreign, raw(parts, otherwise))
}

fn raw(parts: &mut Parts, otherwise: Otherwise) -> Codec {
    Codec::Raw(Box::new(Head {
        method: parts.method.clone(),
        uri: std::mem::take(&mut parts.uri),
        version: parts.version,
        otherwise,
    }))
}

/// How long the caller waits, by whichever header it sent.
fn timeout(headers: &HeaderMap) -> Result<Option<Duration>> {
    if let Some(value) = headers.get(grpc::GRPC_TIMEOUT) {
        return grpc::timeout(value).map(Some);
    }
    headers.get(grpc::CONNECT_TIMEOUT).map(grpc::connect_timeout).transpose()
}

/// The smallest of the bounds that hold for a call.
fn bound(core: &Core, end: End, caller: Option<Duration>) -> Option<Duration> {
    let (method, server) = match end {
        End::Operation(index) => {
            let operation = &core.operations[index];
            let unary = matches!(operation.kind, Kind::Unary(_));
            (operation.timeout, core.timeout.filter(|_| unary))
        }
        End::Foreign | End::Refusal => (None, None),
    };
    [caller, method, server].into_iter().flatten().min()
}

impl Dispatch {
    pub(super) fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<(Response<Payload>, Record)> {
        let mut this = self.project();
        let Some(future) = this.future else { return Poll::Pending };
        let result = match caught(|| future.as_mut().poll(cx)) {
            Ok(Poll::Ready(result)) => result,
            Ok(Poll::Pending) if this.late.as_mut().passed(cx) => Err(Error::deadline_passed()),
            Ok(Poll::Pending) => return Poll::Pending,
            Err(panic) => Err(panic),
        };
        let future = this.future.take();
        let result = caught(|| drop(future)).and(result);
        let Some(mut record) = this.record.take() else { return Poll::Pending };
        let response = render(result, &mut record, *this.answer);
        Poll::Ready((response, record))
    }
}

/// The response, with the outcome told to the record.
fn render(result: Result<Reply>, record: &mut Record, answer: rest::Answer) -> Response<Payload> {
    match result {
        Ok(reply) => {
            let Reply { message, mut meta } = reply;
            record.on_end = std::mem::take(&mut meta.on_end);
            let response = match (record.protocol, message.body) {
                (Protocol::Grpc, body) => grpc::reply(meta, body),
                (Protocol::Http, EncodedBody::Unary(bytes)) => answer.reply(meta, bytes).map(full),
                (Protocol::Http, EncodedBody::Raw(status, body)) => {
                    let mut response = Response::new(Payload::Body(body));
                    *response.status_mut() = status;
                    *response.headers_mut() = meta.headers;
                    response
                }
                (Protocol::Http, EncodedBody::Stream(_)) => {
                    return fail(Error::needs_streams(), record, answer);
                }
            };
            match (record.protocol, grpc::read_status(response.headers())) {
                (Protocol::Grpc, Some(code)) if code != Code::Ok => record.ended_with(code),
                _ => record.answered(response.status()),
            }
            response
        }
        Err(error) => fail(error, record, answer),
    }
}

fn fail(error: Error, record: &mut Record, answer: rest::Answer) -> Response<Payload> {
    let response = match record.protocol {
        Protocol::Grpc => grpc::error(&error),
        Protocol::Http => {
            let mut response = answer.error(&error).map(full);
            if let Some(added) = error.added() {
                response.headers_mut().extend(added.headers.clone());
            }
            response
        }
    };
    record.failed(error);
    response
}

/// The answer to a request of which nothing is known any more.
fn fault(error: &Error) -> Response<Body> {
    rest::Answer::PLAIN.error(error).map(Body::from)
}

fn full(bytes: bytes::Bytes) -> Payload {
    if bytes.is_empty() { Payload::Empty } else { Payload::Full(bytes) }
}
