//! The text of `/metrics`.

use std::io;
use std::time::Duration;

use http::StatusCode;
use opentelemetry_prometheus::PrometheusExporter;
use prometheus::{Registry, TextEncoder};
use tokio::runtime::Handle;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Mutex, oneshot};

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
            // Which crate an instrument is from would stand on every line of a histogram, and is the same for all of the
            // kit's. Who has two instruments of one name in different scopes sees both as one metric.
            .scope_info_enabled(false)
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
    }
    let mut text = String::new();
    if TextEncoder::new().encode_utf8(&families, &mut text).is_err() {
        // A family without points is what the encoder refuses; what is before it is whole.
        tracing::debug!(target: "bident::telemetry", "the text of /metrics ends early");
    }
    Ok(text)
}
