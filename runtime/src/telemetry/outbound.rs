//! A call to another service, as telemetry tells it: a span of kind CLIENT, the duration by the conventions, and the headers
//! by which the other side goes on with the trace.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Instant, SystemTime};

use http::{HeaderMap, HeaderValue, Version, response};
use hyper_util::client::legacy::connect::HttpInfo;
use opentelemetry::trace::{
    Span as _, SpanContext, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceState,
};
use opentelemetry::{Context, KeyValue};

use super::begin::{span_of, trace_state};
use super::export::Spans;
use super::names::{key, older};
use super::place::{rpc_status, span_name, version_name};
use super::size::{Counter, Size};
use super::span::CallSpan;
use super::{SERVICE_NAME, Secrets, Telemetry};
use crate::Error;
use crate::call::{self, Body, Protocol, Trace};
use crate::client::pass_on;
use crate::error::Code;

/// The telemetry of calls that are made outside of calls: that of the app which was built last.
static NEWEST: RwLock<Weak<Telemetry>> = RwLock::new(Weak::new());

pub(super) fn is_newest(telemetry: &Arc<Telemetry>) {
    *NEWEST.write().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(telemetry);
}

/// What is called, and where.
pub(crate) struct Callee<'a> {
    pub(crate) operation: &'static str,
    pub(crate) protocol: Protocol,
    pub(crate) secure: bool,
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
    /// The HTTP method, the template of the path, and the path as it is sent: over HTTP alone.
    pub(crate) http: Option<(&'a str, &'a str, &'a str)>,
    /// What of that path is secret.
    pub(crate) secrets: Option<&'a Secrets>,
}

/// A call to another service that is under way. Dropped before its end, it was given up.
#[derive(Default)]
pub(crate) struct Outbound(Option<Box<Begun>>);

struct Begun {
    telemetry: Arc<Telemetry>,
    context: Context,
    began: Instant,
    started: SystemTime,
    protocol: Protocol,
    /// What tells the series apart, but for the outcome.
    series: Vec<KeyValue>,
    /// Whom the span is of, as far as it is known: the address that is called, then that of the connection.
    peer: Option<SocketAddr>,
    /// The status and the version of the answer's head.
    answer: Option<(u16, Version)>,
    /// The lengths of the bodies, over HTTP alone: RPCs have no sizes.
    sent: Size,
    received: Counter,
}

impl Outbound {
    /// Begins a call, and writes what flows on into the headers of its request.
    pub(crate) fn begin(callee: &Callee<'_>, headers: &mut HeaderMap) -> Self {
        let handled = call::current();
        let newest = || NEWEST.read().unwrap_or_else(PoisonError::into_inner).upgrade();
        let telemetry = match (call::telemetry().or_else(newest), &handled) {
            (Some(telemetry), _) if !telemetry.off => telemetry,
            (Some(telemetry), Some(handled)) if !telemetry.propagation.is_usual() => {
                telemetry.pass_on(handled, headers);
                return Self(None);
            }
            (_, Some(handled)) => {
                pass_on(handled, headers);
                return Self(None);
            }
            _ => return Self(None),
        };
        let series = telemetry.series(callee);
        let (context, started) = telemetry.client_span(callee, &series);
        telemetry.propagation.inject(&context, headers);
        if let (Some(name), false) = (&telemetry.service, headers.contains_key(SERVICE_NAME)) {
            headers.insert(SERVICE_NAME, name.clone());
        }
        let peer = context.span().is_recording().then(|| callee.literal()).flatten();
        Self(Some(Box::new(Begun {
            telemetry,
            context,
            began: Instant::now(),
            started,
            protocol: callee.protocol,
            series,
            peer,
            answer: None,
            sent: Size::Known(0),
            received: Counter::default(),
        })))
    }

    /// The request is about to be sent with this body.
    pub(crate) fn sends(&mut self, body: &mut Body) {
        if let Some(begun) = self.0.as_mut().filter(|begun| begun.is_http()) {
            begun.sent = Size::of(body);
        }
    }

    /// The head of the answer is there; what counts the body behind it.
    pub(crate) fn answered(&mut self, head: &response::Parts) -> Option<Counter> {
        let begun = self.0.as_mut()?;
        begun.answer = Some((head.status.as_u16(), head.version));
        let connection = head.extensions.get::<HttpInfo>();
        begun.peer = connection.map(HttpInfo::remote_addr).or(begun.peer);
        begun.is_http().then(|| begun.received.clone())
    }

    /// The call has ended, with an error if there is one.
    pub(crate) fn end(&mut self, error: Option<&Error>) {
        if let Some(begun) = self.0.take() {
            begun.end(error, error.map_or(Code::Ok, Error::grpc_code));
        }
    }
}

impl Drop for Outbound {
    fn drop(&mut self) {
        // Who gives a call up does so on purpose: that is no error of anybody's.
        if let Some(begun) = self.0.take() {
            begun.end(None, Code::Cancelled);
        }
    }
}

impl Callee<'_> {
    /// The port that is called, which over HTTP need not be named.
    fn port(&self) -> Option<u16> {
        let usual = if self.secure { 443 } else { 80 };
        self.port.or_else(|| self.http.map(|_| usual))
    }

    /// The address that is called, where it is not a name.
    fn literal(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.address().parse().ok()?, self.port()?))
    }

    /// The host without the brackets that an address has in a URI.
    fn address(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }
}

impl Telemetry {
    /// What tells the series of calls apart from the beginning.
    fn series(&self, callee: &Callee<'_>) -> Vec<KeyValue> {
        let mut series = Vec::with_capacity(7);
        match callee.http {
            Some((method, ..)) => {
                let method = self.verbs.name(self.verbs.named(method));
                series.push(KeyValue::new(key::HTTP_METHOD, method));
            }
            None => {
                let system = super::place::rpc_system(callee.protocol);
                series.push(KeyValue::new(key::RPC_SYSTEM, system));
                let method = callee.operation.trim_start_matches('/');
                series.push(KeyValue::new(key::RPC_METHOD, method));
            }
        }
        series.push(KeyValue::new(key::SERVER_ADDRESS, callee.address().to_owned()));
        series.extend(callee.port().map(|port| KeyValue::new(key::SERVER_PORT, i64::from(port))));
        series
    }

    /// The trace of the call that is handled, in the formats that are asked for, where nothing is recorded.
    fn pass_on(&self, handled: &crate::Context, headers: &mut HeaderMap) {
        let trace = handled.trace();
        // The state belongs to the caller's trace and would be a lie on a new one.
        let state = trace.parent().map(|_| trace_state(handled.headers())).unwrap_or_default();
        let span = span_of(&trace, state, TraceFlags::NOT_SAMPLED);
        let context = self.propagation.baggage(handled.headers()).with_remote_span_context(span);
        self.propagation.inject(&context, headers);
    }

    /// The context of an outgoing call: with a span where one is recorded, else with the ids that flow on.
    fn client_span(&self, callee: &Callee<'_>, series: &[KeyValue]) -> (Context, SystemTime) {
        let started = SystemTime::now();
        let current = Context::current();
        let parent = current.span().span_context().clone();
        if !parent.is_valid() {
            // Outside of any call: a trace begins here.
            let mut trace = Trace::open(None);
            let (rule, number) = (self.sampling.rule(callee.operation), trace.low());
            trace.set_sampled(self.sampling.decide(rule, number, None, false));
            let own = span_of(&trace, TraceState::NONE, TraceFlags::NOT_SAMPLED);
            let context = match self.spans.as_ref().filter(|_| trace.sampled()) {
                Some(spans) => {
                    current.with_span(self.span(spans, callee, series, own, None, started))
                }
                None => current.with_remote_span_context(own),
            };
            return (context, started);
        }
        match self.spans.as_ref().filter(|_| parent.is_sampled()) {
            Some(spans) => {
                let id = u128::from_be_bytes(parent.trace_id().to_bytes());
                let above = u64::from_be_bytes(parent.span_id().to_bytes());
                let (state, flags) = (parent.trace_state().clone(), parent.trace_flags());
                let own = span_of(&Trace::child(id, above, true), state, flags);
                let span = self.span(spans, callee, series, own, Some(&parent), started);
                (current.with_span(span), started)
            }
            None => (current, started),
        }
    }

    /// The span of an outgoing call, with what it says from its beginning.
    fn span(
        &self,
        spans: &Spans,
        callee: &Callee<'_>,
        series: &[KeyValue],
        own: SpanContext,
        parent: Option<&SpanContext>,
        started: SystemTime,
    ) -> CallSpan {
        let method = callee.operation.trim_start_matches('/');
        let name = match callee.http {
            Some((verb, template, _)) => {
                span_name(self.verbs.in_name(self.verbs.named(verb)), Some(template)).into()
            }
            None => method.into(),
        };
        let mut span = CallSpan::begin(spans, name, SpanKind::Client, own, parent, started);
        span.set_attributes(series.iter().cloned());
        match callee.http {
            Some((method, _, path)) => {
                if self.verbs.is_other(self.verbs.named(method)) {
                    span.text(key::HTTP_METHOD_ORIGINAL, method);
                }
                let scheme = if callee.secure { "https" } else { "http" };
                let port = callee.port.map_or_else(String::new, |port| format!(":{port}"));
                let path = super::query::target(path, callee.secrets);
                span.text(key::URL_FULL, &format!("{scheme}://{}{port}{path}", callee.host));
                if self.older.http {
                    span.text(older::HTTP_METHOD, method);
                    span.text(older::HTTP_TARGET, &path);
                }
            }
            None if self.older.rpc => {
                span.text(older::RPC_SYSTEM, "grpc");
                if let Some((service, _)) = method.rsplit_once('/') {
                    span.text(older::RPC_SERVICE, service);
                }
            }
            None => {}
        }
        span.text(key::KRATOS_KIND, callee.protocol.name());
        span.text(key::KRATOS_OPERATION, callee.operation);
        span
    }
}

impl Begun {
    fn is_http(&self) -> bool {
        self.protocol == Protocol::Http
    }

    /// `code` is how it ended over gRPC. A call that was given up has no error.
    fn end(mut self, error: Option<&Error>, code: Code) {
        let took = self.began.elapsed();
        let (http, status) = (self.is_http(), self.answer.map(|(status, _)| status));
        let failure = error.filter(|error| !(http && is_redirect(status, error)));
        let mut outcome = Vec::with_capacity(6);
        let kind = if http {
            outcome.extend(status.map(|it| KeyValue::new(key::HTTP_STATUS, i64::from(it))));
            let version = self.answer.map(|(_, version)| version_name(version));
            outcome.extend(version.map(|it| KeyValue::new(key::PROTOCOL_VERSION, it)));
            http_kind(status, failure)
        } else {
            let status = rpc_status(self.protocol, code).unwrap_or_default();
            outcome.push(KeyValue::new(key::RPC_STATUS, status));
            failure.map(|_| status.to_owned())
        };
        let is_error = kind.is_some();
        outcome.extend(kind.map(|kind| KeyValue::new(key::ERROR_TYPE, kind)));
        let telemetry = &self.telemetry;
        self.series.extend_from_slice(&outcome);
        telemetry.meters.called(http, took.as_secs_f64(), &self.series);
        if http {
            telemetry.meters.carried(self.sent.bytes(), self.received.bytes(), &self.series);
        }
        let span = self.context.span();
        if !span.is_recording() {
            return;
        }
        if let Some(peer) = self.peer {
            outcome.push(KeyValue::new(key::PEER_ADDRESS, peer.ip().to_string()));
            outcome.push(KeyValue::new(key::PEER_PORT, i64::from(peer.port())));
        }
        let older = if http { telemetry.older.http } else { telemetry.older.rpc };
        if older {
            let (key, value) = match http {
                true => (older::HTTP_STATUS, status.map(i64::from)),
                false => (older::RPC_STATUS, Some(i64::from(code.number()))),
            };
            outcome.extend(value.map(|value| KeyValue::new(key, value)));
        }
        if let Some(error) = error {
            super::seen::error_attributes(error, older, &mut outcome);
        }
        if is_error {
            let text = failure.map(|error| error.message().to_owned()).unwrap_or_default();
            span.set_status(Status::error(text));
        }
        span.set_attributes(outcome);
        span.end_with_timestamp(self.started + took);
    }
}

/// Whether it is a redirect that the program takes for an error, as it follows none. To the conventions it is no error; what
/// fails after such a head is one, and has a reason.
fn is_redirect(status: Option<u16>, error: &Error) -> bool {
    matches!(status, Some(300..400)) && error.reason().is_empty()
}

/// `error.type` over HTTP: the status where it is one of an error, whether its body was waited for or not; else what went wrong
/// before or after it.
fn http_kind(status: Option<u16>, failure: Option<&Error>) -> Option<String> {
    if let Some(status) = status.filter(|status| *status >= 400) {
        return Some(status.to_string());
    }
    failure.map(|error| match error.reason() {
        "" => error.code().to_string(),
        reason => reason.to_owned(),
    })
}

/// The name under which a service calls others.
pub(super) fn service_name(name: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(name).ok().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_of_an_error_is_one_whatever_came_after_it() {
        let broken = Error::unavailable("UNAVAILABLE", "it broke off");
        let plain = Error::internal("", "no word of ours");
        for (status, failure, kind) in [
            (Some(503), None, Some("503")),
            (Some(404), Some(&broken), Some("404")),
            (Some(200), Some(&broken), Some("UNAVAILABLE")),
            (None, Some(&plain), Some("500")),
            (Some(302), None, None),
            (None, None, None),
        ] {
            assert_eq!(http_kind(status, failure).as_deref(), kind, "{status:?} {failure:?}");
        }
    }
}
