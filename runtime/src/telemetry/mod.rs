//! Traces, metrics and logs of an app: OpenTelemetry over OTLP, `/metrics`, log output.

// A call that is served meets this room three times. `Telemetry::arrive` finds its trace, before anyone knows what is called.
// `Telemetry::begin` decides whether the call is recorded, and begins its span if so; what comes of it is a `Presence` for the
// call's context and a `Seen` for its record. `Seen::end` tells the metrics and ends the span, by one reading of the clock.
// Everything that can be known before is known in a `Place`, one for each way to an operation.

mod address;
mod attributes;
mod b3;
mod begin;
mod changes;
mod env;
mod export;
mod jaeger;
mod live;
pub(crate) mod log;
mod meters;
mod names;
mod outbound;
mod pipeline;
mod place;
mod places;
mod process;
mod propagation;
mod query;
mod read;
mod resource;
mod running;
mod sampling;
mod scrape;
mod secrets;
mod seen;
pub(crate) mod settings;
mod size;
mod span;
mod verb;
mod w3c;

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use opentelemetry::metrics::Meter;

pub(crate) use begin::Request;
pub(crate) use live::{Presence, sampled};
pub use log::layer;
pub(crate) use outbound::{Callee, Outbound};
pub(crate) use place::Place;
pub(crate) use places::{Foreign, Places};
pub(crate) use running::{Running, Scrape, Tuning};
pub(crate) use secrets::Secrets;
pub(crate) use seen::{Ending, Seen};
pub(crate) use size::Counter;

use self::export::Spans;
use self::meters::Meters;
use self::propagation::Propagation;
use self::sampling::Sampling;
use self::settings::{OlderNames, TelemetrySettings};
use self::verb::Verbs;
use crate::server::forwarded::TrustedProxies;

/// Who calls: the header that Kratos's services send.
const SERVICE_NAME: HeaderName = HeaderName::from_static("x-md-service-name");

/// The telemetry of one app.
pub(crate) struct Telemetry {
    /// Nothing is measured or recorded; traces are passed on all the same.
    off: bool,
    /// Takes the spans of calls; `None` where nobody gets them.
    spans: Option<Spans>,
    sampling: Arc<Sampling>,
    propagation: Propagation,
    meters: Meters,
    verbs: Arc<Verbs>,
    /// `url.scheme`: the listeners' own, and the other one, by which only the callers of a proxy come.
    schemes: [&'static str; 2],
    /// What callers say of traces is not believed.
    public: bool,
    /// Whose word on who calls is believed.
    trusted: TrustedProxies,
    older: OlderNames,
    request_headers: Vec<String>,
    response_headers: Vec<String>,
    /// The name that the services which this one calls are told.
    service: Option<HeaderValue>,
}

/// What an app's telemetry is made of.
pub(crate) struct Parts<'a> {
    pub(crate) name: &'a str,
    pub(crate) settings: &'a TelemetrySettings,
    pub(crate) sampling: Arc<Sampling>,
    pub(crate) spans: Option<Spans>,
    pub(crate) meter: Meter,
    /// Whether every listener speaks TLS.
    pub(crate) secure: bool,
    pub(crate) public: bool,
    pub(crate) trusted: TrustedProxies,
}

impl Telemetry {
    pub(crate) fn new(parts: Parts<'_>) -> Arc<Self> {
        let settings = parts.settings;
        let schemes = if parts.secure { ["https", "http"] } else { ["http", "https"] };
        let verbs = Arc::new(Verbs::new(settings.known_methods.as_deref()));
        let meters =
            Meters::new(&parts.meter, &verbs, schemes, settings.kratos_names, settings.older);
        Arc::new(Self {
            off: settings.disabled,
            spans: parts.spans,
            sampling: parts.sampling,
            propagation: Propagation::new(&settings.propagators),
            meters,
            verbs,
            schemes,
            public: parts.public,
            trusted: parts.trusted,
            older: settings.older,
            request_headers: settings.request_headers.clone(),
            response_headers: settings.response_headers.clone(),
            service: outbound::service_name(parts.name),
        })
    }

    /// The telemetry of what is served without an app's: nothing is measured.
    #[cfg(test)]
    pub(crate) fn off() -> Arc<Self> {
        let settings = TelemetrySettings::off();
        let meters = opentelemetry_sdk::metrics::SdkMeterProvider::default();
        Self::new(Parts {
            name: "",
            sampling: Arc::new(Sampling::new(&settings.sampling)),
            settings: &settings,
            spans: None,
            meter: opentelemetry::metrics::MeterProvider::meter(&meters, names::SCOPE),
            secure: false,
            public: false,
            trusted: TrustedProxies::default(),
        })
    }
}
