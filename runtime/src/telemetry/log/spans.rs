//! Spans of `tracing` within recorded calls, `#[traced]` ones first of all, as OpenTelemetry's: children of the call's.
//!
//! The bridge does nearly all of its work for spans that are not recorded too, hence the filter before it.

use opentelemetry::Context;
use opentelemetry::trace::{SpanBuilder, TraceContextExt as _, Tracer};
use opentelemetry_sdk::trace::Span;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{self, Filter};
use tracing_subscriber::registry::LookupSpan;

use super::Outlet;
use super::filter::is_exporters;

/// The span of `tracing` that the kit opens around every call. OpenTelemetry's is not made by way of it.
const CALL: &str = "bident::call";

pub(super) fn layer<S>(outlet: &'static Outlet) -> impl Layer<S> + Send + Sync + 'static
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    // Where a span stands in the code, on which thread it began and how long it idled is nothing that the conventions
    // ask for, and paid for at every span.
    tracing_opentelemetry::layer()
        .with_tracer(Newest(outlet))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(Recorded(outlet))
}

/// The newest app's tracer.
struct Newest(&'static Outlet);

impl Tracer for Newest {
    type Span = Span;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> Span {
        self.0.tracer().build_with_context(builder, parent)
    }
}

/// Spans whose parent is recorded. Events are log records and nothing else: as events of a span they would be sent
/// twice, and each at `ERROR` would make its span a failed one.
struct Recorded(&'static Outlet);

impl Recorded {
    fn could_hear(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        metadata.is_span()
            && *metadata.level() <= Level::INFO
            && self.0.has_tracer()
            && target != CALL
            && !is_exporters(target)
    }
}

impl<S: Subscriber> Filter<S> for Recorded {
    fn enabled(&self, metadata: &Metadata<'_>, _: &layer::Context<'_, S>) -> bool {
        self.could_hear(metadata)
            && Context::map_current(|cx| cx.has_active_span() && cx.span().is_recording())
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.could_hear(metadata) { Interest::sometimes() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(if self.0.has_tracer() { LevelFilter::INFO } else { LevelFilter::OFF })
    }
}
