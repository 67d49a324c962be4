//! Finished spans, on their way into the queues.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::FLUSH;
use super::orders::Boss;
use super::queue::Queue;

/// One for all tracer providers: they share queues and exporters.
#[derive(Clone)]
pub(in crate::telemetry) struct Spans {
    shared: Arc<Shared>,
}

struct Shared {
    targets: Vec<(Arc<Queue<SpanData>>, Arc<Boss>)>,
    /// The most characters of a text value.
    value_length: Option<usize>,
}

impl Spans {
    pub(super) fn new(
        targets: Vec<(Arc<Queue<SpanData>>, Arc<Boss>)>,
        value_length: Option<usize>,
    ) -> Self {
        Self { shared: Arc::new(Shared { targets, value_length }) }
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
        if let Some(length) = self.shared.value_length {
            shorten_span(&mut span, length);
        }
        if let Some(((last, _), others)) = self.shared.targets.split_last() {
            others.iter().for_each(|(queue, _)| queue.put(span.clone()));
            last.put(span);
        }
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

fn shorten_all(attributes: &mut [KeyValue], length: usize) {
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

/// Characters, not bytes: that is what the limit counts.
fn shorten(text: &mut StringValue, length: usize) {
    if text.as_str().len() > length
        && let Some((end, _)) = text.as_str().char_indices().nth(length)
    {
        *text = text.as_str()[..end].to_owned().into();
    }
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
