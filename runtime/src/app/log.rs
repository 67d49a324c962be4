//! Log output: what `run` installs where the program has installed nothing of its own.
//!
//! Lines go to stderr; stdout has the one line that says where the app listens. `log.level` from the environment comes
//! before `RUST_LOG`, which comes before the files.

use std::io::IsTerminal as _;

use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::config::{LogFormat, LogSettings};

/// Installs the subscriber, unless there is one.
pub(crate) fn install(settings: &LogSettings) {
    if tracing::dispatcher::has_been_set() {
        return;
    }
    let (filter, unread) = filter(settings, std::env::var("RUST_LOG").ok());
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match settings.format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // Somebody else may be faster; theirs stays then.
    let subscriber = tracing_subscriber::registry().with(filter).with(lines);
    if tracing::subscriber::set_global_default(subscriber).is_ok()
        && let Some(text) = unread
    {
        tracing::warn!(
            RUST_LOG = text,
            "RUST_LOG is not a level nor a list of target=level: ignored"
        );
    }
}

/// The filter, and what `RUST_LOG` said where that could not be read.
fn filter(settings: &LogSettings, rust_log: Option<String>) -> (Targets, Option<String>) {
    let own = || settings.level.parse().unwrap_or_else(|_| Targets::new());
    match rust_log.filter(|text| !text.is_empty() && !settings.level_from_environment) {
        None => (own(), None),
        Some(text) => match text.parse() {
            Ok(filter) => (filter, None),
            Err(_) => (own(), Some(text)),
        },
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;
    use crate::config::AccessLog;

    fn settings(level: &str, level_from_environment: bool) -> LogSettings {
        LogSettings {
            level: level.into(),
            level_from_environment,
            format: LogFormat::Text,
            access: AccessLog::Errors,
        }
    }

    #[test]
    fn whose_level_holds() {
        let (own, _) = filter(&settings("error,b=warn", false), None);
        assert!(!own.would_enable("a", &Level::WARN) && own.would_enable("b", &Level::WARN));
        let (rust_log, _) = filter(&settings("error", false), Some("debug".into()));
        assert!(rust_log.would_enable("a", &Level::DEBUG));
        let (environment, _) = filter(&settings("error", true), Some("debug".into()));
        assert!(!environment.would_enable("a", &Level::DEBUG));
        let (own, unread) = filter(&settings("debug", false), Some("a=loud".into()));
        assert!(own.would_enable("a", &Level::DEBUG));
        assert_eq!(unread.as_deref(), Some("a=loud"));
    }
}
