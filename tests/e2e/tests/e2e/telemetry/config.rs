//! What happens to the configuration while a program runs: what holds at once, and what is told of it.

use std::fs;
use std::path::PathBuf;

use e2e::{bounded, call};
use support::otlp::Status;

use super::program::Program;
use super::*;

/// The program with a configuration file that changes.
struct Changing {
    program: Program,
    receiver: Receiver,
    folder: PathBuf,
}

impl Changing {
    /// Starts it with such a file, and with these variables. `name` is the test's.
    async fn start(name: &str, text: &str, environment: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("bident-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder");
        let file = folder.join("app.yaml");
        fs::write(&file, text).expect("a file");
        let receiver = Receiver::start().await.expect("a port");
        let endpoint = format!("http://{}", receiver.addr());
        let to = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ];
        let arguments = ["-c", file.to_str().expect("text")];
        let program = Program::start_with(&arguments, &[&to, environment].concat()).await;
        Self { program, receiver, folder }
    }

    /// Stops it: everything that has come, and its log.
    async fn end(self) -> (Received, Vec<String>) {
        let (log, _) = self.program.end().await;
        let _ = fs::remove_dir_all(&self.folder);
        (whole(&self.receiver), log)
    }

    fn file(&self) -> PathBuf {
        self.folder.join("app.yaml")
    }

    /// Writes the file in place, and waits until so many changes have had this outcome.
    async fn write(&self, text: &str, outcome: &str, count: u32) {
        fs::write(self.file(), text).expect("a file");
        self.counted(outcome, count).await;
    }

    async fn counted(&self, outcome: &str, count: u32) {
        let outcome = format!("config_outcome=\"{outcome}\"");
        let seen = async {
            loop {
                let text = call("GET", "/metrics").send(self.program.admin).await.text();
                let mut series =
                    text.lines().filter(|line| line.starts_with("bident_config_updates_total{"));
                let line = series.find(|line| line.contains(&outcome)).expect("the series");
                if line.rsplit(' ').next() == Some(&count.to_string()) {
                    return;
                }
            }
        };
        bounded("the change", seen).await;
    }

    async fn price(&self) -> u64 {
        self.program.get("/price").await.json()["cents"].as_u64().expect("a number")
    }
}

#[tokio::test]
async fn every_change_has_a_span_and_is_counted() {
    let app = Changing::start("changes", "told: {price: 1}", &[]).await;
    app.counted("applied", 0).await;
    app.counted("rejected", 0).await;
    assert_eq!(app.price().await, 1);
    app.write("told: {price: 2}", "applied", 1).await;
    assert_eq!(app.price().await, 2);
    app.write("told: {price: free}", "rejected", 1).await;
    assert_eq!(app.price().await, 2);
    // As editors save: the new file is renamed into the place of the old one.
    let aside = app.folder.join(".app.yaml.new");
    fs::write(&aside, "told: {price: 3}\nmore: {a: 1, b: 1}").expect("a file");
    fs::rename(&aside, app.file()).expect("a rename");
    app.counted("applied", 2).await;
    assert_eq!(app.price().await, 3);
    fs::remove_file(app.file()).expect("it is there");
    fs::write(app.file(), "told: {price: 3}\nmore: {a: 2, b: 2}").expect("a file");
    app.counted("applied", 3).await;

    let file = app.file().display().to_string();
    let (received, log) = app.end().await;
    let spans =
        |name: &str| -> Vec<_> { received.spans.iter().filter(|span| span.name == name).collect() };
    assert_eq!(spans("config.load").len(), 2, "for the service, and by build");
    let [watch] = spans("config.watch")[..] else { panic!("{:?}", received.spans) };
    assert_eq!(watch.text("config.key"), "told.price");
    let expected = [
        ("told.price", 2, "applied"),
        ("told.price", 2, "rejected"),
        ("", 3, "applied"),
        ("more", 4, "applied"),
    ];
    let updates = spans("config.update");
    assert_eq!(updates.len(), expected.len());
    for (span, (key, revision, outcome)) in updates.iter().zip(expected) {
        assert_eq!(span.text("config.key"), key);
        assert_eq!(span.text("config.source"), file);
        assert_eq!(span.get("config.revision"), Some(&Value::Int(revision)));
        assert_eq!(span.text("config.outcome"), outcome);
        assert_eq!((span.kind, span.parent.as_str()), (Kind::Internal, ""));
        assert!(span.start <= span.end);
        if outcome == "rejected" {
            let why = format!("{file}:1:15: told.price: expected u32, found \"free\"");
            assert_eq!(span.status, Status::Error(why));
            assert_eq!(span.text("error.type"), "CONFIG");
        } else {
            assert_eq!(span.status, Status::Unset);
        }
    }
    let counter = received.metric("bident.config.updates").expect("the counter");
    let count = |outcome: &str| {
        let attributes = [("config.outcome", Value::Text(outcome.into()))];
        counter.with(&attributes).map(|point| point.value).sum::<f64>()
    };
    assert_eq!((count("applied"), count("rejected")), (3.0, 1.0));
    assert_eq!(counter.unit, "{update}");
    let refusals = log.iter().filter(|line| line.contains("the new configuration is refused"));
    assert_eq!(refusals.count(), 1, "{log:?}");
}

#[tokio::test]
async fn what_is_hot_holds_at_once_and_the_rest_waits_for_a_restart() {
    let app = Changing::start("hot", "telemetry: {sample: 0}\nlog: {level: info}", &[]).await;
    assert_eq!(app.program.get("/told/unseen").await.status, 200);
    assert_eq!(app.program.grpc(&"x".repeat(100)).await.status, 0);
    let text = "telemetry: {sample: 1}
log: {level: debug, format: json}
server: {timeout: 50ms, max_body: 64, drain: 1s}";
    app.write(text, "applied", 1).await;
    assert_eq!(app.program.get("/told/seen").await.status, 200);
    assert_eq!(app.program.get("/told/wait").await.status, 504);
    let refused = app.program.grpc(&"x".repeat(100)).await;
    assert_eq!(refused.status, 8, "{refused:?}");

    let (received, log) = app.end().await;
    let spans: Vec<_> = received
        .named("GET /told/{how}")
        .iter()
        .map(|span| span.text("url.path").to_owned())
        .collect();
    assert_eq!(spans, ["/told/seen", "/told/wait"]);
    let says = |what: &str| log.iter().any(|line| line.contains(what));
    assert!(says("thinking about seen") && !says("thinking about unseen"), "{log:?}");
    let late: Vec<_> =
        log.iter().filter(|line| line.contains("takes effect after a restart")).collect();
    assert_eq!(late.len(), 2, "{late:?}");
    assert!(late[0].contains("log.format") && late[1].contains("server.drain"), "{late:?}");
}

#[tokio::test]
async fn a_variable_stays_above_what_changes_in_a_file() {
    let environment = [("OTEL_TRACES_SAMPLER", "always_off"), ("RUST_LOG", "warn")];
    let text = "telemetry: {sample: 1}\nlog: {level: info}";
    let app = Changing::start("variables", text, &environment).await;
    app.write("telemetry: {sample: 0.5}\nlog: {level: debug}", "applied", 1).await;
    app.write("telemetry: {sample: 1.0}\nlog: {level: trace}", "applied", 2).await;
    assert_eq!(app.program.get("/told/fine").await.status, 200);
    let (received, log) = app.end().await;
    assert!(received.spans.is_empty(), "{:?}", received.spans);
    assert!(!log.iter().any(|line| line.contains("thinking about")), "{log:?}");
}
