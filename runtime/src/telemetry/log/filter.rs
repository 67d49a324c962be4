//! Who hears what: the levels of lines and records, and the targets that are never sent.

use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Filter};

use super::Outlet;
use crate::config::LogSettings;

/// How the targets of OpenTelemetry's own crates begin. Whatever they say of exports comes once a batch; the kit says it
/// itself, seldom.
const OPENTELEMETRY: &str = "opentelemetry";

/// Crates that the export of telemetry runs through, ours or one that a program has beside it: what they say would be exported
/// in its turn, and so on.
const EXPORTING: [&str; 12] = [
    "h2",
    "hyper",
    "hyper_rustls",
    "hyper_timeout",
    "hyper_util",
    "reqwest",
    "rustls",
    "tokio_rustls",
    "tonic",
    "tower",
    "tower_layer",
    "tower_service",
];

/// Where the kit speaks of its own exports: the target that it names, and the modules that do the work.
const OWN: &str = "bident::telemetry";
const OWN_MODULES: [&str; 2] = ["bident::telemetry::export", "bident::telemetry::pipeline"];

/// Whether what is said there could be of the export of telemetry itself.
pub(super) fn is_exporters(target: &str) -> bool {
    let krate = target.split_once("::").map_or(target, |(krate, _)| krate);
    is_opentelemetrys(target)
        || target == OWN
        || OWN_MODULES.iter().any(|module| target.starts_with(module))
        || EXPORTING.contains(&krate)
}

pub(super) fn is_opentelemetrys(target: &str) -> bool {
    target.starts_with(OPENTELEMETRY)
}

/// The levels, and what of the variables could not be read. The level from the environment comes before `RUST_LOG`, which
/// comes before the files; `OTEL_LOG_LEVEL` is for OpenTelemetry's own crates.
pub(super) fn levels(
    settings: &LogSettings,
    rust_log: Option<String>,
    otel_log_level: Option<String>,
) -> (Targets, Vec<String>) {
    let mut unread = Vec::new();
    let own = || settings.level.parse().unwrap_or_else(|_| Targets::new());
    let levels: Targets =
        match rust_log.filter(|text| !text.trim().is_empty() && !settings.level_from_environment) {
            None => own(),
            Some(text) => text.parse().unwrap_or_else(|_| {
                let what = "is not a level nor a list of target=level";
                unread.push(format!("RUST_LOG={text:?} {what}"));
                own()
            }),
        };
    let named = levels.iter().any(|(target, _)| target == OPENTELEMETRY);
    let theirs = otel_log_level.filter(|text| !text.trim().is_empty()).and_then(|text| {
        let level = level(&text);
        if level.is_none() {
            unread.push(format!("OTEL_LOG_LEVEL={text:?} is not a level"));
        }
        level
    });
    let levels = match theirs {
        Some(level) => levels.with_target(OPENTELEMETRY, level),
        None if named => levels,
        None => levels.with_target(OPENTELEMETRY, LevelFilter::OFF),
    };
    (levels, unread)
}

/// A level by one of the names that OpenTelemetry's implementations know.
fn level(text: &str) -> Option<LevelFilter> {
    Some(match text.trim().to_ascii_lowercase().as_str() {
        "none" | "off" => LevelFilter::OFF,
        "fatal" | "error" => LevelFilter::ERROR,
        "warn" | "warning" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        "trace" | "verbose" | "all" => LevelFilter::TRACE,
        _ => return None,
    })
}

/// What is written as lines: what the newest app's levels let through.
pub(super) struct Lines(pub(super) &'static Outlet);

impl<S: Subscriber> Filter<S> for Lines {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.0.hears(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        definite(self.0.hears(metadata))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.0.max_level()
    }
}

/// What goes out as log records: the same, without what the export itself says.
pub(super) struct Records(pub(super) &'static Outlet);

impl Records {
    fn hears(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && self.0.has_logger()
            && self.0.hears(metadata)
            && !is_exporters(metadata.target())
    }
}

impl<S: Subscriber> Filter<S> for Records {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.hears(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        definite(self.hears(metadata))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        if self.0.has_logger() { self.0.max_level() } else { Some(LevelFilter::OFF) }
    }
}

/// An answer that holds until the outlet is filled anew.
fn definite(heard: bool) -> Interest {
    if heard { Interest::always() } else { Interest::never() }
}
