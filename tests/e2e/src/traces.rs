//! What a program's own subscriber would see: spans when they close, and events.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// A span or an event with everything that was recorded on it.
#[derive(Debug, Clone)]
pub struct Traced {
    /// The span's name; for an event its message.
    pub name: String,
    /// Where it comes from.
    pub target: String,
    /// Its level.
    pub level: Level,
    /// Every field as text.
    pub fields: BTreeMap<String, String>,
    /// The name of the span that it happened in.
    pub parent: Option<String>,
}

impl Traced {
    /// A field as text; empty where there is none.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// The spans and events of this thread, for as long as it lives: in a `#[tokio::test]` these are the test's own.
pub struct Traces {
    seen: Seen,
    _installed: DefaultGuard,
}

#[derive(Clone, Default)]
struct Seen {
    spans: Arc<Mutex<Vec<Traced>>>,
    events: Arc<Mutex<Vec<Traced>>>,
}

/// While there is one subscriber alone, `tracing` asks the thread that comes first to a place in the code whether it is of
/// interest, and keeps a no for every other. With a second one all are asked.
static SECOND: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(tracing_subscriber::registry().with(LevelFilter::OFF)));

/// Listens to everything that this thread traces.
pub fn traces() -> Traces {
    LazyLock::force(&SECOND);
    let seen = Seen::default();
    let subscriber = tracing_subscriber::registry().with(seen.clone());
    Traces { seen, _installed: tracing::subscriber::set_default(subscriber) }
}

impl Traces {
    /// The spans that have closed, in that order.
    pub fn spans(&self) -> Vec<Traced> {
        self.seen.spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The events so far.
    pub fn events(&self) -> Vec<Traced> {
        self.seen.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = cx.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        if let Some(span) = cx.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(&id) else { return };
        let fields = span.extensions_mut().remove::<Fields>().unwrap_or_default();
        let traced = Traced {
            name: span.name().to_owned(),
            target: span.metadata().target().to_owned(),
            level: *span.metadata().level(),
            fields: fields.0,
            parent: span.parent().map(|parent| parent.name().to_owned()),
        };
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).push(traced);
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let traced = Traced {
            name: fields.0.remove("message").unwrap_or_default(),
            target: event.metadata().target().to_owned(),
            level: *event.metadata().level(),
            fields: fields.0,
            parent: cx.event_span(event).map(|span| span.name().to_owned()),
        };
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(traced);
    }
}
