//! The beginning of a call that is served: what is decided before anything of the user's runs, and what its span says then.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use http::{HeaderMap, Method, Uri, Version};
use opentelemetry::Context;
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};

use super::attributes::Attributes;
use super::export::Spans;
use super::live::{Live, Presence};
use super::place::{Place, rpc_system, span_name};
use super::seen::Seen;
use super::span::CallSpan;
use super::verb::Verb;
use super::{Telemetry, w3c};
use crate::call::{Protocol, Trace};
use crate::server::forwarded;

/// What a server knows of a request when it begins.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a Method,
    /// There where the call may be recorded.
    pub(crate) uri: Option<&'a Uri>,
    pub(crate) version: Version,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) peer: Option<std::net::SocketAddr>,
    pub(crate) protocol: Protocol,
    pub(crate) started: Instant,
    /// The length of the body, where it is known and there is no body left to take it from.
    pub(crate) length: Option<u64>,
}

/// Where a trace comes from and whether it is recorded, as far as that is known before the operation is. It moves through
/// every call: what few have is behind a pointer.
#[derive(Default)]
pub(crate) struct Origin {
    /// The caller's decision.
    parent: Option<bool>,
    high: bool,
    /// Whether the call could be recorded.
    pub(crate) possible: bool,
    rare: Option<Box<Rare>>,
}

struct Rare {
    state: TraceState,
    flags: TraceFlags,
    /// What the caller sent, where its decision is not believed: the new trace has a link to it.
    linked: Option<SpanContext>,
}

impl Origin {
    /// The call's own span, with what goes along with the trace.
    fn own(&mut self, trace: &Trace) -> SpanContext {
        let rare = self.rare.as_deref_mut();
        let (state, flags) =
            rare.map(|it| (std::mem::take(&mut it.state), it.flags)).unwrap_or_default();
        span_of(trace, state, flags)
    }
}

impl Telemetry {
    /// The trace of a request that has arrived.
    #[inline(always)]
    pub(crate) fn arrive(
        &self,
        traceparent: Option<&http::HeaderValue>,
        headers: &HeaderMap,
        marked: bool,
    ) -> (Trace, Origin) {
        let usual = self.propagation.trace_context_first();
        let mut trace = Trace::open(traceparent.filter(|_| usual));
        let mut origin = Origin::default();
        let mut decided = true;
        let only = self.propagation.trace_context_only();
        if !only || (trace.parent().is_some() && (self.public || !self.off)) {
            decided = self.trace_on(&mut trace, &mut origin, headers);
        }
        if self.off {
            // The trace goes on all the same.
            return (trace, Origin::default());
        }
        origin.parent = trace.parent().filter(|_| decided).map(|_| trace.sampled());
        origin.high = marked && !self.public && self.sampling.is_high(headers);
        origin.possible =
            self.spans.is_some() && self.sampling.possible(trace.low(), origin.parent, origin.high);
        (trace, origin)
    }

    /// What the caller says of the trace, in whichever form, and whether that is believed. Returns whether the caller has
    /// decided about it; one that speaks B3 may leave that to us.
    fn trace_on(&self, trace: &mut Trace, origin: &mut Origin, headers: &HeaderMap) -> bool {
        let (mut state, mut flags) = (TraceState::NONE, TraceFlags::NOT_SAMPLED);
        let mut decided = true;
        if trace.parent().is_some() {
            state = trace_state(headers);
        } else if let Some(incoming) = self.propagation.extract(headers) {
            decided = incoming.sampled.is_some();
            let sampled = incoming.sampled.unwrap_or(false);
            *trace = Trace::child(incoming.trace_id, incoming.span_id, sampled);
            (state, flags) = (incoming.state, incoming.flags);
        }
        let linked = (self.public && trace.parent().is_some()).then(|| {
            let linked = parent_of(trace, std::mem::take(&mut state));
            (*trace, flags) = (Trace::open(None), TraceFlags::NOT_SAMPLED);
            linked
        });
        if linked.is_some() || state != TraceState::NONE || flags != TraceFlags::NOT_SAMPLED {
            origin.rare = Some(Box::new(Rare { state, flags, linked }));
        }
        decided
    }

    /// Decides whether the call is recorded, and begins its span if so. Where telemetry is off, nothing is called for it.
    #[inline(always)]
    pub(crate) fn begin(
        place: &Arc<Place>,
        request: &Request<'_>,
        trace: &mut Trace,
        origin: Origin,
    ) -> (Seen, Presence) {
        if place.telemetry.off {
            return (Seen::nothing(place), Presence::Off);
        }
        Self::begin_on(place, request, trace, origin)
    }

    fn begin_on(
        place: &Arc<Place>,
        request: &Request<'_>,
        trace: &mut Trace,
        mut origin: Origin,
    ) -> (Seen, Presence) {
        let telemetry = &place.telemetry;
        let rule = match &place.unproven {
            None => place.rule,
            // What could not be recorded under any rule has no URI here.
            Some(_) => request.uri.map_or(place.rule, |uri| telemetry.sampling.rule(uri.path())),
        };
        let sampled = telemetry.sampling.decide(rule, trace.low(), origin.parent, origin.high);
        trace.set_sampled(sampled);
        let verb = telemetry.verbs.of(request.method);
        let presence = match &telemetry.spans {
            Some(spans) if sampled => {
                let live = begin_span(spans, place, request, verb, trace, origin);
                Presence::Live(live)
            }
            _ => {
                let context = telemetry.passing(trace, &mut origin, request.headers);
                Presence::Passing(context, Arc::clone(place))
            }
        };
        (Seen::begin(place, request, verb, &presence), presence)
    }

    /// Whether its caller came by another scheme than the listeners', by the word of a trusted proxy.
    #[inline]
    pub(super) fn is_by_other_scheme(&self, request: &Request<'_>) -> bool {
        let Some(peer) = request.peer.filter(|_| !self.trusted.is_empty()) else { return false };
        let told = forwarded::seen(peer.ip(), request.headers, &self.trusted).scheme;
        told.is_some_and(|scheme| scheme != self.schemes[0])
    }

    /// The context of a call that is not recorded.
    #[inline]
    fn passing(&self, trace: &Trace, origin: &mut Origin, headers: &HeaderMap) -> Context {
        let context = self.propagation.baggage(headers);
        context.with_remote_span_context(origin.own(trace))
    }
}

/// The ids of a call's trace and of its own span.
pub(super) fn ids_of(trace: &Trace) -> (TraceId, SpanId) {
    let (id, span) = trace.ids();
    (TraceId::from(id), SpanId::from(span))
}

/// The call's own span, with `flags` beside the decision whether it is recorded.
#[inline]
pub(super) fn span_of(trace: &Trace, state: TraceState, flags: TraceFlags) -> SpanContext {
    let flags = flags.with_sampled(trace.sampled());
    let (id, span) = ids_of(trace);
    SpanContext::new(id, span, flags, false, state)
}

/// The caller's span.
fn parent_of(trace: &Trace, state: TraceState) -> SpanContext {
    let flags = TraceFlags::default().with_sampled(trace.sampled());
    let parent = SpanId::from(trace.parent().unwrap_or_default());
    SpanContext::new(ids_of(trace).0, parent, flags, true, state)
}

/// `tracestate`; none where it cannot be read.
pub(super) fn trace_state(headers: &HeaderMap) -> TraceState {
    let mut values = headers.get_all(crate::call::TRACESTATE).iter().peekable();
    if values.peek().is_none() {
        return TraceState::NONE;
    }
    let texts: Option<Vec<_>> = values.map(|value| value.to_str().ok()).collect();
    texts.and_then(w3c::state).unwrap_or_default()
}

#[cold]
fn begin_span(
    spans: &Spans,
    place: &Arc<Place>,
    request: &Request<'_>,
    verb: Verb,
    trace: &Trace,
    mut origin: Origin,
) -> Arc<Live> {
    let telemetry = &place.telemetry;
    let rpc = request.protocol.is_rpc();
    let name = match (&place.method, rpc) {
        (Some(method), true) => method.clone(),
        (None, true) => rpc_system(request.protocol).into(),
        (_, false) if verb == place.verb => place.name.clone().into(),
        (_, false) => span_name(telemetry.verbs.in_name(verb), place.route.as_deref()).into(),
    };
    let own = origin.own(trace);
    let parent = trace.parent().map(|_| parent_of(trace, TraceState::NONE));
    // By the clock of the record, so that both end at one time.
    let now = SystemTime::now();
    let start = now.checked_sub(request.started.elapsed()).unwrap_or(now);
    let mut span = CallSpan::begin(spans, name, SpanKind::Server, own, parent.as_ref(), start);
    let mut attributes = Attributes::of(&mut span, place.declares);
    if rpc {
        attributes.rpc(place, request);
    } else {
        attributes.http(place, request, verb);
    }
    attributes.both(place, request, rpc);
    let said = attributes.said();
    if let Some(linked) = origin.rare.and_then(|rare| rare.linked) {
        span.add_link(linked, Vec::new());
    }
    let context = telemetry.propagation.baggage(request.headers);
    Live::new(context.with_span(span), place, start, said)
}
