//! The ids of spans. Those of calls are chosen before there is a span, so that a trace that is not recorded has them too.

use std::cell::Cell;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

thread_local! {
    static NEXT: Cell<Option<(TraceId, SpanId)>> = const { Cell::new(None) };
}

/// The span that `make` makes has these ids, or its own where it has a parent in another trace.
pub(super) fn with<T>(trace: TraceId, span: SpanId, make: impl FnOnce() -> T) -> T {
    NEXT.set(Some((trace, span)));
    let made = make();
    NEXT.set(None);
    made
}

/// Takes ids that were set with [`with`]; where there are none, they are random.
#[derive(Debug, Default)]
pub(super) struct Chosen(RandomIdGenerator);

impl IdGenerator for Chosen {
    fn new_trace_id(&self) -> TraceId {
        // The span's own id is asked for first and takes both; what is left is the trace's.
        NEXT.take().map_or_else(|| self.0.new_trace_id(), |(trace, _)| trace)
    }

    fn new_span_id(&self) -> SpanId {
        match NEXT.take() {
            Some((trace, span)) if span != SpanId::INVALID => {
                NEXT.set(Some((trace, SpanId::INVALID)));
                span
            }
            _ => self.0.new_span_id(),
        }
    }
}
