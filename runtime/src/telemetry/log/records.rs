//! Events as OpenTelemetry's log records, with the ids of the trace and the span that they were said in.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::{InstrumentationScope, Key, SpanId, TraceFlags, TraceId};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use super::format::{Ids, SPAN_ID, TRACE_ID};
use super::{Outlet, filter};
use crate::call::{HTTP_EXCEPTION, RPC_EXCEPTION};
use crate::telemetry::names::key;

pub(super) fn layer<S>(outlet: &'static Outlet) -> impl Layer<S> + Send + Sync + 'static
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    OpenTelemetryTracingBridge::new(&Newest(outlet)).with_filter(filter::Records(outlet))
}

/// The newest app's logger.
struct Newest(&'static Outlet);

impl LoggerProvider for Newest {
    type Logger = Self;

    fn logger_with_scope(&self, _: InstrumentationScope) -> Self {
        Self(self.0)
    }
}

impl Logger for Newest {
    type LogRecord = Correlated;

    fn create_log_record(&self) -> Correlated {
        let open = |logger: Arc<SdkLogger>| {
            let mut record = logger.create_log_record();
            record.set_timestamp(SystemTime::now());
            (logger, record)
        };
        Correlated { open: self.0.logger().map(open), trace: None, span: None, exception: false }
    }

    fn emit(&self, Correlated { open, trace, span, .. }: Correlated) {
        let Some((logger, mut record)) = open else { return };
        let (trace, span, sampled) = match (trace, span) {
            (Some(trace), span) => (trace, span.unwrap_or(SpanId::INVALID), None),
            (None, _) => match Ids::current() {
                Some(Ids { trace, span, sampled }) => {
                    (trace.into(), span.into(), Some(TraceFlags::default().with_sampled(sampled)))
                }
                None => return logger.emit(record),
            },
        };
        record.set_trace_context(trace, span, sampled);
        logger.emit(record);
    }

    fn event_enabled(&self, level: Severity, target: &str, name: Option<&str>) -> bool {
        self.0.logger().is_some_and(|logger| logger.event_enabled(level, target, name))
    }
}

/// A record whose fields `trace_id` and `span_id` say where it belongs: an access record is written when its call is over
/// and no context is left.
struct Correlated {
    open: Option<(Arc<SdkLogger>, SdkLogRecord)>,
    trace: Option<TraceId>,
    span: Option<SpanId>,
    /// Whether it tells of what nobody has handled, which OpenTelemetry has names for.
    exception: bool,
}

impl Correlated {
    fn record(&mut self, f: impl FnOnce(&mut SdkLogRecord)) {
        if let Some((_, record)) = &mut self.open {
            f(record);
        }
    }
}

impl LogRecord for Correlated {
    fn add_attribute<K: Into<Key>, V: Into<AnyValue>>(&mut self, key: K, value: V) {
        let (key, value) = (key.into(), value.into());
        if self.exception {
            let twin = match key.as_str() {
                "reason" => Some(key::EXCEPTION_TYPE),
                "error" => Some(key::EXCEPTION_MESSAGE),
                _ => None,
            };
            if let Some(twin) = twin {
                let value = value.clone();
                self.record(|record| record.add_attribute(twin, value));
            }
        }
        if let AnyValue::String(text) = &value {
            let (trace, span) = (&mut self.trace, &mut self.span);
            let taken = match key.as_str() {
                TRACE_ID => TraceId::from_hex(text.as_str()).map(|id| *trace = Some(id)),
                SPAN_ID => SpanId::from_hex(text.as_str()).map(|id| *span = Some(id)),
                _ => return self.record(|record| record.add_attribute(key, value)),
            };
            if taken.is_ok() {
                return;
            }
        }
        self.record(|record| record.add_attribute(key, value));
    }

    fn add_attributes<I, K, V>(&mut self, attributes: I)
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<Key>,
        V: Into<AnyValue>,
    {
        attributes.into_iter().for_each(|(key, value)| self.add_attribute(key, value));
    }

    fn set_event_name(&mut self, name: &'static str) {
        self.exception = name == HTTP_EXCEPTION || name == RPC_EXCEPTION;
        self.record(|record| record.set_event_name(name));
    }

    fn set_target<T: Into<Cow<'static, str>>>(&mut self, target: T) {
        self.record(|record| record.set_target(target));
    }

    fn set_timestamp(&mut self, at: SystemTime) {
        self.record(|record| record.set_timestamp(at));
    }

    fn set_observed_timestamp(&mut self, at: SystemTime) {
        self.record(|record| record.set_observed_timestamp(at));
    }

    fn set_severity_text(&mut self, text: &'static str) {
        self.record(|record| record.set_severity_text(text));
    }

    fn set_severity_number(&mut self, number: Severity) {
        self.record(|record| record.set_severity_number(number));
    }

    fn set_body(&mut self, body: AnyValue) {
        self.record(|record| record.set_body(body));
    }

    fn set_trace_context(&mut self, trace: TraceId, span: SpanId, flags: Option<TraceFlags>) {
        self.record(|record| record.set_trace_context(trace, span, flags));
    }
}
