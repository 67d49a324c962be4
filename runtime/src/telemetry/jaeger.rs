//! Jaeger's own format, from before the W3C's: `uber-trace-id: {trace}:{span}:{parent}:{flags}`, all of it hexadecimal, and
//! `uberctx-{key}` for baggage, or `jaeger-baggage: key=value,key=value` where a person writes it. See <https://www.jaegertracing.io/sdk-migration/#propagation-format>.

use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};

use super::w3c;

const HEADER: &str = "uber-trace-id";
const BAGGAGE: &str = "uberctx-";
const BY_HAND: &str = "jaeger-baggage";
/// The most entries of baggage that are looked at, as of the W3C's.
const MOST_ENTRIES: usize = 64;

/// Reads and writes Jaeger's headers.
#[derive(Debug)]
pub(super) struct Jaeger([String; 1]);

impl Default for Jaeger {
    fn default() -> Self {
        Self([HEADER.to_owned()])
    }
}

impl TextMapPropagator for Jaeger {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if span.is_valid() {
            let flags = u8::from(span.is_sampled());
            let text = format!("{}:{}:0:{flags:x}", span.trace_id(), span.span_id());
            injector.set(HEADER, text);
        }
        for (key, (value, _)) in context.baggage() {
            let value = percent_encoding::utf8_percent_encode(
                value.as_str(),
                percent_encoding::NON_ALPHANUMERIC,
            );
            injector.set(&format!("{BAGGAGE}{key}"), value.to_string());
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let found = extractor.get(HEADER).and_then(parse);
        let context = match found {
            Some(span) => context.with_remote_span_context(span),
            None => context.clone(),
        };
        baggage(&context, extractor)
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.0)
    }
}

/// Whether this header holds baggage.
pub(super) fn is_baggage(name: &str) -> bool {
    name.starts_with(BAGGAGE) || name == BY_HAND
}

/// The context with the entries of these headers over those that it has.
pub(super) fn baggage(context: &Context, extractor: &dyn Extractor) -> Context {
    let by_hand = extractor.get_all(BY_HAND).unwrap_or_default();
    let by_hand = by_hand.into_iter().flat_map(|value| value.split(',')).filter_map(w3c::member);
    let entries = extractor.keys().into_iter().filter_map(|name| {
        let (key, value) = (name.strip_prefix(BAGGAGE)?, extractor.get(name)?);
        let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
        Some(KeyValueMetadata::new(key.to_owned(), value.into_owned(), ""))
    });
    w3c::with_members(context, entries.chain(by_hand).take(MOST_ENTRIES))
}

/// The ids may lack leading zeros; the colons may be escaped.
fn parse(text: &str) -> Option<SpanContext> {
    let text = text.replace("%3A", ":").replace("%3a", ":");
    let mut parts = text.split(':');
    let (trace, span) = (hex(parts.next()?, 32)?, hex(parts.next()?, 16)?);
    let (_parent, flags) = (parts.next()?, hex(parts.next()?, 2)?);
    let (trace, span) = (TraceId::from(trace), SpanId::from(span as u64));
    let sampled = flags & 1 == 1;
    let flags = TraceFlags::default().with_sampled(sampled);
    let span = SpanContext::new(trace, span, flags, true, TraceState::NONE);
    (span.is_valid() && parts.next().is_none()).then_some(span)
}

/// At most so many hexadecimal digits, and nothing else.
fn hex(text: &str, most: usize) -> Option<u128> {
    let digits = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    (digits && text.len() <= most).then(|| u128::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use opentelemetry::KeyValue;

    use super::*;

    fn extract(text: &str) -> SpanContext {
        let headers = HashMap::from([(HEADER.to_owned(), text.to_owned())]);
        let context = Jaeger::default().extract_with_context(&Context::new(), &headers);
        context.span().span_context().clone()
    }

    #[test]
    fn ids_are_read_with_and_without_leading_zeros() {
        let span = extract("4bf92f3577b34da6a3ce929d0e0e4736:f067aa0ba902b7:0:1");
        assert_eq!(span.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(span.span_id().to_string(), "00f067aa0ba902b7");
        assert!(span.is_sampled() && span.is_remote());
        assert!(!extract("1%3A2%3A0%3A0").is_sampled());
        assert!(extract("1%3A2%3A0%3A0").is_valid());
    }

    #[test]
    fn what_is_no_span_is_none() {
        let whole = "4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:01";
        for end in 0..whole.len() - 2 {
            assert!(!extract(&whole[..end]).is_valid(), "{}", &whole[..end]);
        }
        for text in ["0:1:0:1", "1:0:0:1", "x:1:0:1", "1:+1:0:1", "1:1:0:1:1", "1:1:0:fff", ":::"] {
            assert!(!extract(text).is_valid(), "{text}");
        }
        let long = format!("{}:1:0:1", "1".repeat(33));
        assert!(!extract(&long).is_valid());
    }

    #[test]
    fn what_is_written_is_read_again() {
        let span = extract("abc:def:0:1");
        let context = Context::new()
            .with_remote_span_context(span.clone())
            .with_baggage([KeyValue::new("user", "a b/ü")]);
        let mut headers = HashMap::new();
        Jaeger::default().inject_context(&context, &mut headers);
        let again = Jaeger::default().extract_with_context(&Context::new(), &headers);
        assert_eq!(again.span().span_context(), &span);
        assert_eq!(again.baggage().get("user").map(|it| it.to_string()), Some("a b/ü".to_owned()));
    }
}
