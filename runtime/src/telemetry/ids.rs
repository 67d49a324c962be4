//! The ids of spans. Those of calls are chosen before there is a span, so that a trace that is not recorded has them too.

use std::cell::Cell;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

thread_local! {
    static NEXT: Cell<Option<(TraceId, SpanId)>> = const { Cell::new(None) };
}

/// The next span that this thread makes has these ids.
pub(super) fn next(trace: TraceId, span: SpanId) {
    NEXT.set(Some((trace, span)));
}

/// Takes ids that were set with [`next`]; where there are none, they are random.
#[derive(Debug, Default)]
pub(super) struct Chosen(RandomIdGenerator);

impl IdGenerator for Chosen {
    fn new_trace_id(&self) -> TraceId {
        // The span's own id is asked for first and takes both; what is left is the trace's.
        NEXT.take().map_or_else(|| self.0.new_trace_id(), |(trace, _)| trace)
    }

    fn new_span_id(&self) -> SpanId {
        match NEXT.take() {
            Some((trace, span)) => {
                NEXT.set(Some((trace, SpanId::INVALID)));
                span
            }
            None => self.0.new_span_id(),
        }
    }
}
