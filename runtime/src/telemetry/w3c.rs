//! The formats of the W3C: `traceparent` with `tracestate`, and `baggage`.
//!
//! Those that the SDK has take ids that are too short or have a sign, lose what stands behind a second `=`, write a
//! `tracestate` that is empty, and tell the log of every header that a stranger gets wrong, with the header.

use std::borrow::Cow;
use std::fmt::Write as _;

use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

const PARENT: &str = "traceparent";
const STATE: &str = "tracestate";
const BAGGAGE: &str = "baggage";
/// The most members and bytes of baggage, as <https://www.w3.org/TR/baggage/#limits> has them.
const MOST_MEMBERS: usize = 64;
const MOST_BYTES: usize = 8192;
/// What is escaped in a value.
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%').add(b',').add(b';').add(b'\\');

/// `traceparent` and `tracestate`.
#[derive(Debug)]
pub(super) struct TraceContext([String; 2]);

impl Default for TraceContext {
    fn default() -> Self {
        Self([PARENT.to_owned(), STATE.to_owned()])
    }
}

impl TextMapPropagator for TraceContext {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if !span.is_valid() {
            return;
        }
        let flags = u8::from(span.is_sampled());
        injector.set(PARENT, format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id()));
        if *span.trace_state() != TraceState::NONE {
            injector.set(STATE, span.trace_state().header());
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        match extract(extractor) {
            Some(span) => context.with_remote_span_context(span),
            None => context.clone(),
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.0)
    }
}

fn extract(extractor: &dyn Extractor) -> Option<SpanContext> {
    let parents = extractor.get_all(PARENT)?;
    // Of two nobody knows which is meant.
    let [parent] = parents[..] else { return None };
    let ((high, low), span, sampled) = crate::call::parse_traceparent(parent.trim().as_bytes())?;
    let trace = TraceId::from(u128::from(high) << 64 | u128::from(low));
    let flags = TraceFlags::default().with_sampled(sampled);
    let state = state(extractor.get_all(STATE).unwrap_or_default());
    // A state that cannot be read says nothing; the trace goes on without.
    Some(SpanContext::new(trace, SpanId::from(span), flags, true, state.unwrap_or_default()))
}

/// The state of a trace, from however many headers; `None` where any of its members is wrong. One that is empty is left out.
pub(super) fn state(values: Vec<&str>) -> Option<TraceState> {
    let members = values.into_iter().flat_map(|value| value.split(',')).map(str::trim);
    let pairs = members.filter(|member| !member.is_empty()).map(|member| member.split_once('='));
    let pairs: Vec<_> = pairs.collect::<Option<_>>()?;
    if pairs.iter().any(|(key, value)| key.is_empty() || value.is_empty()) {
        return None;
    }
    TraceState::from_key_value(pairs).ok()
}

/// `baggage`.
#[derive(Debug)]
pub(super) struct Baggage([String; 1]);

impl Default for Baggage {
    fn default() -> Self {
        Self([BAGGAGE.to_owned()])
    }
}

impl TextMapPropagator for Baggage {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let mut text = String::new();
        for (key, (value, metadata)) in context.baggage().iter().take(MOST_MEMBERS) {
            let before = text.len();
            let comma = if before == 0 { "" } else { "," };
            // A text cannot refuse to be written to.
            let _ = write!(text, "{comma}{key}={}", utf8_percent_encode(value.as_str(), ESCAPED));
            let metadata = metadata.as_str();
            let sendable = |byte| (b' '..=b'~').contains(&byte) && byte != b',';
            if !metadata.is_empty() && metadata.bytes().all(sendable) {
                let _ = write!(text, ";{metadata}");
            }
            if text.len() > MOST_BYTES {
                text.truncate(before);
            }
        }
        if !text.is_empty() {
            injector.set(BAGGAGE, text);
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        baggage(context, extractor)
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.0)
    }
}

/// The context with the members of these headers over those that it has.
pub(super) fn baggage(context: &Context, extractor: &dyn Extractor) -> Context {
    let values = extractor.get_all(BAGGAGE).unwrap_or_default();
    let length = values.iter().map(|value| value.len()).sum::<usize>();
    if length > MOST_BYTES {
        return context.clone();
    }
    let members = values.iter().flat_map(|value| value.split(',')).filter_map(member);
    with_members(context, members.take(MOST_MEMBERS))
}

/// The context with these members over those that it has. What goes over the bounds of baggage, of all formats together, is
/// left out.
pub(super) fn with_members(
    context: &Context,
    members: impl Iterator<Item = KeyValueMetadata>,
) -> Context {
    let mut baggage: opentelemetry::baggage::Baggage = members.collect();
    if baggage.is_empty() {
        return context.clone();
    }
    for (key, (value, metadata)) in context.baggage() {
        if baggage.get(key).is_none() {
            baggage.insert_with_metadata(key.clone(), value.clone(), metadata.clone());
        }
    }
    context.with_baggage(baggage)
}

/// `key = value ; property ; property`. What a key may be is looked at where it is put into the baggage.
pub(super) fn member(text: &str) -> Option<KeyValueMetadata> {
    let (pair, metadata) = text.split_once(';').unwrap_or((text, ""));
    let (key, value) = pair.split_once('=')?;
    let value: Cow<'_, str> = percent_decode_str(value.trim()).decode_utf8().ok()?;
    Some(KeyValueMetadata::new(key.trim().to_owned(), value.into_owned(), metadata.trim()))
}
