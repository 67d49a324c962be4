//! The span of a call, served or made: OpenTelemetry's to whoever asks, and written as it is sent from the first attribute on.
//! Of what it is told nothing is kept, moved to another thread or read again.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, Link, Span, SpanContext, SpanId, SpanKind, Status};

use super::export::Spans;
use super::export::otlp::spans::{ATTRIBUTES, Dropped, Head, event, link};
use super::export::otlp::{Backwards, values};
use super::export::{shorten_all, shortened};

/// Room for most spans. What is allocated stays below a kilobyte: from there on the system's allocator is several times as
/// slow.
const USUAL: usize = 1000;

/// A span of a call. What it is told after its end is not in it; dropped, it ends.
pub(super) struct CallSpan {
    context: SpanContext,
    /// There until it ends.
    open: Option<Open>,
}

struct Open {
    spans: Spans,
    name: Cow<'static, str>,
    kind: SpanKind,
    parent: Option<SpanId>,
    parent_is_remote: bool,
    start: SystemTime,
    status: Status,
    /// The attributes, events and links, and how many there are of each.
    written: Backwards,
    attributes: u32,
    events: u32,
    links: u32,
    dropped: Dropped,
}

impl CallSpan {
    /// `parent` is the span that caused it.
    pub(super) fn begin(
        spans: &Spans,
        name: Cow<'static, str>,
        kind: SpanKind,
        context: SpanContext,
        parent: Option<&SpanContext>,
        start: SystemTime,
    ) -> Self {
        let open = Open {
            spans: spans.clone(),
            name,
            kind,
            parent: parent.map(SpanContext::span_id),
            parent_is_remote: parent.is_some_and(SpanContext::is_remote),
            start,
            status: Status::Unset,
            written: Backwards::with_room(USUAL),
            attributes: 0,
            events: 0,
            links: 0,
            dropped: Dropped::default(),
        };
        Self { context, open: Some(open) }
    }

    /// An attribute that is a text.
    #[inline]
    pub(super) fn text(&mut self, key: &str, value: &str) {
        if let Some(open) = &mut self.open
            && open.room_for_attribute()
        {
            let value = match open.spans.limits().value_length {
                None => value,
                Some(length) => shortened(value, length),
            };
            values::text(&mut open.written, ATTRIBUTES, key, value);
        }
    }

    /// An attribute that is a number.
    #[inline]
    pub(super) fn number(&mut self, key: &str, value: i64) {
        if let Some(open) = &mut self.open
            && open.room_for_attribute()
        {
            values::number(&mut open.written, ATTRIBUTES, key, value);
        }
    }
}

impl Open {
    /// Counts an attribute, and whether it may be there.
    #[inline]
    fn room_for_attribute(&mut self) -> bool {
        let limit = self.spans.limits().attributes;
        counted(&mut self.attributes, limit, &mut self.dropped.attributes)
    }

    /// Brings the attributes of an event or a link within the limits; how many are gone.
    fn limit(&self, attributes: &mut Vec<KeyValue>, most: u32) -> u32 {
        let gone = attributes.len().saturating_sub(most as usize);
        attributes.truncate(most as usize);
        if let Some(length) = self.spans.limits().value_length {
            shorten_all(attributes, length);
        }
        gone as u32
    }

    fn end(mut self, context: &SpanContext, end: SystemTime) {
        let head = Head {
            context,
            parent: self.parent,
            parent_is_remote: self.parent_is_remote,
            name: &self.name,
            kind: &self.kind,
            start: self.start,
            end,
            status: &self.status,
            dropped: self.dropped,
        };
        head.write(&mut self.written);
        self.spans.ended(&self.written);
    }
}

/// Counts one more of `number`, or of what is dropped where there is no room for it.
#[inline]
fn counted(number: &mut u32, limit: u32, dropped: &mut u32) -> bool {
    let fits = *number < limit;
    *if fits { number } else { dropped } += 1;
    fits
}

impl Span for CallSpan {
    fn add_event_with_timestamp<T>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        mut attributes: Vec<KeyValue>,
    ) where
        T: Into<Cow<'static, str>>,
    {
        let Some(open) = &mut self.open else { return };
        let limits = *open.spans.limits();
        if counted(&mut open.events, limits.events, &mut open.dropped.events) {
            let gone = open.limit(&mut attributes, limits.event_attributes);
            let told = Event::new(name, timestamp, attributes, gone);
            event(&mut open.written, &told);
        }
    }

    fn span_context(&self) -> &SpanContext {
        &self.context
    }

    fn is_recording(&self) -> bool {
        self.open.is_some()
    }

    fn set_attribute(&mut self, mut attribute: KeyValue) {
        if let Some(open) = &mut self.open
            && open.room_for_attribute()
        {
            if let Some(length) = open.spans.limits().value_length {
                shorten_all(std::slice::from_mut(&mut attribute), length);
            }
            values::attribute(&mut open.written, ATTRIBUTES, &attribute.key, &attribute.value);
        }
    }

    /// Ok stays, and so does an error where nothing is said; of two errors the later counts.
    fn set_status(&mut self, status: Status) {
        if let Some(open) = &mut self.open
            && open.status != Status::Ok
            && status != Status::Unset
        {
            open.status = status;
        }
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(open) = &mut self.open {
            open.name = name.into();
        }
    }

    fn add_link(&mut self, to: SpanContext, mut attributes: Vec<KeyValue>) {
        let Some(open) = &mut self.open else { return };
        let limits = *open.spans.limits();
        if counted(&mut open.links, limits.links, &mut open.dropped.links) {
            let gone = open.limit(&mut attributes, limits.link_attributes);
            link(&mut open.written, &Link::new(to, attributes, gone));
        }
    }

    fn end_with_timestamp(&mut self, end: SystemTime) {
        if let Some(open) = self.open.take() {
            open.end(&self.context, end);
        }
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if self.open.is_some() {
            self.end();
        }
    }
}

impl std::fmt::Debug for CallSpan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallSpan").field("context", &self.context).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{TraceFlags, TraceId, TraceState};

    use super::super::settings::TelemetrySettings;
    use super::*;

    #[test]
    fn of_two_errors_the_later_counts() {
        let spans = Spans::nowhere(TelemetrySettings::off().limits);
        let (trace, id) = (TraceId::from(7), SpanId::from(8));
        let own = SpanContext::new(trace, id, TraceFlags::SAMPLED, false, TraceState::NONE);
        let kind = SpanKind::Server;
        let mut span = CallSpan::begin(&spans, "call".into(), kind, own, None, SystemTime::now());
        let mut after = |status| {
            span.set_status(status);
            span.open.as_ref().expect("it is open").status.clone()
        };
        assert_eq!(after(Status::error("the first")), Status::error("the first"));
        assert_eq!(after(Status::error("a later one")), Status::error("a later one"));
        assert_eq!(after(Status::Unset), Status::error("a later one"));
        assert_eq!(after(Status::Ok), Status::Ok);
        assert_eq!(after(Status::error("too late")), Status::Ok);
    }
}
