//! Everything between an app and where its telemetry goes: the providers, what exports, and their end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::{
    Aggregation, Instrument, InstrumentKind, SdkMeterProvider, Stream,
};
use opentelemetry_sdk::trace::{
    Sampler, SdkTracer, SdkTracerProvider, ShouldSample, SpanLimits, TracerProviderBuilder,
};

use super::export::{Boss, ExportThread, Exports, Losses, Spans, stop_all};
use super::scrape::{Scrape, Text};
use super::settings::{SpanLimitSettings, TelemetrySettings};
use super::{names, process};

/// The most buckets of an exponential histogram, and the finest of them, as OpenTelemetry recommends.
const MAX_BUCKETS: u32 = 160;
const MAX_SCALE: i8 = 20;

/// The telemetry of an app, open.
pub(crate) struct Pipeline {
    /// Before the providers: they would flush when they are dropped, and wait for it.
    exporting: Exporting,
    /// Where the spans of calls go.
    spans: Option<Spans>,
    /// Of what `tracing` has, and of the user.
    tracers: Option<(SdkTracerProvider, SdkTracerProvider)>,
    meters: SdkMeterProvider,
    loggers: Option<SdkLoggerProvider>,
    scrape: Option<Arc<Scrape>>,
    warnings: Vec<String>,
}

/// What ends with the pipeline, whoever else still holds a provider.
struct Exporting {
    thread: Option<Arc<ExportThread>>,
    bosses: Vec<Arc<Boss>>,
    /// Those that push metrics.
    pushing: Vec<Arc<Boss>>,
}

impl Pipeline {
    /// Opens exporters and providers. `sampler` decides about the user's own spans.
    ///
    /// # Errors
    /// Every mistake in the settings, one text each.
    pub(crate) fn open(
        settings: &TelemetrySettings,
        resource: Resource,
        sampler: Box<dyn ShouldSample>,
    ) -> Result<Self, Vec<String>> {
        let Exports { thread, spans, records, pushed, losses, bosses } =
            Exports::open(settings, &resource)?;
        let pushing = pushed.iter().map(|reader| Arc::clone(&reader.boss)).collect();
        let exporting = Exporting { thread: thread.map(Arc::new), bosses, pushing };
        let mut meters = SdkMeterProvider::builder().with_resource(resource.clone());
        for reader in pushed {
            meters = meters.with_reader(reader);
        }
        let (mut scrape, mut warnings) = (None, Vec::new());
        if settings.prometheus && !settings.disabled {
            let (open, reader) = Scrape::open().map_err(|mistake| vec![mistake])?;
            meters = meters.with_reader(reader);
            scrape = Some(Arc::new(open));
        }
        if settings.exponential_histograms {
            if scrape.is_some() {
                // A view holds for every reader, and the text of `/metrics` has no place for them.
                warnings.push(
                    "histograms keep their explicit buckets while /metrics is on, which cannot show exponential ones"
                        .to_owned(),
                );
            } else {
                meters = meters.with_view(exponential);
            }
        }
        let meters = meters.build();
        let meter = meters.meter_with_scope(names::scope());
        observe_losses(&meter, losses);
        process::observe(&meter);
        let tracers = spans.as_ref().map(|spans| {
            let inner = tracers(&settings.limits, &resource, spans).with_sampler(Sampler::AlwaysOn);
            let own = tracers(&settings.limits, &resource, spans).with_sampler(sampler);
            (inner.build(), own.build())
        });
        let loggers = records.map(|records| {
            let builder = SdkLoggerProvider::builder().with_resource(resource);
            builder.with_log_processor(records).build()
        });
        Ok(Self { exporting, spans, tracers, meters, loggers, scrape, warnings })
    }

    /// For the spans of calls. `None` where no spans are exported.
    pub(super) fn spans(&self) -> Option<Spans> {
        self.spans.clone()
    }

    /// For spans inside of calls: records whatever it is asked for, since it is not where the call is not recorded.
    pub(crate) fn tracer(&self) -> Option<SdkTracer> {
        self.tracers.as_ref().map(|(inner, _)| inner.tracer_with_scope(names::scope()))
    }

    /// For the user's own spans. They go the same way as those of calls.
    pub(crate) fn tracer_provider(&self) -> Option<SdkTracerProvider> {
        self.tracers.as_ref().map(|(_, own)| own.clone())
    }

    pub(crate) fn meter_provider(&self) -> &SdkMeterProvider {
        &self.meters
    }

    pub(crate) fn logger_provider(&self) -> Option<SdkLoggerProvider> {
        self.loggers.clone()
    }

    /// The text of `/metrics`, `None` where it is off.
    pub(crate) fn scrape(&self) -> Option<impl Future<Output = Text> + Send + use<>> {
        let scrape = Arc::clone(self.scrape.as_ref()?);
        Some(async move { scrape.text().await })
    }

    /// What cannot be as it was asked for, to be told once there is a log.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Sets OpenTelemetry's globals, so that a user's own spans, counters and propagators join in.
    pub(crate) fn set_globals(&self, propagator: impl TextMapPropagator + Send + Sync + 'static) {
        global::set_text_map_propagator(propagator);
        global::set_meter_provider(self.meters.clone());
        if let Some(provider) = self.tracer_provider() {
            global::set_tracer_provider(provider);
        }
    }

    /// Sends what waits and stops, within the bound. Nothing is recorded after it, and a second time nothing happens.
    pub(crate) async fn shutdown(&self, within: Duration) {
        let (done, ended) = tokio::sync::oneshot::channel();
        let tracers = self.tracers.clone();
        let (meters, loggers) = (self.meters.clone(), self.loggers.clone());
        let Exporting { thread, pushing, .. } = &self.exporting;
        let (thread, pushing) = (thread.clone(), pushing.clone());
        // Providers wait by blocking, and the worker that runs this may be the only one.
        let ending = std::thread::Builder::new().name("bident-flush".to_owned()).spawn(move || {
            let deadline = Instant::now() + within;
            // Each may take its share of what is left: one collector that hangs costs the others nothing.
            let share = |of: u32| deadline.saturating_duration_since(Instant::now()) / of;
            if let Some((inner, own)) = tracers {
                // The second only learns that it is over: both share what the first ends.
                let _ = inner.shutdown_with_timeout(share(3));
                let _ = own.shutdown_with_timeout(share(3));
            }
            let _ = stop_all(pushing.iter(), share(2));
            if let Some(loggers) = loggers {
                let _ = loggers.shutdown_with_timeout(share(1));
            }
            if let Some(thread) = thread {
                thread.stop();
            }
            let _ = done.send(());
            // All is sent. The provider takes no bound, and waits for whoever asks an instrument right now.
            let _ = meters.shutdown();
        });
        // Where nothing goes anywhere there is nothing to wait for.
        if ending.is_ok() && self.exporting.thread.is_some() {
            let _ = tokio::time::timeout(within + Duration::from_secs(1), ended).await;
        }
    }
}

#[cfg(test)]
impl Pipeline {
    pub(super) fn thread(&self) -> Option<Arc<ExportThread>> {
        self.exporting.thread.clone()
    }
}

impl Drop for Exporting {
    fn drop(&mut self) {
        self.bosses.iter().for_each(|boss| boss.close(Duration::ZERO));
        if let Some(thread) = &self.thread {
            thread.stop();
        }
    }
}

fn tracers(
    limits: &SpanLimitSettings,
    resource: &Resource,
    spans: &Spans,
) -> TracerProviderBuilder {
    SdkTracerProvider::builder()
        .with_span_limits(SpanLimits {
            max_attributes_per_span: limits.attributes,
            max_events_per_span: limits.events,
            max_links_per_span: limits.links,
            max_attributes_per_event: limits.event_attributes,
            max_attributes_per_link: limits.link_attributes,
        })
        .with_resource(resource.clone())
        .with_span_processor(spans.clone())
}

fn exponential(instrument: &Instrument) -> Option<Stream> {
    if instrument.kind() != InstrumentKind::Histogram {
        return None;
    }
    let aggregation = Aggregation::Base2ExponentialHistogram {
        max_size: MAX_BUCKETS,
        max_scale: MAX_SCALE,
        record_min_max: true,
    };
    Stream::builder().with_aggregation(aggregation).build().ok()
}

/// The counter of what was lost. It is there with zero, so that a rate over it is right from the first loss.
fn observe_losses(meter: &Meter, all: Vec<Arc<Losses>>) {
    if all.is_empty() {
        return;
    }
    meter
        .u64_observable_counter("bident.telemetry.lost")
        .with_unit("{item}")
        .with_description("Spans, data points and log records that were not delivered.")
        .with_callback(move |observer| {
            for signal in ["traces", "metrics", "logs"] {
                let of_signal = all.iter().filter(|losses| losses.signal() == signal);
                let totals: Vec<_> = of_signal.map(|losses| losses.total()).collect();
                if !totals.is_empty() {
                    observer.observe(totals.iter().sum(), &[KeyValue::new("signal", signal)]);
                }
            }
        })
        .build();
}
