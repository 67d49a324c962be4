//! A program as a whole, with an environment and globals of its own, on one thread.

use std::process::Stdio;
use std::time::{Duration, Instant};

use e2e::{GrpcCall, bounded, call};
use prost::Message;
use support::process::is_log;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use super::*;

/// The program, running.
pub(super) struct Program {
    child: Child,
    pub(super) addr: SocketAddr,
    pub(super) admin: SocketAddr,
    /// Of a listener for metrics alone, where one was asked for.
    metrics: Option<SocketAddr>,
    /// Reads the log to its end: a program whose pipe is full stands still.
    log: JoinHandle<Vec<String>>,
}

/// The request of its one method, by prost.
#[derive(Clone, PartialEq, Message)]
struct Work {
    #[prost(string, tag = "1")]
    how: String,
}

pub(super) const METHOD: &str = "/told.v1.Told/Work";

impl Program {
    /// Starts it with this environment.
    pub(super) async fn start(environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_told"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OTEL_")) {
            command.env_remove(name);
        }
        command
            .env("BIDENT_SERVER__ADDR", "127.0.0.1:0")
            .env("BIDENT_ADMIN__ADDR", "127.0.0.1:0")
            .env_remove("RUST_LOG")
            .envs(environment.iter().copied())
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("a process");
        let mut lines = BufReader::new(child.stdout.take().expect("its stdout")).lines();
        let mut log = Vec::new();
        let line = loop {
            let line = bounded("a line", lines.next_line()).await.expect("text").expect("a line");
            if !is_log(&line) {
                break line;
            }
            log.push(line);
        };
        let addresses: Vec<_> =
            line.split([' ', ',']).filter_map(|word| word.parse().ok()).collect();
        let [addr, admin, ref more @ ..] = addresses[..] else { panic!("{line}") };
        let metrics = more.first().copied();
        let log = tokio::spawn(async move {
            while let Some(line) = lines.next_line().await.expect("text") {
                log.push(line);
            }
            log
        });
        Self { child, addr, admin, metrics, log }
    }

    /// Starts it so that it exports to the receiver, at once and over gRPC.
    pub(super) async fn telling(receiver: &Receiver, environment: &[(&str, &str)]) -> Self {
        let endpoint = format!("http://{}", receiver.addr());
        let to = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ];
        Self::start(&[&to, environment].concat()).await
    }

    pub(super) async fn get(&self, path: &str) -> e2e::Answer {
        call("GET", path).send(self.addr).await
    }

    pub(super) async fn grpc(&self, how: &str) -> e2e::GrpcAnswer {
        GrpcCall::new(METHOD, &Work { how: how.to_owned() }).send(self.addr).await
    }

    /// Ends it as the operating system would; its log, and how long the end took.
    pub(super) async fn end(mut self) -> (Vec<String>, Duration) {
        let began = Instant::now();
        let id = self.child.id().expect("a running process");
        support::process::signal(id, "TERM").expect("it is there");
        let status = bounded("the end", self.child.wait()).await.expect("a status");
        let took = began.elapsed();
        let log = bounded("the end of the log", self.log).await.expect("a log");
        assert!(status.success(), "{status}: {log:?}");
        (log, took)
    }
}

#[tokio::test]
async fn what_waits_is_flushed_on_one_thread() {
    let receiver = Receiver::start().await.expect("a port");
    let program = Program::telling(&receiver, &[]).await;
    for _ in 0..3 {
        assert_eq!(program.get("/told/fine").await.status, 200);
    }
    // Batches wait for five seconds and metrics for a minute: what comes now is flushed.
    let (log, took) = program.end().await;
    let received = everything(&receiver);
    assert_eq!(received.named("GET /told/{how}").len(), 3);
    let durations = received.metric("http.server.request.duration").expect("the metric");
    assert_eq!(durations.points[0].count, 3);
    assert!(received.logs.len() >= 3, "{:?}", received.logs);
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(!log.iter().any(|line| line.contains("lost")), "{log:?}");
}

#[tokio::test]
async fn a_programs_own_spans_counters_and_propagators_join_in() {
    let receiver = Receiver::start().await.expect("a port");
    let program = Program::telling(&receiver, &[]).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let answer = call("GET", "/told/fine")
        .header("traceparent", &format!("00-{trace}-00f067aa0ba902b7-01"))
        .header("baggage", "tenant=acme")
        .send(program.addr)
        .await;
    program.end().await;
    let received = everything(&receiver);
    let [server] = received.named("GET /told/{how}")[..] else { panic!("{:?}", received.spans) };
    let [mine] = received.named("mine")[..] else { panic!("{:?}", received.spans) };
    assert_eq!((&*mine.trace, &mine.parent, mine.kind), (trace, &server.id, Kind::Producer));
    assert_eq!(mine.origin.scope, "mine");
    assert_eq!(mine.origin.resource, server.origin.resource);
    let counter = received.metric("mine.count").expect("its counter");
    assert_eq!((counter.points[0].value, &*counter.origin.scope), (2.0, "mine"));
    let headers = &answer.json()["headers"];
    assert_eq!(headers["traceparent"], format!("00-{trace}-{}-01", mine.id));
    assert_eq!(headers["baggage"], "tenant=acme");
    // What `#[traced]` says of an inner function.
    let [think] = received.named("think")[..] else { panic!("{:?}", received.spans) };
    assert_eq!((&*think.trace, &think.parent, think.kind), (trace, &server.id, Kind::Internal));
    let fields = [
        ("how", "fine".into()),
        // Whatever the type, and whether or not anybody knew it; what is no integer of OpenTelemetry's is text.
        ("length", 4.into()),
        ("number", 7.into()),
        ("shown", "4".into()),
        ("most", "18446744073709551615".into()),
    ];
    assert_eq!(think.attributes, attributes(fields));
}

#[tokio::test]
async fn a_trace_that_is_not_recorded_has_no_span_of_anybodys() {
    let receiver = Receiver::start().await.expect("a port");
    let program = Program::telling(&receiver, &[("OTEL_TRACES_SAMPLER", "always_off")]).await;
    let answer = program.get("/told/fine").await;
    program.end().await;
    let received = everything(&receiver);
    assert_eq!(received.spans.len(), 0, "{:?}", received.spans);
    let sent = answer.json()["headers"]["traceparent"].as_str().expect("a trace").to_owned();
    assert!(sent.ends_with("-00"), "{sent}");
    assert!(received.metric("mine.count").is_some(), "numbers are not sampled");
}

#[tokio::test]
async fn log_records_are_part_of_their_trace_and_exports_make_none() {
    let receiver = Receiver::start().await.expect("a port");
    let quick = [("BIDENT_TELEMETRY__BATCH__DELAY", "20ms"), ("BIDENT_LOG", "trace")];
    let program = Program::telling(&receiver, &quick).await;
    // The second call comes when the first has been exported, which the export itself could have told about.
    let told = |received: &Received, times: usize| {
        let records = received.logs.iter().filter(|record| record.body == "working fine".into());
        let records: Vec<_> = records.cloned().collect();
        (records.len() == times).then_some(records)
    };
    for times in [1, 2] {
        program.get("/told/fine").await;
        receiver.wait_for("the record", |received| told(received, times)).await;
    }
    program.end().await;
    let received = everything(&receiver);
    let record = &told(&received, 2).expect("both")[0];
    let server = received.named("GET /told/{how}")[0];
    assert_eq!((&record.trace, &record.span), (&server.trace, &server.id));
    assert_eq!((record.severity, record.severity_text.as_str()), (9, "INFO"));
    assert_eq!(record.attributes.get("desk"), Some(&7.into()));
    assert_eq!(record.duplicates, Vec::<String>::new());
    assert_eq!(record.origin.resource, server.origin.resource);
    let inner = received.logs.iter().find(|it| it.body == "thinking about fine".into());
    let think = received.named("think")[0];
    assert_eq!(inner.map(|record| &record.span), Some(&think.id));
    for record in &received.logs {
        let target = &record.origin.scope;
        for loud in ["opentelemetry", "tonic", "h2", "hyper", "tower", "bident::telemetry"] {
            assert!(!target.starts_with(loud), "{record:?}");
        }
    }
}

#[tokio::test]
async fn what_nobody_has_handled_is_an_exception_once() {
    let receiver = Receiver::start().await.expect("a port");
    let program = Program::telling(&receiver, &[]).await;
    program.get("/told/panic").await;
    program.grpc("oops").await;
    // These have a reason of the program's, or are their caller's affair.
    program.get("/told/fail").await;
    program.get("/nowhere").await;
    let (log, _) = program.end().await;
    let received = everything(&receiver);
    let exceptions = received.logs.iter().filter(|it| it.event.ends_with(".exception"));
    let [http, rpc] = exceptions.collect::<Vec<_>>()[..] else { panic!("{:?}", received.logs) };
    for (record, event, span, message) in [
        (http, "http.server.request.exception", "GET /told/{how}", "a panic: a leg gave way"),
        (rpc, "rpc.server.call.exception", "told.v1.Told/Work", "a leg is missing"),
    ] {
        let span = received.named(span)[0];
        assert_eq!((&*record.event, record.severity), (event, 17));
        assert_eq!((&record.trace, &record.span), (&span.trace, &span.id));
        assert_eq!(record.attributes.get("exception.type"), Some(&"INTERNAL".into()));
        let told = record.attributes.get("exception.message").and_then(Value::text);
        assert!(told.is_some_and(|told| told.contains(message)), "{record:?}");
    }
    assert!(!log.iter().any(|line| line.contains("exception.")), "lines stay as they are: {log:?}");
}

#[tokio::test]
async fn the_environment_comes_before_everything() {
    let receiver = Receiver::start().await.expect("a port");
    let environment = [
        ("OTEL_SERVICE_NAME", "named"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.name=other,team=a%20b,deployment.environment.name=test",
        ),
        ("OTEL_PROPAGATORS", "b3multi"),
        ("BIDENT_TELEMETRY__PROPAGATORS", "[jaeger]"),
    ];
    let program = Program::telling(&receiver, &environment).await;
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let answer = call("GET", "/told/fine")
        .header("x-b3-traceid", trace)
        .header("x-b3-spanid", parent)
        .header("x-b3-sampled", "1")
        .send(program.addr)
        .await;
    program.end().await;
    let received = everything(&receiver);
    let [server] = received.named("GET /told/{how}")[..] else { panic!("{:?}", received.spans) };
    assert_eq!((&*server.trace, &*server.parent), (trace, parent));
    let resource = |key: &str| server.origin.resource.get(key).and_then(Value::text);
    assert_eq!(resource("service.name"), Some("named"));
    assert_eq!(resource("team"), Some("a b"));
    assert_eq!(resource("deployment.environment.name"), Some("test"));
    let headers = &answer.json()["headers"];
    let written = ["X-B3-TraceId", "x-b3-traceid"].iter().any(|name| !headers[*name].is_null());
    assert!(written, "{headers}");
    assert!(headers["traceparent"].is_null(), "{headers}");
}

#[tokio::test]
async fn nothing_leaves_a_program_that_is_told_to_be_quiet() {
    let receiver = Receiver::start().await.expect("a port");
    let program = Program::telling(&receiver, &[("OTEL_SDK_DISABLED", "TRUE")]).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traced = call("GET", "/told/fine");
    let traced = traced.header("traceparent", &format!("00-{trace}-00f067aa0ba902b7-01"));
    assert_eq!(traced.send(program.addr).await.status, 200);
    program.end().await;
    assert_eq!((receiver.asked(), receiver.spans().len()), (0, 0));
}

#[tokio::test]
async fn a_quiet_program_passes_on_the_context_in_the_format_that_is_asked_for() {
    let receiver = Receiver::start().await.expect("a port");
    let environment = [("OTEL_SDK_DISABLED", "true"), ("OTEL_PROPAGATORS", "b3")];
    let program = Program::telling(&receiver, &environment).await;
    let (trace, state) = ("4bf92f3577b34da6a3ce929d0e0e4736", "vendor=1");
    let answer = call("GET", "/relayed/http/fine")
        .header("b3", &format!("{trace}-00f067aa0ba902b7-1"))
        .header("traceparent", "00-11112222333344445555666677778888-00f067aa0ba902b7-01")
        .header("tracestate", state)
        .send(program.addr)
        .await;
    program.end().await;
    let headers = &answer.json()["headers"];
    let passed = headers["b3"].as_str().unwrap_or_default();
    assert!(passed.starts_with(trace) && passed.ends_with("-1"), "{headers}");
    assert!(headers["traceparent"].is_null() && headers["tracestate"].is_null(), "{headers}");
    assert_eq!((receiver.asked(), receiver.spans().len()), (0, 0));
}

#[tokio::test]
async fn a_quiet_program_passes_on_nothing_that_is_not_asked_for() {
    let receiver = Receiver::start().await.expect("a port");
    let sent = [
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("tracestate", "vendor=1"),
        ("baggage", "tenant=acme"),
    ];
    for (list, passed) in [("none", &[][..]), ("tracecontext", &sent[..2]), ("baggage", &sent[2..])]
    {
        let environment = [("OTEL_SDK_DISABLED", "true"), ("OTEL_PROPAGATORS", list)];
        let program = Program::telling(&receiver, &environment).await;
        let add = |call: e2e::Call, (name, value): &(&str, &str)| call.header(name, value);
        let request = sent.iter().fold(call("GET", "/relayed/http/fine"), add);
        let answer = request.send(program.addr).await;
        program.end().await;
        let headers = &answer.json()["headers"];
        for (name, value) in &sent {
            // Of a trace the beginning, and not the span.
            let got = headers[name].as_str().map(|got| &got[..got.len().min(36)]);
            let expected = &value[..value.len().min(36)];
            let there = passed.iter().any(|(other, _)| other == name);
            assert_eq!(got, there.then_some(expected), "{list}: {headers}");
        }
    }
}

#[tokio::test]
async fn a_quiet_program_at_the_edge_passes_on_nothing_that_is_not_a_callers_to_say() {
    let receiver = Receiver::start().await.expect("a port");
    let environment = [("OTEL_SDK_DISABLED", "true"), ("BIDENT_SERVER__PUBLIC", "true")];
    let program = Program::telling(&receiver, &environment).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let answer = call("GET", "/relayed/http/fine")
        .header("traceparent", &format!("00-{trace}-00f067aa0ba902b7-01"))
        .header("tracestate", "vendor=1")
        .header("baggage", "priority=high,tenant=acme")
        .header("x-md-global-priority", "high")
        .header("x-priority", "high")
        .send(program.addr)
        .await;
    program.end().await;
    let headers = &answer.json()["headers"];
    let passed = headers["traceparent"].as_str().expect("a trace of its own");
    assert!(!passed.contains(trace), "{headers}");
    assert_eq!(headers["baggage"], "tenant=acme");
    for name in ["tracestate", "x-md-global-priority", "x-priority"] {
        assert!(headers[name].is_null(), "{name} in {headers}");
    }
}

#[tokio::test]
async fn the_environment_says_which_methods_are_known_and_how_histograms_are() {
    let receiver = Receiver::start().await.expect("a port");
    let environment = [
        ("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "GET, PURGE"),
        (
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "base2_exponential_bucket_histogram",
        ),
        // The text of `/metrics` has explicit buckets alone.
        ("OTEL_METRICS_EXPORTER", "otlp"),
    ];
    let program = Program::telling(&receiver, &environment).await;
    for verb in ["GET", "PURGE", "POST"] {
        call(verb, "/told/fine").send(program.addr).await;
    }
    program.end().await;
    let received = everything(&receiver);
    let server = received.spans.iter().filter(|span| span.kind == Kind::Server);
    let seen: Vec<_> = server
        .map(|span| {
            let original = span.get("http.request.method_original").and_then(Value::text);
            (span.text("http.request.method"), original)
        })
        .collect();
    assert_eq!(seen, [("GET", None), ("PURGE", None), ("_OTHER", Some("POST"))]);
    let metric = received.metric("http.server.request.duration").expect("the metric");
    assert_eq!(metric.shape, support::otlp::Shape::ExponentialHistogram);
    assert_eq!(metric.points.iter().map(|point| point.count).sum::<u64>(), 3);
}

#[tokio::test]
async fn prometheus_is_served_where_the_environment_says() {
    let receiver = Receiver::start().await.expect("a port");
    let at = [
        ("OTEL_METRICS_EXPORTER", "prometheus"),
        ("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
    ];
    let program = Program::telling(&receiver, &at).await;
    let metrics = program.metrics.expect("a listener of its own");
    assert!(![program.addr, program.admin].contains(&metrics));
    for (path, status) in [("/metrics", 200), ("/healthz", 404), ("/told/fine", 404)] {
        assert_eq!(call("GET", path).send(metrics).await.status, status, "{path}");
    }
    // Those who watch the admin listener find there what they always did.
    for path in ["/metrics", "/healthz"] {
        assert_eq!(call("GET", path).send(program.admin).await.status, 200, "{path}");
    }
    program.end().await;
    let program =
        Program::telling(&receiver, &[at[1], at[2], ("OTEL_METRICS_EXPORTER", "none")]).await;
    assert_eq!(program.metrics, None, "nothing is to be scraped");
    program.end().await;
}

#[tokio::test]
async fn a_mistake_in_the_environment_is_told_and_changes_nothing() {
    let receiver = Receiver::start().await.expect("a port");
    let wrong = [
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "many"),
        ("OTEL_PROPAGATORS", "tracecontext,pigeon"),
    ];
    let program = Program::telling(&receiver, &wrong).await;
    program.get("/told/fine").await;
    let (log, _) = program.end().await;
    for (name, value) in wrong {
        let value = value.rsplit(',').next().unwrap_or_default();
        let told = log.iter().filter(|line| line.contains(name) && line.contains(value)).count();
        assert_eq!(told, 1, "{name} in {log:#?}");
    }
    assert_eq!(everything(&receiver).named("GET /told/{how}").len(), 1);
}
