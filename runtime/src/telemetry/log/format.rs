//! Lines as `tracing-subscriber` writes them, with the ids of the trace and the span that they were said in.

use std::fmt::{self, Write};

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{Format, FormatEvent, FormatFields, Full, Json, Writer};
use tracing_subscriber::registry::LookupSpan;

use super::filter;

/// The names of both ids, as fields of an event too: one that has them keeps its own.
pub(super) const TRACE_ID: &str = "trace_id";
pub(super) const SPAN_ID: &str = "span_id";

/// A trace and a span of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ids {
    pub(super) trace: u128,
    pub(super) span: u64,
    pub(super) sampled: bool,
}

impl Ids {
    /// The current OpenTelemetry span's; those of the current call where there is none; outside of calls none.
    pub(super) fn current() -> Option<Self> {
        let ids = Context::map_current(|cx| {
            if !cx.has_active_span() {
                return None;
            }
            let span = cx.span();
            let context = span.span_context();
            context.is_valid().then(|| Self {
                trace: u128::from_be_bytes(context.trace_id().to_bytes()),
                span: u64::from_be_bytes(context.span_id().to_bytes()),
                sampled: context.is_sampled(),
            })
        });
        ids.or_else(|| {
            let call = crate::call::trace()?;
            let (trace, span) = call.ids();
            Some(Self { trace, span, sampled: call.sampled() })
        })
    }

    /// Those that are to be added to an event.
    fn of(event: &Event<'_>) -> Option<Self> {
        let metadata = event.metadata();
        // OpenTelemetry may speak while it changes the current context, which cannot be read then.
        if filter::is_opentelemetrys(metadata.target())
            || metadata.fields().field(TRACE_ID).is_some()
        {
            return None;
        }
        Self::current()
    }
}

/// A format with both ids behind everything else.
pub(super) struct WithIds<F> {
    format: F,
    /// The end of a line, before which they stand.
    end: &'static str,
    ids: fn(&mut Writer<'_>, Ids) -> fmt::Result,
}

impl WithIds<Format<Full>> {
    pub(super) fn text(format: Format<Full>, ansi: bool) -> Self {
        // As the fields before them look.
        let ids = if ansi {
            |to: &mut Writer<'_>, Ids { trace, span, .. }: Ids| {
                let equals = "\x1b[0m\x1b[2m=\x1b[0m";
                let italic = "\x1b[3m";
                write!(
                    to,
                    " {italic}{TRACE_ID}{equals}{trace:032x} {italic}{SPAN_ID}{equals}{span:016x}"
                )
            }
        } else {
            |to: &mut Writer<'_>, Ids { trace, span, .. }: Ids| {
                write!(to, " {TRACE_ID}={trace:032x} {SPAN_ID}={span:016x}")
            }
        };
        Self { format, end: "\n", ids }
    }
}

impl WithIds<Format<Json>> {
    pub(super) fn json(format: Format<Json>) -> Self {
        let ids = |to: &mut Writer<'_>, Ids { trace, span, .. }: Ids| {
            write!(to, ",\"{TRACE_ID}\":\"{trace:032x}\",\"{SPAN_ID}\":\"{span:016x}\"")
        };
        Self { format, end: "}\n", ids }
    }
}

impl<S, N, F> FormatEvent<S, N> for WithIds<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        cx: &FmtContext<'_, S, N>,
        mut to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(ids) = Ids::of(event) else { return self.format.format_event(cx, to, event) };
        let mut open = Open { to: to.by_ref(), end: self.end, held: 0 };
        self.format.format_event(cx, Writer::new(&mut open), event)?;
        let held = open.held;
        // A format that ends its lines in another way than is known here keeps them as they are.
        if held == self.end.len() {
            (self.ids)(&mut to, ids)?;
        }
        to.write_str(&self.end[..held])
    }
}

/// Passes on what is written but for the end of the line, which is held back.
struct Open<'a> {
    to: Writer<'a>,
    end: &'static str,
    /// How much of the end was held back so far.
    held: usize,
}

impl Write for Open<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.is_empty() {
            return Ok(());
        }
        // What was held back may go on here.
        if self.end[self.held..].starts_with(text) {
            self.held += text.len();
            return Ok(());
        }
        self.to.write_str(&self.end[..std::mem::take(&mut self.held)])?;
        let lengths = (1..=self.end.len()).rev();
        self.held = lengths.into_iter().find(|n| text.ends_with(&self.end[..*n])).unwrap_or(0);
        self.to.write_str(&text[..text.len() - self.held])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(end: &'static str, pieces: &[&str]) -> (String, usize) {
        let mut line = String::new();
        let mut open = Open { to: Writer::new(&mut line), end, held: 0 };
        for piece in pieces {
            open.write_str(piece).expect("a string takes everything");
        }
        let held = open.held;
        (line, held)
    }

    #[test]
    fn the_end_alone_is_held_back_however_it_is_written() {
        for pieces in [
            &["{\"a\":{}}\n"][..],
            &["{\"a\":{}", "}", "\n"],
            &["{\"a\":{", "}", "}\n"],
            &["{\"a\":{}", "}\n", ""],
        ] {
            assert_eq!(open("}\n", pieces), ("{\"a\":{}".to_owned(), 2), "{pieces:?}");
        }
        assert_eq!(open("\n", &["a\nb", "\n", "\n"]), ("a\nb\n".to_owned(), 1));
        assert_eq!(open("}\n", &["a}", "b"]), ("a}b".to_owned(), 0));
    }
}
