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
    pub(super) metrics: Option<SocketAddr>,
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
        Self::start_with(&[], environment).await
    }

    /// And with these arguments.
    pub(super) async fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_told"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OTEL_")) {
            command.env_remove(name);
        }
        command
            .args(arguments)
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
async fn what_callers_say_begins_no_line_of_the_log() {
    let program = Program::start(&[]).await;
    assert_eq!(program.get("/broken/left%0Aforged%1b%5B31m").await.status, 500);
    let (log, _) = program.end().await;
    let records: Vec<_> = log.iter().filter(|line| line.contains("is broken")).collect();
    let [record] = records[..] else { panic!("{log:#?}") };
    assert!(record.contains(r"left\nforged"), "{record}");
    assert!(!log.iter().any(|line| line.starts_with("forged")), "{log:#?}");
}
