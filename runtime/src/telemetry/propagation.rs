//! How traces and baggage travel: out of the headers of a request that arrives, into those of one that leaves.

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{
    Extractor, Injector, TextMapCompositePropagator, TextMapPropagator,
};
use opentelemetry::trace::{TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};

use super::b3::{self, B3};
use super::jaeger::{self, Jaeger};
use super::settings::Propagator;
use super::w3c::{self, Baggage, TraceContext};

/// The formats that are read and written.
#[derive(Debug)]
pub(crate) struct Propagation {
    list: Vec<Propagator>,
    /// What every call asks of the list.
    trace_context_first: bool,
    trace_context_only: bool,
    all: Vec<Format>,
    /// The readers of baggage, in the order of `all`.
    baggage: Vec<Baggages>,
    /// Whether one of them reads headers whose names nobody knows before.
    named_by_key: bool,
}

type Baggages = fn(&Context, &dyn Extractor) -> Context;

type Format = Box<dyn TextMapPropagator + Send + Sync>;

/// The caller's span, from whichever format.
pub(crate) struct Incoming {
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
    /// `None` where it leaves the decision to us.
    pub(crate) sampled: Option<bool>,
    /// What goes along with the trace beside that.
    pub(crate) flags: TraceFlags,
    pub(crate) state: TraceState,
}

impl Propagation {
    pub(crate) fn new(list: &[Propagator]) -> Self {
        let mut known = Vec::new();
        for propagator in list {
            if !known.contains(propagator) {
                known.push(*propagator);
            }
        }
        let mut traces = known.iter().filter(|it| **it != Propagator::Baggage);
        let usual = [Propagator::TraceContext, Propagator::Baggage];
        Self {
            trace_context_first: traces.next() == Some(&Propagator::TraceContext),
            trace_context_only: known.iter().all(|it| usual.contains(it)),
            all: formats(&known),
            baggage: known.iter().rev().filter_map(baggage).collect(),
            named_by_key: known.contains(&Propagator::Jaeger),
            list: known,
        }
    }

    /// Whether `traceparent` comes before what else is read: servers read it themselves, without a detour.
    #[inline]
    pub(crate) fn trace_context_first(&self) -> bool {
        self.trace_context_first
    }

    /// Whether no other format is read.
    #[inline]
    pub(crate) fn trace_context_only(&self) -> bool {
        self.trace_context_only
    }

    /// Whether traces and baggage both flow, in the formats of the W3C and in no other.
    pub(crate) fn is_usual(&self) -> bool {
        self.trace_context_only && self.list.len() == 2
    }

    /// The caller's span, where the headers tell a valid one.
    pub(crate) fn extract(&self, headers: &HeaderMap) -> Option<Incoming> {
        let headers = HeaderExtractor(headers);
        let read =
            |context: Context, format: &Format| format.extract_with_context(&context, &headers);
        let context = self.all.iter().fold(Context::new(), read);
        let span = context.span();
        let span = span.span_context();
        span.is_valid().then(|| Incoming {
            trace_id: u128::from_be_bytes(span.trace_id().to_bytes()),
            span_id: u64::from_be_bytes(span.span_id().to_bytes()),
            sampled: (span.trace_flags() & b3::DEFERRED != b3::DEFERRED)
                .then_some(span.is_sampled()),
            flags: span.trace_flags() & b3::DEBUGGED,
            state: span.trace_state().clone(),
        })
    }

    /// A context with the caller's baggage, from every format, and nothing else. Of two members with one key that of the first
    /// format in the list counts.
    #[inline]
    pub(crate) fn baggage(&self, headers: &HeaderMap) -> Context {
        // By far the most requests have none.
        let there = match self.named_by_key {
            false => !self.baggage.is_empty() && headers.contains_key(BAGGAGE),
            true => {
                headers.keys().any(|name| *name == BAGGAGE || jaeger::is_baggage(name.as_str()))
            }
        };
        if !there {
            return Context::new();
        }
        let headers = HeaderExtractor(headers);
        self.baggage.iter().fold(Context::new(), |context, read| read(&context, &headers))
    }

    /// Writes the span and the baggage of `context` into the headers of a request. What the program set itself stays.
    pub(crate) fn inject(&self, context: &Context, headers: &mut HeaderMap) {
        for format in &self.all {
            // The first field is the one that the others belong to.
            let own = format.fields().next().is_some_and(|name| headers.contains_key(name));
            if !own {
                format.inject_context(context, &mut Absent(headers));
            }
        }
    }

    /// The same for the whole process.
    pub(crate) fn text_map(&self) -> TextMapCompositePropagator {
        TextMapCompositePropagator::new(formats(&self.list))
    }
}

const BAGGAGE: http::HeaderName = http::HeaderName::from_static("baggage");

/// Writes the headers that are not there yet.
struct Absent<'a>(&'a mut HeaderMap);

impl Injector for Absent<'_> {
    fn set(&mut self, name: &str, value: String) {
        if !self.0.contains_key(name) {
            HeaderInjector(self.0).set(name, value);
        }
    }
}

fn baggage(propagator: &Propagator) -> Option<Baggages> {
    match propagator {
        Propagator::Baggage => Some(w3c::baggage),
        Propagator::Jaeger => Some(jaeger::baggage),
        Propagator::TraceContext | Propagator::B3 | Propagator::B3Multi => None,
    }
}

/// The last one that finds something valid counts, so that what stands first is asked last.
fn formats(list: &[Propagator]) -> Vec<Format> {
    let format = |propagator: &Propagator| -> Format {
        match propagator {
            Propagator::TraceContext => Box::new(TraceContext::default()),
            Propagator::Baggage => Box::new(Baggage::default()),
            Propagator::B3 => Box::new(B3::single()),
            Propagator::B3Multi => Box::new(B3::multi()),
            Propagator::Jaeger => Box::new(Jaeger::default()),
        }
    };
    list.iter().rev().map(format).collect()
}

#[cfg(test)]
#[path = "propagation_tests.rs"]
mod tests;
