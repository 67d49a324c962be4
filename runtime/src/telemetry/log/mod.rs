//! Log output, log records over OTLP, and spans of `tracing` within calls: what `run` installs where the program has
//! installed nothing of its own.
//!
//! Lines go to stdout, beside the one line that says where the app listens. A program has one subscriber for its whole
//! life and may have several apps: what the subscriber reads is behind an [`Outlet`], and the newest app fills it.

mod filter;
mod format;
mod outlet;
mod records;
mod spans;
#[cfg(test)]
mod tests;

use std::io::{IsTerminal as _, stdout};

use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracer;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

use crate::config::{LogFormat, LogSettings};
use format::WithIds;
use outlet::{Filling, Outlet};

/// Puts this app's levels, tracer and log records in the place of those of an earlier one, and installs the subscriber,
/// unless there is one. `tracer` is for spans of `tracing` within recorded calls, `logger` for records over OTLP.
///
/// How lines look stays as the first app had it.
pub(crate) fn install(
    settings: &LogSettings,
    tracer: Option<SdkTracer>,
    logger: Option<SdkLoggerProvider>,
) -> Installed {
    let (levels, unread) = levels(settings);
    let outlet = Outlet::of_process();
    let installed = Installed(outlet.fill(levels, tracer, logger));
    if !tracing::dispatcher::has_been_set() {
        let lines = lines(outlet, settings.format, stdout().is_terminal(), stdout);
        // Somebody else may be faster; theirs stays then.
        let subscriber = tracing_subscriber::registry().with(lines).with(within(outlet));
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
    // Whoever listens asked at each event and span once, and keeps the answer.
    tracing::callsite::rebuild_interest_cache();
    for mistake in unread {
        tracing::warn!("{mistake}: ignored");
    }
    installed
}

/// An app's place in the log.
pub(crate) struct Installed(Filling);

impl Installed {
    /// Takes other levels, unless a newer app has the log.
    pub(crate) fn relevel(&self, settings: &LogSettings) {
        if Outlet::of_process().relevel(&self.0, levels(settings).0) {
            tracing::callsite::rebuild_interest_cache();
        }
    }
}

fn levels(settings: &LogSettings) -> (Targets, Vec<String>) {
    let variable = |name| std::env::var(name).ok();
    filter::levels(settings, variable("RUST_LOG"), variable("OTEL_LOG_LEVEL"))
}

/// What a program with a `tracing` subscriber of its own adds to it, so that its spans within a recorded call become
/// children of the call's span, and its events go out over OTLP. Without a subscriber of the program's own, `run`
/// installs one that has this and writes log lines.
///
/// ```
/// use tracing_subscriber::Layer as _;
/// use tracing_subscriber::filter::LevelFilter;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let lines = tracing_subscriber::fmt::layer().compact().with_filter(LevelFilter::INFO);
/// let subscriber = tracing_subscriber::registry().with(lines).with(bident::telemetry::layer());
/// tracing::subscriber::set_global_default(subscriber)?;
/// // App::new("helloworld") .. .run().await
/// # Ok::<_, tracing::subscriber::SetGlobalDefaultError>(())
/// ```
///
/// It may be installed before there is an app, and does nothing until one runs that has where to send to. The newest app
/// of the process is the one that it sends by. `log.level` holds for the events that it sends.
///
/// Spans are those at `INFO` or above, with their fields as attributes: numbers of the types `i64` and `f64`, `bool` and
/// text as they are. Others, `u64` and `usize` too, are exported as text: cast them to `i64` where the number counts, which
/// [`#[traced]`](macro@crate::traced) does by itself. A field that is recorded twice is exported twice. Where the call is not recorded there is no span, nor any outside of
/// calls, other than inside a span that was begun with the OpenTelemetry API. Events are log records and never events of
/// a span.
pub fn layer<S>() -> impl Layer<S> + Send + Sync + 'static
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    within(Outlet::of_process())
}

fn within<S>(outlet: &'static Outlet) -> impl Layer<S> + Send + Sync + 'static
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    spans::layer(outlet).and_then(records::layer(outlet))
}

/// The layer that writes lines.
fn lines<S, W>(
    outlet: &'static Outlet,
    format: LogFormat,
    ansi: bool,
    writer: W,
) -> impl Layer<S> + Send + Sync + 'static
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // A closed stdout is no reason to write to stderr instead.
    let layer = fmt::layer().with_writer(writer).log_internal_errors(false);
    let layer = match format {
        LogFormat::Text => {
            let format = WithIds::text(fmt::format().with_ansi(ansi), ansi);
            layer.with_ansi(ansi).event_format(format).boxed()
        }
        LogFormat::Json => layer.json().flatten_event(true).map_event_format(WithIds::json).boxed(),
    };
    layer.with_filter(filter::Lines(outlet))
}
