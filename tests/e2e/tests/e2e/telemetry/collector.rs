//! Collectors that are away, hang, refuse and die: no request waits for them, nothing floods the log, every loss is counted,
//! and the end comes.

use std::time::Duration;

use e2e::call;
use support::otlp::{Mode, Shape};

use super::program::Program;
use super::*;

const CALLS: usize = 20;

/// Settings under which a loss shows soon: spans alone, in batches that do not wait.
fn only_spans(endpoint: &str) -> Vec<(&'static str, String)> {
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.to_owned()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc".to_owned()),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000".to_owned()),
        ("OTEL_METRICS_EXPORTER", "prometheus".to_owned()),
        ("OTEL_LOGS_EXPORTER", "none".to_owned()),
        ("BIDENT_TELEMETRY__BATCH__DELAY", "20ms".to_owned()),
    ]
}

/// Starts the program, calls it so often, and waits for nothing.
async fn called(endpoint: &str) -> Program {
    let environment = only_spans(endpoint);
    let environment: Vec<_> = environment.iter().map(|(key, value)| (*key, &**value)).collect();
    let program = Program::start(&environment).await;
    for _ in 0..CALLS {
        let before = std::time::Instant::now();
        assert_eq!(program.get("/told/fine").await.status, 200);
        // Far below every time that an export may take.
        assert!(before.elapsed() < Duration::from_millis(900), "{:?}", before.elapsed());
    }
    program
}

/// The spans that `/metrics` says were lost.
async fn lost(program: &Program) -> u64 {
    let text = call("GET", "/metrics").send(program.admin).await.text();
    let line = text.lines().find(|line| {
        line.starts_with("bident_telemetry_lost_total{") && line.contains(r#"signal="traces""#)
    });
    let line = line.unwrap_or_else(|| panic!("no loss in {text}"));
    line.rsplit(' ').next().and_then(|number| number.parse().ok()).expect(line)
}

/// Waits until that many spans are counted as lost, and no more.
async fn until_lost(program: &Program, expected: u64) {
    let counted = async {
        loop {
            let now = lost(program).await;
            assert!(now <= expected, "{now} of {expected}");
            if now == expected {
                return;
            }
        }
    };
    e2e::bounded("the loss", counted).await;
}

/// What the log says about losses: each line's number.
fn told(log: &[String]) -> Vec<u64> {
    let lines = log.iter().filter(|line| line.contains("telemetry was lost"));
    let number = |line: &String| {
        let rest = line.split("lost=").nth(1).unwrap_or_default();
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        digits.parse().unwrap_or_else(|_| panic!("{line}"))
    };
    lines.map(number).collect()
}

/// Three spans a call: the call's, that of `#[traced]`, the program's own. And three of the start: the configuration is read
/// for the service and by `build`, and watched.
const SPANS: u64 = 3 * CALLS as u64 + 3;

#[tokio::test]
async fn one_that_is_away_costs_a_count_and_few_lines() {
    // A port that was free a moment ago, and that nobody listens on.
    let mut gone = Receiver::start().await.expect("a port");
    gone.die().await;
    let program = called(&format!("http://{}", gone.addr())).await;
    until_lost(&program, SPANS).await;
    let (log, took) = program.end().await;
    let told = told(&log);
    assert_eq!(told.iter().sum::<u64>(), SPANS, "{log:#?}");
    // One when it is first seen, and one for the rest at the end.
    assert!((1..=2).contains(&told.len()), "{log:#?}");
    assert!(took < Duration::from_secs(8), "{took:?}");
}

#[tokio::test]
async fn one_that_hangs_holds_nobody_up() {
    let receiver = Receiver::start().await.expect("a port");
    receiver.set(Mode::Hang);
    let program = called(&format!("http://{}", receiver.addr())).await;
    receiver.wait_until_asked(1).await;
    let (log, took) = program.end().await;
    assert_eq!(told(&log).iter().sum::<u64>(), SPANS, "{log:#?}");
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert_eq!(receiver.spans().len(), 0);
}

#[tokio::test]
async fn one_that_refuses_is_not_asked_again_about_the_same() {
    let receiver = Receiver::start().await.expect("a port");
    receiver.set(Mode::Refuse);
    let program = called(&format!("http://{}", receiver.addr())).await;
    until_lost(&program, SPANS).await;
    receiver.set(Mode::Take);
    assert_eq!(program.get("/told/fine").await.status, 200);
    let (log, _) = program.end().await;
    assert_eq!(everything(&receiver).spans.len(), 3, "what came later");
    assert_eq!(told(&log).iter().sum::<u64>(), SPANS, "{log:#?}");
}

#[tokio::test]
async fn one_that_is_busy_is_asked_again() {
    let receiver = Receiver::start().await.expect("a port");
    receiver.set(Mode::Busy);
    let program = called(&format!("http://{}", receiver.addr())).await;
    receiver.wait_until_asked(1).await;
    receiver.set(Mode::Take);
    let kept = |received: &Received| (!received.spans.is_empty()).then_some(());
    receiver.wait_for("a span that was tried again", kept).await;
    let (log, _) = program.end().await;
    let lost: u64 = told(&log).iter().sum();
    // What was refused as often as the exporter tries is counted; nothing is in neither.
    assert_eq!(whole(&receiver).spans.len() as u64 + lost, SPANS, "{log:#?}");
}

#[tokio::test]
async fn one_that_dies_takes_with_it_what_was_under_way_alone() {
    let mut receiver = Receiver::start().await.expect("a port");
    let program = called(&format!("http://{}", receiver.addr())).await;
    let all = |received: &Received| (received.spans.len() as u64 == SPANS).then_some(());
    receiver.wait_for("all spans", all).await;
    receiver.die().await;
    assert_eq!(program.get("/told/fine").await.status, 200);
    until_lost(&program, 3).await;
    let (log, took) = program.end().await;
    assert_eq!(told(&log), [3], "{log:#?}");
    assert!(took < Duration::from_secs(8), "{took:?}");
}

#[tokio::test]
async fn a_loss_is_a_counter_that_begins_with_nothing() {
    let told = Told::desk().await;
    call("GET", "/desk/fine").send(told.addr).await;
    let received = told.end().await;
    let metric = received.metric("bident.telemetry.lost").expect("the metric");
    assert_eq!(metric.shape, Shape::Counter);
    for signal in ["traces", "metrics", "logs"] {
        let of_signal = [("signal", Value::from(signal))];
        let values: Vec<_> = metric.with(&of_signal).map(|point| point.value).collect();
        assert_eq!(values, [0.0], "{signal}: {metric:?}");
    }
}
