//! The text of `/metrics`.

use std::io;
use std::time::Duration;

use http::StatusCode;
use opentelemetry_prometheus::PrometheusExporter;
use prometheus::proto::LabelPair;
use prometheus::{Registry, TextEncoder};
use tokio::runtime::Handle;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Mutex, oneshot};

use super::names::SCOPE;
use crate::call::caught;

/// Gauges whose names in the conventions end as only a part of a histogram may to `promtool`, and what Prometheus's own
/// clients call them.
const GAUGES: [(&str, &str); 2] = [
    ("process_thread_count", "process_threads"),
    ("process_unix_file_descriptor_count", "process_open_fds"),
];

const PANICKED: &str =
    "a callback of an instrument panicked: there are no metrics here until the program starts anew";

const UNASKED: (StatusCode, &str) =
    (StatusCode::SERVICE_UNAVAILABLE, "the system has no thread to ask the instruments on");

const LATE: &str = "a callback of an instrument has not returned for 10 seconds: there are no metrics until it does";

/// As `LATE` says: the longest that a scrape waits, others before it included. Prometheus itself waits as long.
const LONGEST: Duration = Duration::from_secs(10);

/// The text, or the status that says why there is none.
pub(crate) type Text = Result<String, (StatusCode, &'static str)>;

pub(super) struct Scrape {
    registry: Registry,
    /// The answer of those who are asked right now. An instrument that never returns costs one thread, not one per scrape.
    asking: Mutex<Option<oneshot::Receiver<Text>>>,
}

impl Scrape {
    /// What is asked for the text, and the reader that the meters feed.
    pub(super) fn open() -> Result<(Self, PrometheusExporter), String> {
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .build()
            .map_err(|error| format!("/metrics: {error}"))?;
        Ok((Self { registry, asking: Mutex::default() }, reader))
    }

    /// Asks all instruments now, one scrape after the other.
    ///
    /// # Errors
    /// Why there is no text: a callback of an instrument does not return, or has panicked. After a panic the SDK reads none of
    /// them any more.
    pub(super) async fn text(&self) -> Text {
        let asked = async {
            let mut asking = self.asking.lock().await;
            // What came when nobody waited any more is old.
            let old =
                |answer: &mut oneshot::Receiver<_>| answer.try_recv() != Err(TryRecvError::Empty);
            if asking.as_mut().is_some_and(old) {
                *asking = None;
            }
            let answer = match &mut *asking {
                Some(answer) => answer,
                none => none.insert(ask(self.registry.clone()).map_err(|_| UNASKED)?),
            };
            let text = answer.await;
            *asking = None;
            text.unwrap_or(Err((StatusCode::INTERNAL_SERVER_ERROR, PANICKED)))
        };
        let late = |_| Err((StatusCode::SERVICE_UNAVAILABLE, LATE));
        tokio::time::timeout(LONGEST, asked).await.unwrap_or_else(late)
    }
}

/// Asks on a thread of its own: callbacks are the user's, and may take their time. The end of a runtime waits for those that it
/// lends for such work; for this one nobody waits.
fn ask(registry: Registry) -> io::Result<oneshot::Receiver<Text>> {
    let (done, answer) = oneshot::channel();
    let runtime = Handle::current();
    std::thread::Builder::new().name("bident-scrape".to_owned()).spawn(move || {
        let _context = runtime.enter();
        // Whoever asked may have gone.
        let _ = done.send(gather(&registry));
    })?;
    Ok(answer)
}

fn gather(registry: &Registry) -> Text {
    let gathered = caught(|| registry.gather());
    let mut families = gathered.unwrap_or_else(|panic| {
        tracing::error!(target: "bident::telemetry", error = ?panic, "{PANICKED}");
        Vec::new()
    });
    // There is one of the program itself, always.
    if families.is_empty() {
        return Err((StatusCode::INTERNAL_SERVER_ERROR, PANICKED));
    }
    for family in &mut families {
        if let Some((_, name)) = GAUGES.iter().find(|(name, _)| *name == family.name()) {
            family.set_name((*name).to_owned());
        }
        for metric in family.mut_metric() {
            let labels = metric.take_label();
            metric.set_label(readable(labels));
        }
    }
    let mut text = String::new();
    if TextEncoder::new().encode_utf8(&families, &mut text).is_err() {
        // A family without points is what the encoder refuses; what is before it is whole.
        tracing::debug!(target: "bident::telemetry", "the text of /metrics ends early");
    }
    Ok(text)
}

/// How the labels begin that tell the scope of an instrument.
const OF_SCOPE: &str = "otel_scope_";

/// The labels of a series as Prometheus reads them: a name that it does not know for one costs the whole text, whoever wrote it.
///
/// Which scope an instrument is from tells apart those of one name. It would stand on every line of the kit's own, where it is
/// always the same, and is left out there.
fn readable(labels: Vec<LabelPair>) -> Vec<LabelPair> {
    let scope = |label: &LabelPair| label.name() == "otel_scope_name" && label.value() == SCOPE;
    let own = labels.iter().any(scope);
    let mut all: Vec<LabelPair> = Vec::with_capacity(labels.len());
    for mut label in labels {
        if own && label.name().starts_with(OF_SCOPE) {
            continue;
        }
        if let Some(name) = renamed(label.name()) {
            label.set_name(name);
        }
        match all.iter_mut().find(|other| other.name() == label.name()) {
            // As the exporter does with names that it has made the same.
            Some(other) => other.set_value(format!("{};{}", other.value(), label.value())),
            None => all.push(label),
        }
    }
    all
}

/// Another name, where Prometheus has no such label. The exporter lets letters, digits, `_` and `:` through.
fn renamed(name: &str) -> Option<String> {
    // The bounds of buckets have that name.
    let front = name == "le" || name.chars().next().is_none_or(|first| first.is_ascii_digit());
    (front || name.contains(':')).then(|| {
        let before = if front { "_" } else { "" };
        format!("{before}{}", name.replace(':', "_"))
    })
}
