//! The instruments of calls that are served. Series are bound once, see [`Place`](super::place::Place).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

use super::names::{SECONDS, key};
use super::place::Arrival;
use super::settings::OlderNames;
use super::verb::{Verb, Verbs};

/// Sizes have no advised bounds: powers of four from 64 bytes to 16 MiB.
const BYTES: [f64; 10] = [
    64.0,
    256.0,
    1024.0,
    4096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
];

/// Bounds in milliseconds, for the metrics of before.
const MILLIS: [f64; 14] = [
    5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0,
    10_000.0,
];

/// What is measured of calls that are served.
pub(super) struct Meters {
    pub(super) http_duration: Histogram<f64>,
    pub(super) request_size: Histogram<u64>,
    pub(super) response_size: Histogram<u64>,
    pub(super) rpc_duration: Histogram<f64>,
    client_http: Histogram<f64>,
    client_rpc: Histogram<f64>,
    client_request_size: Histogram<u64>,
    client_response_size: Histogram<u64>,
    active: Arc<Active>,
    pub(super) kratos: Option<Kratos>,
    /// `http.server.duration` and `rpc.server.duration` in milliseconds, where older names are asked for.
    pub(super) older_http: Option<Histogram<f64>>,
    pub(super) older_rpc: Option<Histogram<f64>>,
}

/// `kratos.server.request.*`, where they are asked for.
pub(super) struct Kratos {
    pub(super) count: Counter<u64>,
    pub(super) duration: Histogram<f64>,
    pub(super) size: Histogram<u64>,
}

impl Meters {
    /// `schemes` are that of every listener, and the other one.
    pub(super) fn new(
        meter: &Meter,
        verbs: &Arc<Verbs>,
        schemes: [&'static str; 2],
        kratos: bool,
        older: OlderNames,
    ) -> Self {
        let seconds = |name, text| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(text);
            histogram.with_boundaries(SECONDS.to_vec()).build()
        };
        let millis = |name, text| {
            let histogram = meter.f64_histogram(name).with_unit("ms").with_description(text);
            histogram.with_boundaries(MILLIS.to_vec()).build()
        };
        let bytes = |name, text| {
            let histogram = meter.u64_histogram(name).with_unit("By").with_description(text);
            histogram.with_boundaries(BYTES.to_vec()).build()
        };
        let active = Arc::new(Active::new(verbs.count()));
        let (observed, verbs) = (Arc::clone(&active), Arc::clone(verbs));
        // The reader keeps the callback for as long as there is one to read.
        let _observable = meter
            .i64_observable_up_down_counter("http.server.active_requests")
            .with_unit("{request}")
            .with_description("Number of HTTP requests under way.")
            .with_callback(move |observer| {
                for (verb, other_scheme, count) in observed.seen() {
                    let method = KeyValue::new(key::HTTP_METHOD, verbs.name(verb));
                    let scheme = schemes[usize::from(other_scheme)];
                    let scheme = KeyValue::new(key::URL_SCHEME, scheme);
                    observer.observe(count, &[method, scheme]);
                }
            })
            .build();
        Self {
            http_duration: seconds(
                "http.server.request.duration",
                "Duration of HTTP requests that are served.",
            ),
            request_size: bytes(
                "http.server.request.body.size",
                "Size of the bodies of HTTP requests, as sent.",
            ),
            response_size: bytes(
                "http.server.response.body.size",
                "Size of the bodies of HTTP responses, as sent.",
            ),
            rpc_duration: seconds("rpc.server.call.duration", "Duration of calls that are served."),
            client_http: seconds(
                "http.client.request.duration",
                "Duration of HTTP requests to other services.",
            ),
            client_rpc: seconds("rpc.client.call.duration", "Duration of calls to other services."),
            client_request_size: bytes(
                "http.client.request.body.size",
                "Size of the bodies of HTTP requests to other services, as sent.",
            ),
            client_response_size: bytes(
                "http.client.response.body.size",
                "Size of the bodies of HTTP responses of other services, as sent.",
            ),
            active,
            kratos: kratos.then(|| Kratos {
                count: meter
                    .u64_counter("kratos.server.request.count")
                    .with_unit("{request}")
                    .with_description("Number of requests.")
                    .build(),
                duration: seconds("kratos.server.request.duration", "Duration of requests."),
                size: bytes("kratos.server.request.size", "Size of the bodies of requests."),
            }),
            older_http: older.http.then(|| {
                millis("http.server.duration", "Duration of HTTP requests that are served.")
            }),
            older_rpc: older
                .rpc
                .then(|| millis("rpc.server.duration", "Duration of calls that are served.")),
        }
    }

    /// A call to another service has ended.
    pub(super) fn called(&self, http: bool, seconds: f64, series: &[KeyValue]) {
        let duration = if http { &self.client_http } else { &self.client_rpc };
        duration.record(seconds, series);
    }

    /// What the bodies of a call over HTTP to another service were long.
    pub(super) fn carried(&self, sent: u64, received: u64, series: &[KeyValue]) {
        self.client_request_size.record(sent, series);
        self.client_response_size.record(received, series);
    }

    #[inline]
    pub(super) fn began(&self, arrival: Arrival) {
        self.active.add(arrival, 1);
    }

    #[inline]
    pub(super) fn ended(&self, arrival: Arrival) {
        self.active.add(arrival, -1);
    }
}

/// Requests under way, counted here and read when somebody asks: cheaper than an instrument that is told twice. Each method
/// has two, one for each scheme.
struct Active(Vec<Count>);

/// Apart in memory, since every core writes them.
#[repr(align(64))]
#[derive(Default)]
struct Count {
    now: AtomicI64,
    ever: std::sync::atomic::AtomicBool,
}

impl Active {
    fn new(verbs: usize) -> Self {
        Self((0..verbs * 2).map(|_| Count::default()).collect())
    }

    #[inline]
    fn add(&self, arrival: Arrival, by: i64) {
        let at = arrival.verb.index() * 2 + usize::from(arrival.other_scheme);
        if let Some(count) = self.0.get(at) {
            count.now.fetch_add(by, Relaxed);
            if !count.ever.load(Relaxed) {
                count.ever.store(true, Relaxed);
            }
        }
    }

    /// The methods that were ever asked for, and whether by the other scheme.
    fn seen(&self) -> impl Iterator<Item = (Verb, bool, i64)> {
        let seen = self.0.iter().enumerate().filter(|(_, count)| count.ever.load(Relaxed));
        seen.map(|(index, count)| (Verb::at(index / 2), index % 2 == 1, count.now.load(Relaxed)))
    }
}
