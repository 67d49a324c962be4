//! What the layers of the process's one subscriber read: the levels, the tracer and the logger of the newest app.

use std::sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock};

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::LoggerProvider as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::logs::{SdkLogger, SdkLoggerProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

/// Filled by every app that runs. Until then nobody hears anything.
pub(super) struct Outlet(RwLock<Held>);

/// Who filled it.
#[derive(Default, PartialEq, Eq, Clone, Copy)]
pub(super) struct Filling(u64);

#[derive(Default)]
struct Held {
    by: Filling,
    levels: Targets,
    tracer: Option<SdkTracer>,
    /// Shared, as a clone of it copies its scope.
    logger: Option<Arc<SdkLogger>>,
}

impl Outlet {
    pub(super) fn new() -> Self {
        Self(RwLock::default())
    }

    /// The one that the process's subscriber reads.
    pub(super) fn of_process() -> &'static Self {
        static OUTLET: LazyLock<Outlet> = LazyLock::new(Outlet::new);
        &OUTLET
    }

    pub(super) fn fill(
        &self,
        levels: Targets,
        tracer: Option<SdkTracer>,
        logger: Option<SdkLoggerProvider>,
    ) -> Filling {
        let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
            .with_version(env!("CARGO_PKG_VERSION"))
            .build();
        let logger = logger.map(|provider| Arc::new(provider.logger_with_scope(scope)));
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let by = Filling(held.by.0 + 1);
        let before = std::mem::replace(&mut *held, Held { by, levels, tracer, logger });
        drop(held);
        // The last handle of a provider shuts it down, which may take a while and is not for the lock.
        drop(before);
        by
    }

    /// Takes other levels, unless somebody else has filled it since.
    pub(super) fn relevel(&self, by: &Filling, levels: Targets) -> bool {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let own = held.by == *by;
        if own {
            held.levels = levels;
        }
        own
    }

    fn read<T>(&self, f: impl FnOnce(&Held) -> T) -> T {
        f(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn hears(&self, metadata: &Metadata<'_>) -> bool {
        self.read(|held| held.levels.would_enable(metadata.target(), metadata.level()))
    }

    pub(super) fn max_level(&self) -> Option<LevelFilter> {
        self.read(|held| {
            held.levels.iter().map(|(_, level)| level).chain(held.levels.default_level()).max()
        })
    }

    pub(super) fn has_tracer(&self) -> bool {
        self.read(|held| held.tracer.is_some())
    }

    pub(super) fn has_logger(&self) -> bool {
        self.read(|held| held.logger.is_some())
    }

    pub(super) fn logger(&self) -> Option<Arc<SdkLogger>> {
        self.read(|held| held.logger.clone())
    }

    /// The tracer; where there is none any more, one whose spans record nothing.
    pub(super) fn tracer(&self) -> SdkTracer {
        static NONE: OnceLock<SdkTracer> = OnceLock::new();
        let none =
            || SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOff).build().tracer("");
        self.read(|held| held.tracer.clone()).unwrap_or_else(|| NONE.get_or_init(none).clone())
    }
}
