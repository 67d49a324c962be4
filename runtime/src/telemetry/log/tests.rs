//! Lines, records and spans, each as the program's own subscriber gives them.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::logs::AnyValue;
use opentelemetry::trace::{
    SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter, SdkLogRecord};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use tracing::Level;
use tracing_subscriber::filter::Targets;

use super::*;
use crate::call::{self, Body, Call, Opening, Protocol, Trace};
use crate::config::AccessLog;
use crate::surface::Codec;
use crate::{error_reason, traced};

/// What was written or exported.
#[derive(Debug)]
struct Kept<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Kept<T> {
    fn keep(&self, more: impl IntoIterator<Item = T>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(more);
    }

    fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Kept<u8> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.keep(bytes.iter().copied());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Kept<u8> {
    fn text(&self) -> String {
        String::from_utf8(self.take()).expect("lines are text")
    }
}

impl SpanExporter for Kept<SpanData> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.keep(batch);
        Ok(())
    }
}

impl LogExporter for Kept<SdkLogRecord> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        self.keep(batch.iter().map(|(record, _)| record.clone()));
        Ok(())
    }
}

/// A subscriber of a test's own with everything that it lets out.
struct Bench {
    outlet: &'static Outlet,
    format: LogFormat,
    written: Kept<u8>,
    spans: Kept<SpanData>,
    records: Kept<SdkLogRecord>,
    tracer: SdkTracer,
}

fn settings(level: &str) -> LogSettings {
    LogSettings {
        level: level.into(),
        level_from_environment: false,
        format: LogFormat::Text,
        access: AccessLog::Errors,
        arguments: false,
    }
}

fn of(level: &str) -> Targets {
    filter::levels(&settings(level), None, None).0
}

fn tracer(spans: &Kept<SpanData>) -> SdkTracer {
    SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build().tracer("test")
}

fn logger(records: &Kept<SdkLogRecord>) -> SdkLoggerProvider {
    SdkLoggerProvider::builder().with_simple_exporter(records.clone()).build()
}

impl Bench {
    fn new(level: &str, format: LogFormat) -> Self {
        let (spans, records) = (Kept::default(), Kept::default());
        let tracer = tracer(&spans);
        crate::listening::ask_all();
        // A test's own, for as long as the process lives.
        let outlet: &'static Outlet = Box::leak(Box::new(Outlet::new()));
        outlet.fill(of(level), Some(tracer.clone()), Some(logger(&records)));
        Self { outlet, format, written: Kept::default(), spans, records, tracer }
    }

    fn run<T>(&self, f: impl FnOnce() -> T) -> T {
        let written = self.written.clone();
        let lines = lines(self.outlet, self.format, false, move || written.clone());
        let subscriber = tracing_subscriber::registry().with(lines).with(within(self.outlet));
        tracing::subscriber::with_default(subscriber, f)
    }

    /// Runs it as a call does: in the context of a span that was made with the API.
    fn in_span<T>(&self, f: impl FnOnce() -> T) -> (T, String, String) {
        let cx = Context::new().with_span(self.tracer.start("call"));
        let span = cx.span().span_context().clone();
        let result = self.run(|| {
            let _in = cx.attach();
            f()
        });
        (result, span.trace_id().to_string(), span.span_id().to_string())
    }

    /// The same with a call whose trace is not recorded.
    fn unrecorded<T>(&self, f: impl FnOnce() -> T) -> T {
        let provider = SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOff).build();
        let cx = Context::new().with_span(provider.tracer("off").start("call"));
        self.run(|| {
            let _in = cx.attach();
            f()
        })
    }
}

#[test]
fn whose_level_holds() {
    let levels = |level, from_environment, rust_log: Option<&str>| {
        let mut settings = settings(level);
        settings.level_from_environment = from_environment;
        filter::levels(&settings, rust_log.map(str::to_owned), None)
    };
    let (own, _) = levels("error,b=warn", false, None);
    assert!(!own.would_enable("a", &Level::WARN) && own.would_enable("b", &Level::WARN));
    let (rust_log, _) = levels("error", false, Some("debug"));
    assert!(rust_log.would_enable("a", &Level::DEBUG));
    let (environment, _) = levels("error", true, Some("debug"));
    assert!(!environment.would_enable("a", &Level::DEBUG));
    let (own, unread) = levels("debug", false, Some("a=loud"));
    assert!(own.would_enable("a", &Level::DEBUG));
    assert_eq!(unread, ["RUST_LOG=\"a=loud\" is not a level nor a list of target=level"]);
}

#[test]
fn opentelemetrys_own_crates_are_silent_until_they_are_asked_for() {
    let heard = |level: &str, otel: Option<&str>| {
        let (levels, unread) = filter::levels(&settings(level), None, otel.map(str::to_owned));
        let crates = ["opentelemetry", "opentelemetry_sdk", "opentelemetry-otlp"];
        let of = |target: &str, level| levels.would_enable(target, &level);
        let debug = crates.map(|target| of(target, Level::DEBUG));
        let error = crates.map(|target| of(target, Level::ERROR));
        assert!(of("other", Level::INFO) && !of("other", Level::TRACE), "the rest is as it was");
        (error, debug, unread.len())
    };
    let (none, all) = ([false; 3], [true; 3]);
    for (level, otel, expected) in [
        ("debug", None, (none, none, 0)),
        ("debug", Some(""), (none, none, 0)),
        ("debug", Some("  "), (none, none, 0)),
        ("debug", Some("ERROR"), (all, none, 0)),
        ("info", Some("debug"), (all, all, 0)),
        ("info", Some("warning"), (all, none, 0)),
        ("debug", Some("none"), (none, none, 0)),
        ("debug", Some("loud"), (none, none, 1)),
        ("info,opentelemetry=error", None, (all, none, 0)),
        ("info,opentelemetry=debug", Some("error"), (all, none, 0)),
        ("info,opentelemetry_sdk=debug", None, ([false, true, false], [false, true, false], 0)),
    ] {
        assert_eq!(heard(level, otel), expected, "{level} {otel:?}");
    }
}

#[test]
fn text_lines_end_with_the_ids_of_the_span_around_them() {
    let bench = Bench::new("info", LogFormat::Text);
    let say = || tracing::info!(n = 7, "a\nb");
    let ((), trace, span) = bench.in_span(say);
    let text = bench.written.text();
    let end = format!("a\nb n=7 trace_id={trace} span_id={span}\n");
    assert!(text.ends_with(&end) && text.matches("trace_id").count() == 1, "{text}");
    bench.run(say);
    let text = bench.written.text();
    assert!(text.ends_with("a\nb n=7\n") && !text.contains("trace_id"), "{text}");
}

#[test]
fn a_line_on_a_terminal_has_the_ids_as_other_fields() {
    let bench = Bench::new("info", LogFormat::Text);
    let written = Kept::default();
    let to = written.clone();
    let lines = lines(bench.outlet, LogFormat::Text, true, move || to.clone());
    let cx = Context::new().with_span(bench.tracer.start("call"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
        let _in = cx.attach();
        tracing::info!(shown = 1, "said");
    });
    let text = written.text();
    let (_, after) = text.split_once("\x1b[3mshown\x1b[0m\x1b[2m=\x1b[0m1").expect("a field");
    assert!(after.starts_with(" \x1b[3mtrace_id\x1b[0m\x1b[2m=\x1b[0m"), "{text:?}");
}

#[test]
fn lines_of_json_have_the_ids_at_the_top() {
    let bench = Bench::new("info", LogFormat::Json);
    let say = |nested: &str| {
        let _entered = tracing::info_span!("outer", nested).entered();
        tracing::info!(text = "}\n", "said");
    };
    let ((), trace, _) = bench.in_span(|| say("}"));
    let line: serde_json::Value = serde_json::from_str(&bench.written.text()).expect("JSON");
    assert_eq!(line["trace_id"], trace);
    assert_eq!((&line["text"], &line["message"]), (&"}\n".into(), &"said".into()));
    // `outer` is a span of its own, which the line was said in.
    let outer = &bench.spans.take()[0];
    assert_eq!(line["span_id"], outer.span_context.span_id().to_string());
    bench.run(|| say("x"));
    let line: serde_json::Value = serde_json::from_str(&bench.written.text()).expect("JSON");
    assert_eq!((line.get("trace_id"), &line["message"]), (None, &"said".into()));
}

#[test]
fn an_event_that_names_its_trace_keeps_it() {
    for format in [LogFormat::Text, LogFormat::Json] {
        let bench = Bench::new("info", format);
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        bench.in_span(|| tracing::info!(trace_id = trace, span_id = %span, other = 1, "over"));
        let text = bench.written.text();
        assert!(text.contains(trace) && text.matches("trace_id").count() == 1, "{text}");
        let record = bench.records.take().remove(0);
        let context = record.trace_context().expect("a trace");
        assert_eq!(
            (context.trace_id.to_string(), context.span_id.to_string()),
            (trace.into(), span.into())
        );
        let names: Vec<_> = record.attributes_iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(names, ["other"]);
    }
}

#[test]
fn records_go_out_at_the_levels_of_the_lines_with_their_ids() {
    let bench = Bench::new("warn", LogFormat::Text);
    let ((), trace, span) = bench.in_span(|| {
        tracing::info!("not this one");
        tracing::warn!(size = 7_u64, wide = true, "this one");
    });
    let records = bench.records.take();
    let [record] = &records[..] else { panic!("one record: {records:?}") };
    assert_eq!(record.body(), Some(&AnyValue::String("this one".into())));
    assert_eq!(record.severity_text(), Some("WARN"));
    assert!(record.timestamp().is_some());
    let context = record.trace_context().expect("a trace");
    assert_eq!((context.trace_id.to_string(), context.span_id.to_string()), (trace, span));
    assert!(context.trace_flags.is_some_and(|flags| flags.is_sampled()));
    let size = record.attributes_iter().find(|(key, _)| key.as_str() == "size");
    assert_eq!(size.map(|(_, value)| value), Some(&AnyValue::Int(7)));
    bench.run(|| tracing::warn!("outside"));
    assert_eq!(bench.records.take()[0].trace_context(), None);
}

#[test]
fn nothing_that_the_export_says_is_exported() {
    let bench = Bench::new("trace,opentelemetry=trace", LogFormat::Text);
    let ((), ..) = bench.in_span(|| {
        macro_rules! say {
            ($($target:literal)*) => {$(
                tracing::error!(target: $target, "export failed");
                drop(tracing::info_span!(target: $target, "exporting").entered());
            )*};
        }
        say!("opentelemetry_sdk" "opentelemetry-otlp" "tonic::transport" "h2::client" "hyper_util::x"
             "tower::buffer::worker" "rustls" "bident::telemetry::export");
        tracing::error!(target: "h2o::kettle", "tea");
    });
    let bodies: Vec<_> = bench.records.take().iter().map(|record| record.body().cloned()).collect();
    assert_eq!(bodies, [Some(AnyValue::String("tea".into()))]);
    assert!(bench.spans.take().iter().all(|span| span.name != "exporting"));
    let text = bench.written.text();
    assert_eq!(text.matches("export failed").count(), 8, "lines are not exported: {text}");
    let theirs = text.lines().find(|line| line.contains("opentelemetry_sdk")).expect("theirs");
    assert!(!theirs.contains("trace_id"), "{theirs}");
}

#[error_reason(code = 404)]
#[derive(Debug, thiserror::Error)]
#[error("gone")]
struct ShelfEmpty;

#[traced(name = "outer", kind = "client", fields(shelf = 3_i64, name = "top"))]
fn outer(fails: bool) -> Result<(), ShelfEmpty> {
    tracing::error!("no event of the span, and no failure of it");
    inner();
    if fails { Err(ShelfEmpty) } else { Ok(()) }
}

#[traced]
fn inner() {}

#[test]
fn traced_functions_are_children_of_the_calls_span() {
    let bench = Bench::new("off", LogFormat::Text);
    let (_, trace, call) = bench.in_span(|| outer(false));
    let spans = bench.spans.take();
    let [inner, outer, _] = &spans[..] else { panic!("three spans: {spans:?}") };
    assert_eq!((&*inner.name, &*outer.name), ("inner", "outer"));
    assert_eq!(inner.parent_span_id, outer.span_context.span_id());
    assert_eq!(outer.parent_span_id.to_string(), call);
    for span in [inner, outer] {
        assert_eq!(span.span_context.trace_id().to_string(), trace);
        assert_eq!((&span.status, span.events.len()), (&Status::Unset, 0));
    }
    assert_eq!((&inner.span_kind, &outer.span_kind), (&SpanKind::Internal, &SpanKind::Client));
    let attributes: Vec<_> =
        outer.attributes.iter().map(|kv| (kv.key.as_str(), kv.value.clone())).collect();
    assert_eq!(attributes, [("shelf", Value::I64(3)), ("name", Value::String("top".into()))]);
    assert!(inner.attributes.is_empty(), "{:?}", inner.attributes);
}

#[test]
fn a_traced_function_that_fails_has_the_error_on_its_span() {
    let bench = Bench::new("info", LogFormat::Text);
    let _ = bench.in_span(|| outer(true));
    let outer = bench.spans.take().remove(1);
    assert_eq!(outer.status, Status::error(""));
    let errors = outer.attributes.iter().filter(|kv| kv.key.as_str() == "error.type");
    let errors: Vec<_> = errors.map(|kv| kv.value.clone()).collect();
    assert_eq!(errors, [Value::String("SHELF_EMPTY".into())]);
}

#[test]
fn what_is_not_recorded_has_no_inner_spans() {
    let bench = Bench::new("trace", LogFormat::Text);
    let _ = bench.unrecorded(|| outer(false));
    let _ = bench.run(|| outer(false));
    assert!(bench.spans.take().is_empty());
    let ((), ..) = bench.in_span(|| {
        drop(tracing::debug_span!("detail").entered());
        drop(tracing::info_span!(target: "bident::call", "call").entered());
    });
    let spans = bench.spans.take();
    assert!(
        spans.iter().all(|span| span.parent_span_id == opentelemetry::SpanId::INVALID),
        "{spans:?}"
    );
}

#[test]
fn the_newest_app_is_the_one_that_is_heard() {
    let bench = Bench::new("info", LogFormat::Text);
    let (spans, records) = (Kept::default(), Kept::default());
    let say = || {
        tracing::info!("said");
        let _ = outer(false);
    };
    bench.in_span(|| {
        say();
        bench.outlet.fill(of("error"), Some(tracer(&spans)), Some(logger(&records)));
        tracing::callsite::rebuild_interest_cache();
        say();
        bench.outlet.fill(of("off"), None, None);
        tracing::callsite::rebuild_interest_cache();
        say();
    });
    let names =
        |kept: &Kept<SpanData>| kept.take().into_iter().map(|span| span.name).collect::<Vec<_>>();
    assert_eq!(names(&spans), ["inner", "outer"]);
    assert_eq!(names(&bench.spans), ["inner", "outer", "call"]);
    assert_eq!((records.take().len(), bench.records.take().len()), (1, 2));
    assert_eq!(bench.written.text().matches("said trace_id=").count(), 1);
}

/// A call under way, seen by the subscriber that is there.
fn call() -> Option<crate::Context> {
    let opening = Opening {
        operation: "/log.v1.Log/Say".into(),
        protocol: Protocol::Grpc,
        headers: Default::default(),
        extensions: Default::default(),
        deadline: None,
        peer: None,
        trace: Trace::open(None),
        arguments: None,
        presence: crate::telemetry::Presence::Off,
    };
    Some(
        Call::new(opening, Body::empty(), 0, Codec::Refused(crate::Error::cancelled()))
            .into_parts()
            .0,
    )
}

#[test]
fn traced_functions_stay_in_the_trace_whoever_sees_the_span_of_the_call() {
    for level in ["off", "trace"] {
        let bench = Bench::new(level, LogFormat::Text);
        let (_, trace, span) = bench.in_span(|| call::within(&mut call(), || outer(false)));
        let outer = bench.spans.take().remove(1);
        assert_eq!(outer.span_context.trace_id().to_string(), trace, "{level}");
        assert_eq!(outer.parent_span_id.to_string(), span, "{level}");
        let inside = bench.written.text().contains("call{operation=\"/log.v1.Log/Say\"");
        assert_eq!(inside, level == "trace");
    }
}

#[test]
fn a_call_without_a_span_has_ids_all_the_same() {
    let bench = Bench::new("info", LogFormat::Text);
    let ids = bench.run(|| {
        let mut call = call();
        let ids = call.as_ref().map(|call| call.trace().ids());
        call::within(&mut call, || tracing::info!("said"));
        ids
    });
    let (trace, span) = ids.expect("a call");
    let text = bench.written.text();
    assert!(text.ends_with(&format!("said trace_id={trace:032x} span_id={span:016x}\n")), "{text}");
    let record = bench.records.take().remove(0);
    let context = record.trace_context().expect("a trace");
    assert_eq!((context.trace_id, context.span_id), (trace.into(), span.into()));
}
