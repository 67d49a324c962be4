//! What a call is to OpenTelemetry while it runs: the context that the user's own spans, counters and propagators see.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, ContextGuard, Key};

use super::Telemetry;
use super::place::Place;
use crate::__private::Attributes;

/// A call's context in OpenTelemetry.
#[derive(Clone, Default)]
pub(crate) enum Presence {
    /// Telemetry is off.
    #[default]
    Off,
    /// Nothing is recorded; the trace goes on all the same.
    Passing(Context, Arc<Place>),
    /// The call's span is recorded.
    Live(Arc<Live>),
}

/// A span that is recorded, shared by the call's context and its record.
pub(crate) struct Live {
    pub(super) context: Context,
    pub(super) place: Arc<Place>,
    pub(super) started: SystemTime,
    /// What its span has said by now, where the program may declare the same.
    pub(super) said: Vec<Key>,
    /// What the program declared as attributes: written at the end, so that of two values of one key the later counts.
    declared: Mutex<Attributes>,
}

/// Whether OpenTelemetry's current trace is recorded; `true` where there is none.
pub(crate) fn sampled() -> bool {
    Context::map_current(|current| {
        let span = current.span();
        let span = span.span_context();
        !span.is_valid() || span.is_sampled()
    })
}

impl Live {
    pub(super) fn new(
        context: Context,
        place: &Arc<Place>,
        started: SystemTime,
        said: Vec<Key>,
    ) -> Arc<Self> {
        let place = Arc::clone(place);
        Arc::new(Self { context, place, started, said, declared: Mutex::default() })
    }

    pub(super) fn take_declared(&self) -> Attributes {
        std::mem::take(&mut *self.declared.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Presence {
    /// Makes this the current context of the thread, until the guard is dropped.
    #[inline]
    pub(crate) fn attach(&self) -> Option<ContextGuard> {
        self.context().map(|context| context.clone().attach())
    }

    #[inline]
    pub(crate) fn context(&self) -> Option<&Context> {
        match self {
            Self::Off => None,
            Self::Passing(context, _) => Some(context),
            Self::Live(live) => Some(&live.context),
        }
    }

    /// The telemetry of the app that serves the call.
    pub(crate) fn telemetry(&self) -> Option<&Arc<Telemetry>> {
        match self {
            Self::Off => None,
            Self::Passing(_, place) => Some(&place.telemetry),
            Self::Live(live) => Some(&live.place.telemetry),
        }
    }

    /// Whether the call's span is recorded.
    #[inline]
    pub(crate) fn is_recording(&self) -> bool {
        match self {
            Self::Live(live) => live.context.span().is_recording(),
            _ => false,
        }
    }

    /// Adds declared attributes to the call's span, if that is recorded.
    pub(crate) fn declare(&self, add: impl FnOnce(&mut Attributes)) {
        if let Self::Live(live) = self {
            add(&mut live.declared.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}
