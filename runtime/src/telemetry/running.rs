//! An app's telemetry from `build` to the end: opened with the settings, told to the rest of the process, flushed at last.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;

use super::pipeline::Pipeline;
use super::propagation::Propagation;
use super::sampling::Sampling;
use super::scrape::Text;
use super::settings::TelemetrySettings;
use super::{Parts, Telemetry, changes, log, names, outbound, resource};
use crate::call::BoxFuture;
use crate::config::{Happening, LogSettings, Settings};

/// How long the last of everything may take to leave.
const FLUSH: Duration = Duration::from_secs(5);

/// The telemetry of an app that is built.
pub(crate) struct Running {
    pub(crate) telemetry: Arc<Telemetry>,
    pipeline: Arc<Pipeline>,
    propagators: Propagation,
    sampling: Arc<Sampling>,
    /// What was wrong in the environment, until there is a log to say it.
    warnings: Vec<String>,
    scrape_at: Option<String>,
}

/// What can be told otherwise while an app runs.
pub(crate) struct Tuning {
    log: log::Installed,
    sampling: Arc<Sampling>,
}

/// What answers `/metrics`.
pub(crate) type Scrape = Arc<dyn Fn() -> Option<BoxFuture<'static, Text>> + Send + Sync>;

impl Running {
    /// # Errors
    /// Every mistake in the settings, one text each.
    pub(crate) fn open(
        settings: &Settings,
        name: &str,
        version: &str,
    ) -> Result<Self, Vec<String>> {
        let told = &told(settings);
        let sampling = Arc::new(Sampling::new(&told.sampling));
        let resource = resource::resource(told, name, version);
        let sampler = Box::new(sampling.for_users());
        let pipeline = Arc::new(Pipeline::open(told, resource, sampler)?);
        let telemetry = Telemetry::new(Parts {
            name,
            settings: told,
            sampling: Arc::clone(&sampling),
            spans: pipeline.spans(),
            meter: pipeline.meter_provider().meter_with_scope(names::scope()),
            secure: settings.server.tls.is_some(),
            public: settings.server.public,
            trusted: settings.server.trusted_proxies.clone(),
        });
        let propagators = Propagation::new(&told.propagators);
        let (warnings, scrape_at) = (told.warnings.clone(), told.scrape_at.clone());
        Ok(Self { telemetry, pipeline, propagators, sampling, warnings, scrape_at })
    }

    /// Sets OpenTelemetry's globals, so that what the program measures and traces itself joins in.
    pub(crate) fn set_globals(&self) {
        outbound::is_newest(&self.telemetry);
        self.pipeline.set_globals(self.propagators.text_map());
    }

    /// What tells of the configuration.
    pub(crate) fn tells_of_config(&self) -> impl Fn(&Happening) + Send + 'static {
        let meter = self.pipeline.meter_provider().meter_with_scope(names::scope());
        changes::telling(self.pipeline.tracer(), Arc::clone(&self.sampling), &meter)
    }

    /// Installs the log, and says what there was none for so far.
    pub(crate) fn start_log(&mut self, settings: &LogSettings) -> Tuning {
        let (tracer, logger) = (self.pipeline.tracer(), self.pipeline.logger_provider());
        let log = log::install(settings, tracer, logger);
        let own = self.pipeline.warnings().iter().cloned();
        for warning in std::mem::take(&mut self.warnings).into_iter().chain(own) {
            tracing::warn!(target: "bident::telemetry", "{warning}");
        }
        Tuning { log, sampling: Arc::clone(&self.sampling) }
    }

    /// What answers `/metrics`.
    pub(crate) fn scrape(&self) -> Scrape {
        let pipeline = Arc::clone(&self.pipeline);
        Arc::new(move || Some(Box::pin(pipeline.scrape()?) as _))
    }

    /// The address at which that is served besides.
    pub(crate) fn scrape_at(&self) -> Option<&str> {
        self.scrape_at.as_deref()
    }

    /// Sends what waits and ends, within a bound.
    pub(crate) async fn stop(&self) {
        self.pipeline.shutdown(FLUSH).await;
    }
}

impl Tuning {
    /// Takes over `log.level` and `telemetry.sample`. What the environment says stays above them.
    pub(crate) fn apply(&self, settings: &Settings) {
        self.log.relevel(&settings.log);
        self.sampling.set_share(told(settings).sampling.share);
    }
}

fn told(settings: &Settings) -> TelemetrySettings {
    TelemetrySettings::read(&settings.telemetry, &|name| std::env::var_os(name))
}
