use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::trace::Sampler;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, registry};

use super::super::losses::Losses;
use super::collector::{Collector, Does, SOON};
use super::{open, otlp, record, settings};
use crate::telemetry::pipeline::Pipeline;
use crate::telemetry::settings::{OtlpProtocol, Secret};

/// The lines about losses.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Line>>>);

#[derive(Debug, Clone, Default, PartialEq)]
struct Line {
    signal: String,
    endpoint: String,
    lost: u64,
    cause: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "signal" => value.clone_into(&mut self.signal),
            "endpoint" => value.clone_into(&mut self.endpoint),
            "cause" => value.clone_into(&mut self.cause),
            _ => {}
        }
    }

    fn record_u64(&mut self, _: &Field, value: u64) {
        self.lost = value;
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "bident::telemetry"
            && *event.metadata().level() <= tracing::Level::WARN
        {
            let mut line = Line::default();
            event.record(&mut line);
            self.0.lock().expect("no panic under the lock").push(line);
        }
    }
}

impl Lines {
    /// Gathers the lines of this thread, and of export threads that it starts.
    fn gather() -> (Self, tracing::subscriber::DefaultGuard) {
        crate::listening::ask_all();
        let lines = Self::default();
        let guard = tracing::subscriber::set_default(registry().with(lines.clone()));
        (lines, guard)
    }

    fn all(&self) -> Vec<Line> {
        self.0.lock().expect("no panic under the lock").clone()
    }
}

async fn lost(pipeline: &Pipeline) -> Option<u64> {
    let text = pipeline.scrape().expect("it is on").await.expect("a text");
    let line = text.lines().find(|line| line.starts_with("bident_telemetry_lost_total{"))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn a_collector_that_is_away_costs_a_count_and_a_line() {
    for protocol in [OtlpProtocol::Grpc, OtlpProtocol::HttpProtobuf] {
        let (lines, _guard) = Lines::gather();
        let away = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = away.local_addr().expect("bound");
        drop(away);
        let mut settings = settings();
        settings.prometheus = true;
        let mut otlp = otlp(protocol, address, "/v1/traces");
        otlp.endpoint = otlp.endpoint.replace("http://", "http://me:secret@") + "?key=secret";
        otlp.headers = vec![("x-token".to_owned(), Secret("secret".to_owned()))];
        settings.traces.otlp = Some(otlp);
        settings.spans.batch = 100;
        settings.spans.queue = 100;
        let pipeline = open(&settings);
        assert_eq!(lost(&pipeline).await, Some(0));
        record(&pipeline, 1000);
        let provider = pipeline.tracer_provider().expect("spans are exported");
        assert!(provider.force_flush().is_err(), "a flush that lost everything says so");
        assert_eq!(lost(&pipeline).await, Some(1000));
        pipeline.shutdown(SOON).await;

        let lines = lines.all();
        assert!((1..=2).contains(&lines.len()), "one, and one at the end: {lines:?}");
        assert_eq!(lines.iter().map(|line| line.lost).sum::<u64>(), 1000, "{lines:?}");
        for line in lines {
            assert_eq!(line.signal, "traces");
            let path = if protocol == OtlpProtocol::Grpc { "" } else { "/v1/traces" };
            assert_eq!(line.endpoint, format!("http://{address}{path}"));
            assert!(line.cause.contains("onnection refused"), "{line:?}");
            assert!(!format!("{line:?}").contains("secret"), "{line:?}");
        }
    }
}

#[tokio::test]
async fn what_a_collector_refuses_is_lost() {
    for protocol in [OtlpProtocol::Grpc, OtlpProtocol::HttpProtobuf] {
        let (lines, _guard) = Lines::gather();
        let collector = Collector::start(Does::Refuse);
        let mut settings = settings();
        settings.metrics.otlp = Some(otlp(protocol, collector.address(), "/v1/metrics"));
        settings.logs.otlp = Some(otlp(protocol, collector.address(), "/v1/logs"));
        let pipeline = open(&settings);
        assert!(pipeline.meter_provider().force_flush().is_err());
        let [line] = &lines.all()[..] else { panic!("{:?}", lines.all()) };
        assert_eq!(line.signal, "metrics");
        assert!(line.lost > 0);
        pipeline.shutdown(SOON).await;
    }
}

#[tokio::test]
async fn a_collector_that_asks_for_ages_is_not_asked_again() {
    for protocol in [OtlpProtocol::Grpc, OtlpProtocol::HttpProtobuf] {
        let (lines, _guard) = Lines::gather();
        let collector = Collector::start(Does::Busy);
        let mut settings = settings();
        settings.traces.otlp = Some(otlp(protocol, collector.address(), "/v1/traces"));
        let pipeline = open(&settings);
        record(&pipeline, 3);
        let provider = pipeline.tracer_provider().expect("spans are exported");
        assert!(provider.force_flush().is_err());
        pipeline.shutdown(SOON).await;
        assert_eq!(lines.all().iter().map(|line| line.lost).collect::<Vec<_>>(), [3]);
        collector.next();
        assert!(collector.rest().is_empty());
    }
}

#[tokio::test]
async fn what_a_collector_refuses_of_a_batch_is_lost_with_its_words() {
    for protocol in [OtlpProtocol::Grpc, OtlpProtocol::HttpProtobuf] {
        let (lines, _guard) = Lines::gather();
        let collector = Collector::start(Does::TakeSome);
        let mut settings = settings();
        settings.traces.otlp = Some(otlp(protocol, collector.address(), "/v1/traces"));
        let pipeline = open(&settings);
        record(&pipeline, 3);
        let provider = pipeline.tracer_provider().expect("spans are exported");
        assert!(provider.force_flush().is_err(), "not everything arrived");
        pipeline.shutdown(SOON).await;
        let [line] = &lines.all()[..] else { panic!("{:?}", lines.all()) };
        assert_eq!((line.signal.as_str(), line.lost), ("traces", 1));
        assert!(line.cause.contains("too old"), "{line:?}");
        collector.next();
        assert!(collector.rest().is_empty(), "a partial success is not sent again");
    }
}

#[tokio::test]
async fn what_a_collector_refuses_of_metrics_is_lost_with_its_words() {
    for protocol in [OtlpProtocol::Grpc, OtlpProtocol::HttpProtobuf] {
        let (lines, _guard) = Lines::gather();
        let collector = Collector::start(Does::TakeSome);
        let mut settings = settings();
        settings.metrics.otlp = Some(otlp(protocol, collector.address(), "/v1/metrics"));
        let pipeline = open(&settings);
        pipeline.shutdown(SOON).await;
        let [line] = &lines.all()[..] else { panic!("{:?}", lines.all()) };
        assert_eq!((line.signal.as_str(), line.lost), ("metrics", 1));
        assert!(line.cause.contains("too old"), "{line:?}");
        collector.next();
        assert!(collector.rest().is_empty(), "a partial success is not sent again");
    }
}

#[tokio::test]
async fn a_collector_that_hangs_holds_nobody_up() {
    let (lines, _guard) = Lines::gather();
    let collector = Collector::start(Does::Hang);
    let mut settings = settings();
    for signal in [&mut settings.traces, &mut settings.metrics, &mut settings.logs] {
        signal.otlp = Some(otlp(OtlpProtocol::Grpc, collector.address(), ""));
    }
    settings.spans.batch = 10;
    settings.spans.queue = 100;
    let pipeline = open(&settings);
    record(&pipeline, 10);
    // It has these and says nothing.
    collector.next();
    record(&pipeline, 140);
    let thread = pipeline.thread().expect("it exports");
    let within = Duration::from_millis(300);
    let start = Instant::now();
    pipeline.shutdown(within).await;
    // What one export may take is ten seconds.
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(!thread.is_running());
    let spans = lines.all().into_iter().filter(|line| line.signal == "traces");
    assert_eq!(spans.map(|line| line.lost).sum::<u64>(), 150);
}

#[tokio::test]
async fn an_instrument_that_never_answers_holds_nobody_up() {
    let collector = Collector::start(Does::Take);
    let mut settings = settings();
    settings.traces.otlp = Some(otlp(OtlpProtocol::Grpc, collector.address(), ""));
    settings.metrics.otlp = Some(otlp(OtlpProtocol::Grpc, collector.address(), ""));
    let pipeline = open(&settings);
    let (asked, was_asked) = std::sync::mpsc::channel();
    let (held, hold) = std::sync::mpsc::channel::<()>();
    let hold = Mutex::new(hold);
    pipeline
        .meter_provider()
        .meter("user")
        .u64_observable_gauge("stuck")
        .with_callback(move |_| {
            let _ = asked.send(());
            // Until the test is over.
            let _ = hold.lock().expect("no panic under the lock").recv();
        })
        .build();
    let thread = pipeline.thread().expect("it exports");
    let metrics = pipeline.meter_provider().clone();
    let flush = std::thread::spawn(move || metrics.force_flush().is_err());
    was_asked.recv_timeout(SOON).expect("it is asked");
    // Spans go out meanwhile.
    record(&pipeline, 1);
    let provider = pipeline.tracer_provider().expect("spans are exported");
    provider.force_flush().expect("they arrive");
    collector.next();
    pipeline.shutdown(Duration::from_millis(300)).await;
    assert!(!thread.is_running());
    assert!(flush.join().expect("no panic"));
    drop(held);
}

#[tokio::test]
async fn an_instrument_that_panics_is_told_once_and_ends_nothing_else() {
    let (lines, _guard) = Lines::gather();
    let collector = Collector::start(Does::Take);
    let mut settings = settings();
    settings.traces.otlp = Some(otlp(OtlpProtocol::Grpc, collector.address(), ""));
    settings.metrics.otlp = Some(otlp(OtlpProtocol::Grpc, collector.address(), ""));
    let pipeline = open(&settings);
    let meter = pipeline.meter_provider().meter("user");
    meter.u64_observable_gauge("bad").with_callback(|_| panic!("on purpose")).build();
    for _ in 0..3 {
        pipeline.meter_provider().force_flush().expect_err("there are none");
    }
    record(&pipeline, 1);
    pipeline.tracer_provider().expect("spans are exported").force_flush().expect("they arrive");
    collector.next();
    pipeline.shutdown(SOON).await;
    // The line is not about a loss: nobody knows how much there was to lose.
    assert_eq!(lines.all(), [Line::default()]);
}

#[tokio::test]
async fn a_pipeline_that_is_dropped_ends_its_thread() {
    let collector = Collector::start(Does::Hang);
    let mut settings = settings();
    settings.traces.otlp = Some(otlp(OtlpProtocol::HttpProtobuf, collector.address(), "/"));
    settings.spans.batch = 1;
    let pipeline = open(&settings);
    record(&pipeline, 1);
    collector.next();
    let thread = pipeline.thread().expect("it exports");
    assert!(thread.is_running());
    // A user may keep a provider for longer.
    let provider = pipeline.tracer_provider();
    drop(pipeline);
    assert!(!thread.is_running());
    drop(provider);
}

#[test]
fn nothing_exported_is_no_thread() {
    let mut settings = settings();
    settings.prometheus = true;
    assert!(open(&settings).thread().is_none());
    settings.traces.otlp =
        Some(otlp(OtlpProtocol::Grpc, "127.0.0.1:1".parse().expect("an address"), ""));
    settings.disabled = true;
    let pipeline = open(&settings);
    assert!(pipeline.thread().is_none());
    assert!(pipeline.tracer().is_none() && pipeline.scrape().is_none());
}

#[test]
fn every_mistake_is_told() {
    let mut settings = settings();
    let mut wrong = otlp(OtlpProtocol::Grpc, "127.0.0.1:1".parse().expect("an address"), "");
    wrong.headers = vec![
        ("no name".to_owned(), Secret("v".to_owned())),
        ("x-key".to_owned(), Secret("line\nbreak".to_owned())),
    ];
    settings.traces.otlp = Some(wrong.clone());
    wrong.headers.clear();
    wrong.endpoint = "collector:4317?key=secret".to_owned();
    settings.metrics.otlp = Some(wrong.clone());
    wrong.endpoint = "https://me:secret@collector?key=secret".to_owned();
    wrong.ca = Some("/nowhere/ca.pem".into());
    settings.logs.otlp = Some(wrong);
    let opened = Pipeline::open(
        &settings,
        opentelemetry_sdk::Resource::builder_empty().build(),
        Box::new(Sampler::AlwaysOn),
    );
    let mistakes = opened.err().expect("it does not open");
    let last = if cfg!(feature = "tls") {
        "logs: https://collector: /nowhere/ca.pem cannot be read: No such file or directory (os error 2)"
    } else {
        "logs: https://collector: this program was built without TLS: bident's cargo feature `tls` is off"
    };
    assert_eq!(
        mistakes,
        [
            "traces: `no name` is no name of a header",
            "traces: the value of the header `x-key` is none that can be sent",
            "metrics: `collector:4317` is no endpoint: expected `http://host:port` or `https://host:port`",
            last,
        ]
    );
}

#[test]
fn lines_keep_their_distance_and_miss_nothing() {
    let (lines, _guard) = Lines::gather();
    let losses = Losses::new("logs", "http://host".to_owned());
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let told = || lines.all().iter().map(|line| line.lost).collect::<Vec<_>>();
    losses.tell(at(0), false);
    assert!(told().is_empty());
    losses.refused();
    losses.tell(at(1), false);
    losses.refused();
    losses.failed(10, "it went away".to_owned());
    losses.tell(at(2), false);
    losses.tell(at(30), false);
    assert_eq!(told(), [1]);
    losses.tell(at(31), false);
    assert_eq!(told(), [1, 11]);
    losses.refused();
    losses.tell(at(32), true);
    assert_eq!(told(), [1, 11, 1]);
    let causes: Vec<_> = lines.all().into_iter().map(|line| line.cause).collect();
    assert_eq!(causes, ["the queue was full", "it went away", "the queue was full"]);
    assert_eq!(losses.total(), 13);
}
