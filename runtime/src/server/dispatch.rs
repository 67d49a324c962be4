//! From an HTTP request to a call and back: routing, the choice of the surface, the record, and the answer.
//!
//! [`Dispatch`] is the one future of a call besides the handler's own. It holds no policy of a surface's.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, Request, Response, Uri, Version};

use super::Outgoing;
use super::core::{Core, End, Kind};
use super::known::Known;
use super::socket::{self, Socket};
use crate::call::{
    Body, Bounded, Call, Caught, EncodedBody, Next, Opening, Protocol, Record, Reply,
};
use crate::error::Code;
use crate::foreign::Otherwise;
use crate::route::{Found, Route};
use crate::service::Shape;
use crate::surface::{Answer, Codec, Head, connect, grpc, rest};
use crate::telemetry::{self, Telemetry};
use crate::{Error, Result};

/// How long middleware may go on after the handler below it has been told that it is late.
const GRACE: Duration = Duration::from_secs(1);

/// A call under way.
pub(crate) struct Dispatch {
    pub(super) future: Caught<'static, Reply>,
    /// There until the answer is.
    pub(super) record: Option<Box<Record>>,
    pub(super) answer: Answer,
    /// What a call over WebSocket gets before it goes on.
    pub(super) socket: Option<Box<Socket>>,
}

/// Begins a call.
#[inline]
pub(crate) fn dispatch(
    core: &Arc<Core>,
    request: Request<impl Into<Body>>,
    peer: Option<SocketAddr>,
) -> Dispatch {
    let started = Instant::now();
    let (mut parts, body) = request.into_parts();
    let known = Known::of(&parts.headers);
    let answer = known.answer(&parts);
    let (mut trace, origin) =
        core.telemetry.arrive(known.traceparent, &parts.headers, known.marked);
    // A call that may be recorded tells where it went; what takes the URI takes it whole.
    let uri = origin.possible.then(|| parts.uri.clone());
    let asked = if known.upgrade {
        let (uri, extensions) = (&mut parts.uri, &mut parts.extensions);
        socket::asked(core, peer, &parts.method, &parts.headers, uri, extensions, answer)
    } else {
        None
    };
    let on_socket = asked.is_some();
    // Who has no time left is told so: nothing is begun for nobody.
    let caller = match known.timeout() {
        Ok(Some(Duration::ZERO)) => Err(Error::deadline_passed()),
        caller => caller,
    };
    // A call of gRPC that is not a POST is refused, under the name that it has.
    let posted = matches!(answer, Answer::Grpc(_) | Answer::Web(_));
    let method = if posted { &Method::POST } else { &parts.method };
    let mut socket = Ok(None);
    // Both are changed where they are: each move of them would be paid for by every call.
    let (mut end, mut codec, binding) = match asked {
        Some((end, codec, binding, asked)) => {
            socket = asked;
            (end, codec, binding)
        }
        None => route(core, method, &mut parts.uri, parts.version, &parts.headers, answer),
    };
    let mut answer = match &codec {
        // A binding may have fewer forms than were asked for.
        Codec::Rest(rest) => Answer::Rest(rest.answer()),
        Codec::Connect(unary) => Answer::Connect(unary.answer()),
        _ => answer,
    };
    let protocol = if on_socket { Protocol::WebSocket } else { answer.protocol() };
    // What is refused has its name and its place all the same.
    let (operation, place) = core.place(end, binding, &codec);
    let agreed = answer.agree(&mut codec, &parts.method, known.encoding, &parts.headers);
    let (caller, socket) = match (agreed.and(caller), socket) {
        (Ok(caller), Ok(socket)) => (caller, socket),
        (Err(error), _) | (_, Err(error)) => {
            (end, codec) = (End::Refusal, Codec::Refused(error));
            (None, None)
        }
    };
    let deadline = bound(core, end, caller).and_then(|bound| started.checked_add(bound));
    let body = match &socket {
        None => body.into().over(parts.version),
        Some(socket) => socket::body(socket),
    };
    let request = telemetry::Request {
        method: &parts.method,
        uri: uri.as_ref(),
        version: parts.version,
        headers: &parts.headers,
        peer,
        protocol,
        started,
        length: None,
    };
    let (seen, presence) = Telemetry::begin(&place, &request, &mut trace, origin);
    let mut record =
        Record::open(operation.clone(), protocol, started, peer, trace, core.telling, seen);
    record.client = core.client(peer, &parts.headers);
    if core.log_arguments {
        record.arguments = Some(Arc::default());
    }
    let body = match socket {
        None => record.seen.count(body),
        Some(_) => body,
    };
    let arguments = record.arguments.clone();
    let (headers, extensions) = (parts.headers, parts.extensions);
    let opening = Opening {
        operation,
        protocol,
        headers,
        extensions,
        deadline,
        peer,
        trace,
        presence,
        arguments,
    };
    let call = Call::new(opening, body, core.bounds.max_body(), codec);
    let future = if core.middleware.is_empty() {
        match end {
            End::Operation(index) => Caught::made((core.operations[index].handler)(call)),
            end => Caught::begin(|| core.end(end)(call)),
        }
    } else {
        let late = deadline.and_then(|deadline| deadline.checked_add(GRACE));
        let (core, presence) = (Arc::clone(core), call.presence().clone());
        Caught::begin(move || {
            Box::pin(Bounded::new(late, presence, async move {
                Next { rest: &core.middleware, end: core.end(end) }.run(call).await
            }))
        })
    };
    Dispatch { future, record: Some(record), answer, socket }
}

/// What answers a request, and how it is decoded. The URI is taken where it is needed.
#[inline(always)]
pub(super) fn route(
    core: &Core,
    method: &Method,
    uri: &mut Uri,
    version: Version,
    headers: &HeaderMap,
    answer: Answer,
) -> (End, Codec, Option<usize>) {
    let raw = |uri: &mut Uri, otherwise| {
        let (method, uri) = (method.clone(), std::mem::take(uri));
        Codec::Raw(Box::new(Head { method, uri, version, otherwise }))
    };
    let otherwise = match (core.table.find(method, uri.path()), answer) {
        (Found::Route(Route { operation, binding }, captures), _) => {
            let answer = match (answer, binding) {
                // Connect has the RPC path alone.
                (Answer::Connect(_), Some(_)) => {
                    let media = headers.get(http::header::CONTENT_TYPE);
                    Answer::Rest(rest::Answer::of(method, media, Some(headers)))
                }
                (answer, _) => answer,
            };
            let codec = match (&core.operations[operation].kind, answer, binding) {
                (Kind::Method(..), Answer::Grpc(wire), None) => Codec::Enveloped(wire),
                (_, Answer::Grpc(_), _) => {
                    return (End::Foreign, raw(uri, Otherwise::UnknownMethod), None);
                }
                (Kind::Method(..), Answer::Web(web), None) => web.codec(),
                (_, Answer::Web(web), _) => {
                    return (End::Foreign, raw(uri, Otherwise::UnknownOnWeb(web)), None);
                }
                (Kind::Raw, ..) => raw(uri, Otherwise::NotFound),
                (Kind::Method(..), _, None) if method != Method::POST => {
                    Codec::Connect(connect::Unary::get(method, uri))
                }
                (Kind::Method(shape, _), Answer::Connect(answer), _) => answer.codec(*shape),
                (Kind::Method(shape, plans), Answer::Rest(answer), _) => {
                    if let Some(error) = socket::only(*shape, plans.of(binding), version) {
                        return (End::Operation(operation), Codec::Refused(error), binding);
                    }
                    let answer = if shape.replies() {
                        answer.flowing(headers, plans.of(binding))
                    } else {
                        answer
                    };
                    let plan = Arc::clone(plans.of(binding));
                    // Of many messages each takes what the query says.
                    let target = if shape.requests() || plan.reads_target() {
                        std::mem::take(uri).into_parts().path_and_query
                    } else {
                        None
                    };
                    Codec::Rest(rest::Rest::new(plan, captures, target, answer, headers))
                }
            };
            return (End::Operation(operation), codec, binding);
        }
        (_, Answer::Grpc(_)) => Otherwise::UnknownMethod,
        (_, Answer::Web(web)) => Otherwise::UnknownOnWeb(web),
        (Found::Options(allow), _) => Otherwise::Options(allow),
        (Found::MethodNotAllowed(allow), _) => Otherwise::MethodNotAllowed(allow),
        (Found::Nothing, _) => Otherwise::NotFound,
    };
    (End::Foreign, raw(uri, otherwise), None)
}

/// The smallest of the bounds that hold for a call.
fn bound(core: &Core, end: End, caller: Option<Duration>) -> Option<Duration> {
    let End::Operation(index) = end else { return caller };
    let operation = &core.operations[index];
    // Where there is nothing on one side, the other one counts.
    let smaller = |a: Option<Duration>, b: Option<Duration>| {
        if a.is_some() && b.is_some() { a.min(b) } else { a.or(b) }
    };
    let bound = smaller(caller, operation.timeout);
    let unary = matches!(operation.kind, Kind::Method(Shape::Unary, _));
    if unary { smaller(bound, core.bounds.timeout()) } else { bound }
}

impl Dispatch {
    /// The response, its body made of ours by `wrap`: to change it later would move the response once more.
    #[inline]
    pub(super) fn poll<B>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        wrap: impl FnOnce(Outgoing) -> B,
    ) -> Poll<Response<B>> {
        let this = self.get_mut();
        if this.socket.is_some() {
            return this.poll_socket(cx, wrap);
        }
        this.poll_call(cx, wrap)
    }

    /// The same, whatever the call is over.
    #[inline(always)]
    pub(super) fn poll_call<B>(
        &mut self,
        cx: &mut Context<'_>,
        wrap: impl FnOnce(Outgoing) -> B,
    ) -> Poll<Response<B>> {
        let result = ready!(Pin::new(&mut self.future).poll(cx));
        let Some(record) = self.record.take() else { return Poll::Pending };
        Poll::Ready(render(result, record, self.answer, wrap))
    }
}

/// The response, with the outcome told to the record.
#[inline(always)]
fn render<B>(
    result: Result<Reply>,
    mut record: Box<Record>,
    answer: Answer,
    wrap: impl FnOnce(Outgoing) -> B,
) -> Response<B> {
    let response = match result {
        Ok(Reply { message, mut meta }) => {
            record.on_end = std::mem::take(&mut meta.on_end);
            let theirs = matches!(message.body, EncodedBody::Raw(..));
            let response = answer.reply(meta, message.body);
            // Someone else's answer may have ended already.
            let said = if theirs && matches!(record.protocol, Protocol::Grpc | Protocol::GrpcWeb) {
                record.seen.answers_itself();
                grpc::read_status(response.headers())
            } else {
                None
            };
            match said {
                Some(code) if code != Code::Ok => record.ended_with(code),
                _ => record.answered(response.status()),
            }
            response
        }
        Err(error) => {
            let error = record.told(error);
            let response = answer.error(&error);
            record.failed(error);
            response
        }
    };
    record.seen.answered(response.status().as_u16(), response.headers(), record.protocol);
    response.map(|payload| wrap(Outgoing::new(payload, record)))
}
