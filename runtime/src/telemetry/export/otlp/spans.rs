//! `opentelemetry.proto.trace.v1.Span`.

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;

use super::backwards::Backwards;
use super::request::{Item, Scope};
use super::values::{attributes, nanoseconds};

/// `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK` and `SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK`: it is known whether the context is from
/// another process, and it is.
const KNOWS_REMOTE: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;

impl Item for SpanData {
    const METHOD: &'static str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

    fn scope(&self) -> Scope<'_> {
        let of = &self.instrumentation_scope;
        Scope { name: of.name(), of }
    }

    fn write(&self, out: &mut Backwards) {
        out.fixed32(16, flags(&self.span_context, self.parent_span_is_remote));
        out.message(15, |out| status(out, &self.status));
        out.count(14, self.links.dropped_count);
        for one in self.links.iter().rev() {
            out.message(13, |out| link(out, one));
        }
        out.count(12, self.events.dropped_count);
        for one in self.events.iter().rev() {
            out.message(11, |out| event(out, one));
        }
        out.count(10, self.dropped_attributes_count);
        attributes(out, 9, &self.attributes);
        out.fixed64(8, nanoseconds(self.end_time));
        out.fixed64(7, nanoseconds(self.start_time));
        out.number(6, kind(&self.span_kind));
        out.text(5, &self.name);
        if self.parent_span_id != SpanId::INVALID {
            out.bytes(4, &self.parent_span_id.to_bytes());
        }
        context(out, &self.span_context);
    }
}

/// What spans and links begin with.
fn context(out: &mut Backwards, of: &SpanContext) {
    out.text(3, &of.trace_state().header());
    out.bytes(2, &of.span_id().to_bytes());
    out.bytes(1, &of.trace_id().to_bytes());
}

fn flags(of: &SpanContext, remote: bool) -> u32 {
    let remote = if remote { IS_REMOTE } else { 0 };
    u32::from(of.trace_flags().to_u8()) | KNOWS_REMOTE | remote
}

fn kind(kind: &SpanKind) -> u64 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

fn status(out: &mut Backwards, status: &Status) {
    match status {
        Status::Unset => {}
        Status::Ok => out.number(3, 1),
        Status::Error { description } => {
            out.number(3, 2);
            out.text(2, description);
        }
    }
}

fn event(out: &mut Backwards, event: &Event) {
    out.count(4, event.dropped_attributes_count);
    attributes(out, 3, &event.attributes);
    out.text(2, &event.name);
    out.fixed64(1, nanoseconds(event.timestamp));
}

fn link(out: &mut Backwards, link: &Link) {
    out.fixed32(6, flags(&link.span_context, link.span_context.is_remote()));
    out.count(5, link.dropped_attributes_count);
    attributes(out, 4, &link.attributes);
    context(out, &link.span_context);
}
