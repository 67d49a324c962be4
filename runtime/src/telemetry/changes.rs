//! What happens to the configuration: a span each, and the counter of its changes.

use std::sync::Arc;

use opentelemetry::metrics::Meter;
use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;

use super::names::key;
use super::sampling::Sampling;
use crate::config::{Happening, REASON, What};

const APPLIED: &str = "applied";
const REJECTED: &str = "rejected";

/// What tells of it: counts changes, and where there is a tracer, records everything unless no new trace is recorded at all.
/// It happens seldom, and whoever looks for what went wrong after a change wants to find the change.
pub(super) fn telling(
    tracer: Option<SdkTracer>,
    sampling: Arc<Sampling>,
    meter: &Meter,
) -> impl Fn(&Happening) + Send + use<> {
    let updates = meter
        .u64_counter("bident.config.updates")
        .with_unit("{update}")
        .with_description("Changes of the configuration.")
        .build();
    let outcome = |outcome: &'static str| [KeyValue::new(key::CONFIG_OUTCOME, outcome)];
    // There with zero, so that a rate is right from the first change.
    updates.add(0, &outcome(APPLIED));
    updates.add(0, &outcome(REJECTED));
    move |happening| {
        if matches!(happening.what, What::Update { .. }) {
            updates.add(1, &outcome(outcome_of(happening)));
        }
        if let Some(tracer) = &tracer
            && !sampling.is_off()
        {
            trace(tracer, happening);
        }
    }
}

fn outcome_of(happening: &Happening) -> &'static str {
    if happening.error.is_none() { APPLIED } else { REJECTED }
}

/// A trace of its own: it is nobody's call.
fn trace(tracer: &SdkTracer, happening: &Happening) {
    let (name, attributes) = match &happening.what {
        What::Load => ("config.load", Vec::new()),
        What::Watch { key } => ("config.watch", vec![KeyValue::new(key::CONFIG_KEY, key.clone())]),
        What::Update { key, source, revision } => {
            let revision = i64::try_from(*revision).unwrap_or(i64::MAX);
            let attributes = vec![
                KeyValue::new(key::CONFIG_KEY, key.clone()),
                KeyValue::new(key::CONFIG_SOURCE, source.clone()),
                KeyValue::new(key::CONFIG_REVISION, revision),
                KeyValue::new(key::CONFIG_OUTCOME, outcome_of(happening)),
            ];
            ("config.update", attributes)
        }
    };
    let mut span = tracer
        .span_builder(name)
        .with_kind(SpanKind::Internal)
        .with_start_time(happening.began)
        .with_attributes(attributes)
        .start_with_context(tracer, &Context::new());
    if let Some(error) = &happening.error {
        span.set_attribute(KeyValue::new(key::ERROR_TYPE, REASON));
        span.set_status(Status::error(error.clone()));
    }
    span.end_with_timestamp(happening.ended);
}
