//! Finished spans, on their way into the queues.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::otlp::{self, Backwards};
use super::{FLUSH, Target};
use crate::telemetry::names;
use crate::telemetry::settings::SpanLimitSettings;

/// One for the spans of calls and for those of all tracer providers: they share queues and exporters.
#[derive(Clone)]
pub(crate) struct Spans {
    shared: Arc<Shared>,
}

struct Shared {
    targets: Vec<Target>,
    limits: SpanLimitSettings,
    /// The scope of the spans of calls.
    own: Backwards,
}

impl Spans {
    pub(super) fn new(targets: Vec<Target>, limits: SpanLimitSettings) -> Self {
        let scope = names::scope();
        let own = otlp::scope(scope.name(), &scope);
        Self { shared: Arc::new(Shared { targets, limits, own }) }
    }

    /// Spans that nobody gets.
    #[cfg(test)]
    pub(in crate::telemetry) fn nowhere(limits: SpanLimitSettings) -> Self {
        Self::new(Vec::new(), limits)
    }

    pub(in crate::telemetry) fn limits(&self) -> &SpanLimitSettings {
        &self.shared.limits
    }

    /// Takes the span of a call that has ended, as it is sent.
    pub(in crate::telemetry) fn ended(&self, span: &Backwards) {
        self.put(&self.shared.own, span);
    }

    fn put(&self, scope: &Backwards, span: &Backwards) {
        for (queue, _) in &self.shared.targets {
            queue.put(scope.written(), span.written());
        }
    }
}

impl std::fmt::Debug for Spans {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spans").field("targets", &self.shared.targets.len()).finish()
    }
}

impl SpanProcessor for Spans {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, mut span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        if let Some(length) = self.shared.limits.value_length {
            shorten_span(&mut span, length);
        }
        let scope = &span.instrumentation_scope;
        self.put(&otlp::scope(scope.name(), scope), &otlp::spans::span(&span));
    }

    fn force_flush(&self) -> OTelSdkResult {
        super::each(&self.shared.targets, |(_, boss)| boss.flush(FLUSH))
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        super::stop_all(self.shared.targets.iter().map(|(_, boss)| boss), timeout)
    }
}

#[cold]
fn shorten_span(span: &mut SpanData, length: usize) {
    shorten_all(&mut span.attributes, length);
    span.events.events.iter_mut().for_each(|event| shorten_all(&mut event.attributes, length));
    span.links.links.iter_mut().for_each(|link| shorten_all(&mut link.attributes, length));
}

/// Cuts the texts of attributes.
pub(in crate::telemetry) fn shorten_all(attributes: &mut [KeyValue], length: usize) {
    for attribute in attributes {
        match &mut attribute.value {
            Value::String(text) => shorten(text, length),
            Value::Array(Array::String(texts)) => {
                texts.iter_mut().for_each(|text| shorten(text, length));
            }
            _ => {}
        }
    }
}

fn shorten(text: &mut StringValue, length: usize) {
    let short = shortened(text.as_str(), length);
    if short.len() < text.as_str().len() {
        *text = short.to_owned().into();
    }
}

/// The text up to so many characters, not bytes: that is what the limit counts.
pub(in crate::telemetry) fn shortened(text: &str, length: usize) -> &str {
    if text.len() <= length {
        return text;
    }
    text.char_indices().nth(length).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_between_characters() {
        let cut = |text: &str, length| {
            let mut attributes = [
                KeyValue::new("one", text.to_owned()),
                KeyValue::new(
                    "many",
                    Value::Array(vec![StringValue::from(text.to_owned())].into()),
                ),
                KeyValue::new("number", 1234),
            ];
            shorten_all(&mut attributes, length);
            let [one, many, number] = attributes.map(|attribute| attribute.value);
            assert_eq!(number, Value::I64(1234));
            assert_eq!(many, Value::Array(vec![StringValue::from(one.to_string())].into()));
            one.to_string()
        };
        assert_eq!(cut("größer", 3), "grö");
        assert_eq!(cut("größer", 6), "größer");
        assert_eq!(cut("größer", 0), "");
        assert_eq!(cut("🔱🔱", 1), "🔱");
    }
}
