//! `opentelemetry.proto.trace.v1.Span`.

use std::time::SystemTime;

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags};
use opentelemetry_sdk::trace::SpanData;

use super::backwards::Backwards;
use super::values::{attributes, nanoseconds};

/// The field that a span has its attributes in.
pub(in crate::telemetry) const ATTRIBUTES: u32 = 9;

/// `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK` and `SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK`: it is known whether the context is from
/// another process, and it is.
const KNOWS_REMOTE: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;

/// What a span says once, and only knows at its end.
pub(in crate::telemetry) struct Head<'s> {
    pub(in crate::telemetry) context: &'s SpanContext,
    pub(in crate::telemetry) parent: Option<SpanId>,
    pub(in crate::telemetry) parent_is_remote: bool,
    pub(in crate::telemetry) name: &'s str,
    pub(in crate::telemetry) kind: &'s SpanKind,
    pub(in crate::telemetry) start: SystemTime,
    pub(in crate::telemetry) end: SystemTime,
    pub(in crate::telemetry) status: &'s Status,
    pub(in crate::telemetry) dropped: Dropped,
}

/// How much of what a span was told is not in it.
#[derive(Default, Clone, Copy)]
pub(in crate::telemetry) struct Dropped {
    pub(in crate::telemetry) attributes: u32,
    pub(in crate::telemetry) events: u32,
    pub(in crate::telemetry) links: u32,
}

/// The fields of a span of the SDK.
pub(in super::super) fn span(data: &SpanData) -> Backwards {
    let mut out = Backwards::with_room(1000);
    for one in data.links.iter().rev() {
        link(&mut out, one);
    }
    for one in data.events.iter().rev() {
        event(&mut out, one);
    }
    attributes(&mut out, ATTRIBUTES, &data.attributes);
    let head = Head {
        context: &data.span_context,
        parent: (data.parent_span_id != SpanId::INVALID).then_some(data.parent_span_id),
        parent_is_remote: data.parent_span_is_remote,
        name: &data.name,
        kind: &data.span_kind,
        start: data.start_time,
        end: data.end_time,
        status: &data.status,
        dropped: Dropped {
            attributes: data.dropped_attributes_count,
            events: data.events.dropped_count,
            links: data.links.dropped_count,
        },
    };
    head.write(&mut out);
    out
}

impl Head<'_> {
    /// The fields that are there once.
    pub(in crate::telemetry) fn write(&self, out: &mut Backwards) {
        out.fixed32(16, flags(self.context, self.parent_is_remote));
        out.message(15, |out| status(out, self.status));
        out.count(14, self.dropped.links);
        out.count(12, self.dropped.events);
        out.count(10, self.dropped.attributes);
        out.fixed64(8, nanoseconds(self.end));
        out.fixed64(7, nanoseconds(self.start));
        out.number(6, kind(self.kind));
        out.text(5, self.name);
        if let Some(parent) = self.parent {
            out.bytes(4, &parent.to_bytes());
        }
        context(out, self.context);
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
    known(of.trace_flags()) | KNOWS_REMOTE | remote
}

/// The flags that the W3C has: sampled, and random.
pub(super) fn known(flags: TraceFlags) -> u32 {
    u32::from(flags.to_u8() & 0x03)
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

/// An event of a span.
pub(in crate::telemetry) fn event(out: &mut Backwards, event: &Event) {
    out.message(11, |out| {
        out.count(4, event.dropped_attributes_count);
        attributes(out, 3, &event.attributes);
        out.text(2, &event.name);
        out.fixed64(1, nanoseconds(event.timestamp));
    });
}

/// A link of a span.
pub(in crate::telemetry) fn link(out: &mut Backwards, link: &Link) {
    out.message(13, |out| {
        out.fixed32(6, flags(&link.span_context, link.span_context.is_remote()));
        out.count(5, link.dropped_attributes_count);
        attributes(out, 4, &link.attributes);
        context(out, &link.span_context);
    });
}
