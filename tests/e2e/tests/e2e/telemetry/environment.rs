//! What the environment says to a program as a whole: it comes before everything, and its mistakes change nothing.

use e2e::call;
use support::otlp::Temporality;

use super::program::Program;
use super::*;

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
    // What the program counts itself is there too.
    program.get("/told/fine").await;
    let text = call("GET", "/metrics").send(metrics).await.text();
    let mine = r#"mine_count_total{how="fine",otel_scope_name="mine"} 2"#;
    assert!(text.lines().any(|line| line == mine), "{text}");
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
    let key = ("BIDENT_TELEMETRY__OTLP__HEADERS", "{x-key: mine}");
    let wrong = [
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=%,x-other=%zz"),
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "many"),
        ("OTEL_PROPAGATORS", "tracecontext,pigeon"),
    ];
    let program = Program::telling(&receiver, &[&wrong[..], &[key]].concat()).await;
    program.get("/told/fine").await;
    let (log, _) = program.end().await;
    for (name, value) in wrong {
        // Headers are secrets.
        let value = if name.ends_with("HEADERS") { "" } else { value };
        let value = value.rsplit(',').next().unwrap_or_default();
        let told = log.iter().filter(|line| line.contains(name) && line.contains(value)).count();
        assert_eq!(told, 1, "{name} in {log:#?}");
    }
    let received = everything(&receiver);
    assert_eq!(received.named("GET /told/{how}").len(), 1);
    for export in received.exports {
        let headers = ["x-key", "x-other"].map(|name| export.headers.get(name));
        let headers = headers.map(|it| it.and_then(|it| it.to_str().ok()));
        assert_eq!(headers, [Some("mine"), None], "{:?}", export.signal);
    }
}

#[tokio::test]
async fn what_is_new_is_pushed_and_nothing_is_pushed_twice_where_deltas_are_asked_for() {
    let receiver = Receiver::start().await.expect("a port");
    let environment = [
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "20"),
    ];
    let program = Program::telling(&receiver, &environment).await;
    let pushed = |received: &Received| {
        let all = received.metrics.iter().filter(|it| it.name == "http.server.request.duration");
        let all = all.inspect(|it| assert_eq!(it.temporality, Temporality::Delta));
        all.flat_map(|it| &it.points).map(|point| point.count).sum::<u64>()
    };
    for calls in 1..=3 {
        program.get("/told/fine").await;
        let all = |received: &Received| (pushed(received) == calls).then_some(());
        receiver.wait_for("the call", all).await;
    }
    program.end().await;
    let received = everything(&receiver);
    assert_eq!(pushed(&received), 3);
    let durations = received.metrics.iter().filter(|it| it.name == "http.server.request.duration");
    let points: Vec<_> = durations.flat_map(|it| &it.points).map(|point| point.count).collect();
    assert_eq!(points, [1; 3], "a series of which there is nothing new is left out");
    let counted = received.metrics.iter().filter(|metric| metric.name == "mine.count");
    let values = counted.flat_map(|it| &it.points).map(|point| point.value);
    assert_eq!(values.sum::<f64>(), 6.0);
    // What goes up and down is told as it stands.
    let active = received.metric("http.server.active_requests").expect("the metric");
    assert_eq!((active.temporality, active.points[0].value), (Temporality::Cumulative, 0.0));
}

#[tokio::test]
async fn people_can_read_along_without_a_collector() {
    let to = ["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"];
    let program = Program::start(&to.map(|name| (name, "Console, console"))).await;
    program.get("/told/fine").await;
    assert_eq!(
        call("GET", "/metrics").send(program.admin).await.status,
        404,
        "nobody asked for it"
    );
    let (lines, _) = program.end().await;
    let lines = lines.iter().filter_map(|line| serde_json::from_str(line).ok());
    let lines: Vec<serde_json::Value> = lines.collect();
    for (key, value) in [
        ("span", "GET /told/{how}"),
        ("span", "mine"),
        ("metric", "http.server.request.duration"),
        ("metric", "mine.count"),
        ("log", "working fine"),
    ] {
        let told = lines.iter().filter(|line| line[key] == value).count();
        assert_eq!(told, 1, "{key} {value}: {lines:#?}");
    }
}
