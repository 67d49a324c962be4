//! The usual assembly of telemetry, as users of axum and tonic put it together: spans of `tracing` that
//! `tracing-opentelemetry` turns into OpenTelemetry's, metrics by hand, both exported over OTLP in batches. It is read from
//! the standard variables, as those crates do. There is log output, as there is where bident is measured: text, from `info`
//! on. `--no-log` leaves it out.
//!
//! It is put together kindly: no regular expressions in the filter, no events of a request below `info`, and everything
//! that is exported is encoded and sent on a thread of its own.

use std::io;
use std::thread;
use std::time::Duration;

use opentelemetry::metrics::{Histogram, MeterProvider as _, UpDownCounter};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{MetricExporter, SpanExporter};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry_instrumentation_sdk::TRACING_TARGET;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How long a request may take.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// Telemetry that is on.
pub struct Assembly {
    tracer: SdkTracerProvider,
    meter: SdkMeterProvider,
}

/// What the metrics middleware of a peer tells.
#[derive(Clone)]
pub struct Meters {
    /// `*.duration`, in seconds.
    pub duration: Histogram<f64>,
    /// Requests under way.
    pub active: UpDownCounter<i64>,
}

impl Assembly {
    /// Opens the exporters and sets everything that is global.
    ///
    /// # Errors
    /// When an exporter cannot be built, or something global is set already.
    pub fn open() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        // What is opened within a runtime sends on it.
        let handle = runtime.handle().clone();
        thread::Builder::new().name("exports".to_owned()).spawn(move || export(runtime))?;
        let _context = handle.enter();
        let spans = SpanExporter::builder().with_tonic().build().map_err(io::Error::other)?;
        let tracer = SdkTracerProvider::builder().with_batch_exporter(spans).build();
        let metrics = MetricExporter::builder().with_tonic().build().map_err(io::Error::other)?;
        let meter = SdkMeterProvider::builder().with_periodic_exporter(metrics).build();
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        let filter = Targets::new()
            .with_default(LevelFilter::INFO)
            .with_target(TRACING_TARGET, LevelFilter::TRACE);
        let bridge = tracing_opentelemetry::layer().with_tracer(tracer.tracer("bench"));
        let log = !std::env::args().any(|argument| argument == "--no-log");
        let log = log.then(tracing_subscriber::fmt::layer);
        let registry = tracing_subscriber::registry().with(filter).with(log).with(bridge);
        registry.try_init().map_err(io::Error::other)?;
        Ok(Self { tracer, meter })
    }

    /// The instruments, the one of durations by this name.
    pub fn meters(&self, duration: &'static str, active: &'static str) -> Meters {
        let meter = self.meter.meter("bench");
        let bounds =
            vec![0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
        Meters {
            duration: meter.f64_histogram(duration).with_unit("s").with_boundaries(bounds).build(),
            active: meter.i64_up_down_counter(active).build(),
        }
    }

    /// Serves until SIGTERM, then sends what is still there.
    ///
    /// # Errors
    /// When serving fails, or something could not be sent.
    pub async fn serve(self, serve: impl Future<Output = io::Result<()>>) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            served = serve => served?,
            _ = terminate.recv() => {}
        }
        // Both wait until everything is sent.
        tokio::task::spawn_blocking(move || {
            self.tracer.shutdown().and(self.meter.shutdown()).map_err(io::Error::other)
        })
        .await?
    }
}

/// The thread that exports, until the process ends. By its name it is told apart from those that serve.
#[inline(never)]
fn export(runtime: Runtime) {
    runtime.block_on(std::future::pending())
}
