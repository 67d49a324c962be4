//! Zipkin's format: `b3: {trace}-{span}-{sampled}-{parent}`, or the same over `x-b3-*`. See
//! <https://github.com/openzipkin/b3-propagation>.

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};

const SINGLE: &str = "b3";
const TRACE: &str = "x-b3-traceid";
const SPAN: &str = "x-b3-spanid";
const SAMPLED: &str = "x-b3-sampled";
const DEBUG: &str = "x-b3-flags";

/// Says of a span's flags that its caller has left the decision to us. No format has this bit.
pub(super) const DEFERRED: TraceFlags = TraceFlags::new(0x80);
/// That the trace is recorded by all, as somebody looks for a mistake: what B3 calls debug. No other format has it.
pub(super) const DEBUGGED: TraceFlags = TraceFlags::new(0x40);

/// Reads both forms, the single header first, and writes its own.
#[derive(Debug)]
pub(super) struct B3(Vec<String>);

impl B3 {
    pub(super) fn single() -> Self {
        Self(vec![SINGLE.to_owned()])
    }

    pub(super) fn multi() -> Self {
        Self([TRACE, SPAN, SAMPLED, DEBUG].map(str::to_owned).to_vec())
    }

    fn is_single(&self) -> bool {
        self.0.len() == 1
    }
}

impl TextMapPropagator for B3 {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if !span.is_valid() {
            return;
        }
        let debugged = span.trace_flags() & DEBUGGED == DEBUGGED;
        let sampled = if span.is_sampled() { "1" } else { "0" };
        if self.is_single() {
            let decision = if debugged { "d" } else { sampled };
            injector.set(SINGLE, format!("{}-{}-{decision}", span.trace_id(), span.span_id()));
            return;
        }
        injector.set(TRACE, span.trace_id().to_string());
        injector.set(SPAN, span.span_id().to_string());
        match debugged {
            // It says that the trace is sampled, too.
            true => injector.set(DEBUG, "1".to_owned()),
            false => injector.set(SAMPLED, sampled.to_owned()),
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let single = extractor.get(SINGLE).and_then(single);
        match single.or_else(|| multi(extractor)) {
            Some(span) => context.with_remote_span_context(span),
            None => context.clone(),
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.0)
    }
}

fn single(text: &str) -> Option<SpanContext> {
    let mut parts = text.split('-');
    let (trace, span) = (parts.next()?, parts.next()?);
    let flags = match parts.next() {
        None => DEFERRED,
        Some("d") => TraceFlags::SAMPLED | DEBUGGED,
        Some(text) => decision(text)?,
    };
    if let Some(parent) = parts.next() {
        id(parent, 16)?;
    }
    if parts.next().is_some() { None } else { span_context(trace, span, flags) }
}

fn multi(extractor: &dyn Extractor) -> Option<SpanContext> {
    let (trace, span) = (extractor.get(TRACE)?, extractor.get(SPAN)?);
    let flags = match (extractor.get(DEBUG), extractor.get(SAMPLED)) {
        (Some("1"), _) => TraceFlags::SAMPLED | DEBUGGED,
        (_, None) => DEFERRED,
        (_, Some(text)) => decision(text)?,
    };
    span_context(trace, span, flags)
}

/// Words are from before the format was written down.
fn decision(text: &str) -> Option<TraceFlags> {
    match text {
        "1" | "true" => Some(TraceFlags::SAMPLED),
        "0" | "false" => Some(TraceFlags::NOT_SAMPLED),
        _ => None,
    }
}

fn span_context(trace: &str, span: &str, flags: TraceFlags) -> Option<SpanContext> {
    let trace = id(trace, 32).or_else(|| id(trace, 16))?;
    let (trace, span) = (TraceId::from(trace), SpanId::from(id(span, 16)? as u64));
    let span = SpanContext::new(trace, span, flags, true, TraceState::NONE);
    span.is_valid().then_some(span)
}

/// Exactly so many digits, in lower case.
fn id(text: &str, digits: usize) -> Option<u128> {
    let fine = text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    (fine && text.len() == digits).then(|| u128::from_str_radix(text, 16).ok())?
}
