//! Metrics of calls: what is counted, in which unit, between which bounds, told apart by what; and `/metrics`.

use e2e::{Raw, Said, WIRES, WebSocket, Wire, call, grpc};
use support::otlp::{Metric, Shape, Temporality};

use super::*;
use crate::common::wire;

/// The bounds that the conventions advise, in seconds.
const SECONDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

pub(super) fn is_duration(metric: &Metric) {
    assert_eq!((metric.unit.as_str(), metric.shape), ("s", Shape::Histogram), "{metric:?}");
    assert_eq!(metric.temporality, Temporality::Cumulative);
    for point in &metric.points {
        assert_eq!(point.bounds, SECONDS, "{metric:?}");
        assert_eq!(point.counts.len(), SECONDS.len() + 1);
        assert_eq!(point.counts.iter().sum::<u64>(), point.count);
    }
}

/// The bucket that the conventions' bounds have for a value: a bound belongs to the bucket that it ends.
fn bucket(seconds: f64) -> usize {
    SECONDS.iter().position(|bound| seconds <= *bound).unwrap_or(SECONDS.len())
}

#[tokio::test]
async fn the_duration_of_a_request_is_that_of_its_span() {
    let told = Told::desk().await;
    call("GET", "/desk/fine").send(told.addr).await;
    let late = call("GET", "/desk/hang").header("grpc-timeout", "30m").over(Wire::H2c);
    late.send(told.addr).await;
    let received = told.end().await;
    let metric = received.metric("http.server.request.duration").expect("the metric");
    is_duration(metric);
    assert_eq!((metric.points.len(), received.spans.len()), (2, 2), "{metric:?}");
    for (span, version, code, failed) in [
        (&received.spans[0], "1.1", 200, None),
        (&received.spans[1], "2", 504, Some("DEADLINE_EXCEEDED")),
    ] {
        let mut expected = attributes([
            ("http.request.method", "GET".into()),
            ("http.response.status_code", code.into()),
            ("http.route", "/desk/{text}".into()),
            ("network.protocol.version", version.into()),
            ("url.scheme", "http".into()),
        ]);
        expected.extend(failed.map(|kind| ("error.type".to_owned(), kind.into())));
        let point = metric.points.iter().find(|point| point.attributes == expected);
        let point = point.unwrap_or_else(|| panic!("{expected:?} is not in {metric:#?}"));
        assert_eq!(point.count, 1);
        assert!((point.sum - span.seconds()).abs() < 1e-6, "{} {span:?}", point.sum);
        assert_eq!(point.counts[bucket(point.sum)], 1, "{point:?}");
    }
}

#[tokio::test]
async fn the_duration_of_a_call_is_that_of_its_span() {
    let told = Told::desk().await;
    grpc(told.addr, WORK, &wire("fine")).await;
    connect(told.addr, WORK, "fine").await;
    grpc(told.addr, WORK, &wire("broken")).await;
    let received = told.end().await;
    let metric = received.metric("rpc.server.call.duration").expect("the metric");
    is_duration(metric);
    assert_eq!((metric.points.len(), received.spans.len()), (3, 3), "{metric:?}");
    for (span, system, status, failed) in [
        (&received.spans[0], "grpc", Some("OK"), None),
        (&received.spans[1], "connectrpc", None, None),
        (&received.spans[2], "grpc", Some("INTERNAL"), Some("INTERNAL")),
    ] {
        let mut expected = attributes([
            ("rpc.method", "telemetry.v1.Desk/Work".into()),
            ("rpc.system.name", system.into()),
        ]);
        expected.extend(status.map(|it| ("rpc.response.status_code".to_owned(), it.into())));
        expected.extend(failed.map(|it| ("error.type".to_owned(), it.into())));
        let point = metric.points.iter().find(|point| point.attributes == expected);
        let point = point.unwrap_or_else(|| panic!("{expected:?} is not in {metric:#?}"));
        assert_eq!(point.count, 1);
        assert!((point.sum - span.seconds()).abs() < 1e-6, "{} {span:?}", point.sum);
    }
}

#[tokio::test]
async fn bodies_are_measured_as_they_are_on_the_wire() {
    let told = Told::desk().await;
    let body = r#"{"text":"fine"}"#;
    let answer = call("POST", "/desk").json(body).send(told.addr).await;
    let sizes = [body.len(), answer.body.len()];
    let received = told.end().await;
    let names = ["http.server.request.body.size", "http.server.response.body.size"];
    for (name, size) in names.into_iter().zip(sizes) {
        let metric = received.metric(name).expect(name);
        assert_eq!((metric.unit.as_str(), metric.shape), ("By", Shape::Histogram));
        let [point] = &metric.points[..] else { panic!("{metric:?}") };
        assert_eq!((point.count, point.sum), (1, size as f64), "{name}");
        assert_eq!(point.attributes.get("http.route"), Some(&"/desk".into()));
    }
}

#[tokio::test]
async fn a_body_of_unknown_length_is_measured_as_it_arrives() {
    const CHAT: &str = "/telemetry.v1.Desk/Chat";
    let (json, lines) = ("application/json", "application/x-ndjson");
    // Read whole, read message by message, and drained.
    for (path, media, status) in [("/desk", json, 200), (CHAT, lines, 200), ("/nowhere", json, 404)]
    {
        for wire in e2e::WIRES {
            let desk = Desk { go: tokio::sync::watch::channel(true).1 };
            let told = Told::open(App::new("desk").service(desk), "").await;
            let pieces = ["{\"text\":", "\"fi", "ne\"}\n"];
            let upload = call("POST", path).header("content-type", media).pieces(pieces);
            assert_eq!(upload.over(wire).send(told.addr).await.status, status, "{path} {wire:?}");
            let received = told.end().await;
            let metric = received.metric("http.server.request.body.size").expect("the metric");
            let [point] = &metric.points[..] else { panic!("{metric:?}") };
            // Over HTTP/2 nobody reads what nobody wants.
            let unread = status == 404 && wire == Wire::H2c;
            let size = if unread { 0 } else { pieces.concat().len() };
            assert_eq!((point.count, point.sum), (1, size as f64), "{path} {wire:?}");
        }
    }
    // To the conventions an RPC has no size; by Kratos's names it has.
    let told = Told::open(desk(), "telemetry: {kratos_names: true}").await;
    let message = wire("fine");
    grpc(told.addr, WORK, &message).await;
    let received = told.end().await;
    let metric = received.metric("kratos.server.request.size").expect("the metric");
    let [point] = &metric.points[..] else { panic!("{metric:?}") };
    let size = e2e::frame(&prost::Message::encode_to_vec(&message)).len();
    assert_eq!((point.count, point.sum), (1, size as f64));
}

#[tokio::test]
async fn requests_under_way_are_counted_up_and_down() {
    let (sink, mut events) = e2e::events();
    let app = desk().middleware(crate::middleware::Guard(sink));
    let told = Told::open(app, "telemetry: {metrics: {interval: 100ms}}").await;
    let pending = call("GET", "/desk/hang").begin(told.addr).await;
    assert_eq!(events.next().await, "entered");
    let active = |received: &Received, count: f64| {
        let metric = received.metric("http.server.active_requests")?.clone();
        metric.points.iter().any(|point| point.value == count).then_some(metric)
    };
    let metric = told.receiver.wait_for("one request", |it| active(it, 1.0)).await;
    assert_eq!((metric.unit.as_str(), metric.shape), ("{request}", Shape::UpDownCounter));
    let expected =
        attributes([("http.request.method", "GET".into()), ("url.scheme", "http".into())]);
    assert_eq!(metric.points[0].attributes, expected);
    pending.hang_up();
    let received = told.end().await;
    assert!(
        active(&received, 0.0).is_some(),
        "{:?}",
        received.metric("http.server.active_requests")
    );
}

#[tokio::test]
async fn however_requests_end_none_is_under_way_then() {
    let (sink, mut events) = e2e::events();
    let (_go, waits) = tokio::sync::watch::channel(false);
    let app = desk_that_waits(waits).middleware(crate::middleware::Guard(sink));
    let told = Told::open(app, "server: {max_body: 64, drain: 1s}").await;
    for wire in WIRES {
        for (request, status) in [
            (call("GET", "/desk/fine"), 200),
            (call("HEAD", "/desk/fine"), 200),
            (call("GET", "/desk/missing"), 404),
            (call("GET", "/desk/explode"), 500),
            (call("GET", "/desk/hang").header("grpc-timeout", "30m"), 504),
            (call("GET", "/nowhere"), 404),
            (call("DELETE", "/desk/fine"), 405),
            (call("POST", "/desk").json("{"), 400),
            (call("POST", "/desk").json(" ".repeat(65)), 413),
            (call("GET", "/raw/7"), 200),
        ] {
            assert_eq!(request.over(wire).send(told.addr).await.status, status, "{wire:?}");
        }
        events.rest();
        let pending = call("GET", "/desk/hang").over(wire).begin(told.addr).await;
        assert_eq!(events.next().await, "entered");
        pending.hang_up();
        assert_eq!(events.next().await, "dropped");
        // Its body never comes.
        call("POST", "/raw/7").never_ending().over(wire).begin(told.addr).await.hang_up();
    }
    let mut lines = Raw::connect(told.addr).await;
    lines
        .send("GET /desk/fine/many HTTP/1.1\r\nhost: desk\r\naccept: application/x-ndjson\r\n\r\n")
        .await;
    lines.until("one").await;
    drop(lines);
    let mut socket = WebSocket::ask(told.addr, "/chat", &[]).await;
    assert!(socket.head().await.contains(" 101 "));
    let mut writer = socket.take_writer();
    let hello = WebSocket::text(r#"{"text":"hello"}"#);
    tokio::io::AsyncWriteExt::write_all(&mut writer, &hello).await.expect("a socket");
    assert!(matches!(socket.next().await, Said::Text(_)));
    drop((socket, writer));
    let received = told.end().await;
    let active = received.metric("http.server.active_requests").expect("the metric");
    assert!(active.points.iter().all(|point| point.value == 0.0), "{active:?}");
    // Each has been counted, once.
    let durations = received.metric("http.server.request.duration").expect("the metric");
    let ended: u64 = durations.points.iter().map(|point| point.count).sum();
    assert_eq!(ended, received.spans.len() as u64);
}

#[tokio::test]
async fn behind_a_proxy_series_have_the_scheme_that_spans_have() {
    for (settings, told_https) in [("", 0), ("server: {trusted_proxies: ['127.0.0.1']}", 4)] {
        let told = Told::open(desk(), settings).await;
        let verb = |proto| call("PURGE", "/desk/fine").header("x-forwarded-proto", proto);
        let get = |proto| call("GET", "/desk/fine").header("x-forwarded-proto", proto);
        // Another verb than the declared, so that both ways to a series are gone.
        for call in ["https", "http", "gopher"].map(get).into_iter().chain([verb("https")]) {
            call.send(told.addr).await;
        }
        for proto in ["https", "https"] {
            get(proto).over(Wire::H2c).send(told.addr).await;
        }
        let received = told.end().await;
        let https = [("url.scheme", Value::from("https"))];
        let spans = received.spans.iter().filter(|span| span.text("url.scheme") == "https").count();
        assert_eq!(spans, told_https, "{settings}");
        let names = ["request.duration", "request.body.size", "response.body.size"];
        for name in names.map(|name| format!("http.server.{name}")) {
            let metric = received.metric(&name).expect(&name);
            let count = metric.with(&https).map(|point| point.count).sum::<u64>();
            assert_eq!(count, told_https as u64, "{settings}: {metric:?}");
            assert_eq!(metric.points.iter().map(|point| point.count).sum::<u64>(), 6);
        }
        let active = received.metric("http.server.active_requests").expect("the metric");
        assert_eq!(active.with(&https).count(), if told_https == 0 { 0 } else { 2 }, "{active:?}");
        assert!(active.points.iter().all(|point| point.value == 0.0), "{active:?}");
    }
}

#[tokio::test]
async fn what_peers_invent_makes_no_series() {
    let told = Told::open(desk(), "telemetry: {kratos_names: true}").await;
    for number in 0..20 {
        call("GET", &format!("/nowhere/{number}")).send(told.addr).await;
        call(&format!("VERB{number}"), "/desk/fine").send(told.addr).await;
        let host = call("GET", &format!("/desk/{number}?q={number}"));
        host.header("x-forwarded-host", &format!("h{number}")).send(told.addr).await;
        grpc(told.addr, &format!("/no.v1.Such{number}/Thing"), &wire("")).await;
        grpc(told.addr, &format!("/telemetry.v1.Desk/Nope{number}"), &wire("")).await;
    }
    let received = told.end().await;
    let series = |name| {
        let metric: &Metric = received.metric(name).expect(name);
        let mut counts: Vec<_> = metric.points.iter().map(|point| point.count).collect();
        counts.sort_unstable();
        counts
    };
    // What was not found, methods that are none, and what was served.
    assert_eq!(series("http.server.request.duration"), [20, 20, 20]);
    assert_eq!(series("rpc.server.call.duration"), [40]);
    let calls = received.metric("rpc.server.call.duration").expect("the metric");
    assert_eq!(calls.points[0].attributes.get("rpc.method"), Some(&"_OTHER".into()));
    let active = received.metric("http.server.active_requests").expect("the metric");
    assert_eq!(active.points.len(), 2, "GET and _OTHER: {active:?}");
    let kratos = received.metric("kratos.server.request.count").expect("the metric");
    let operations: Vec<_> =
        kratos.points.iter().map(|point| &point.attributes["operation"]).collect();
    assert!(
        operations.iter().all(|it| [WORK, "unmatched"].map(Value::from).contains(it)),
        "{kratos:?}"
    );
}

#[tokio::test]
async fn whoever_asks_for_metrics_gets_the_one_text_there_is() {
    let told = Told::desk().await;
    let admin = told.server.admin;
    let accept =
        "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let asked = call("GET", "/metrics").header("accept", accept).header("accept-encoding", "gzip");
    for request in [call("GET", "/metrics?name[]=x"), asked] {
        let answer = request.send(admin).await;
        assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        assert!(
            answer.text().ends_with('\n') && answer.text().contains("# TYPE target_info gauge\n")
        );
    }
    let head = call("HEAD", "/metrics").send(admin).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    let posted = call("POST", "/metrics").body("x").send(admin).await;
    assert_eq!((posted.status.as_u16(), posted.header("allow")), (405, "GET, HEAD"));
    // Many at once are one after the other, and none is left out.
    let many = std::iter::repeat_with(|| call("GET", "/metrics").begin(admin)).take(8);
    for pending in futures_util::future::join_all(many).await {
        assert_eq!(pending.answer().await.status, 200);
    }
}

#[tokio::test]
async fn calls_that_are_not_recorded_are_measured() {
    let told = Told::open(desk(), "telemetry: {sample: 0.0}").await;
    call("GET", "/desk/fine").send(told.addr).await;
    grpc(told.addr, WORK, &wire("fine")).await;
    let received = told.end().await;
    assert_eq!(received.spans.len(), 0);
    for name in ["http.server.request.duration", "rpc.server.call.duration"] {
        assert_eq!(received.metric(name).expect(name).points[0].count, 1);
    }
}

#[tokio::test]
async fn kratos_names_are_there_where_they_are_asked_for() {
    let told = Told::open(desk(), "telemetry: {kratos_names: true}").await;
    call("GET", "/desk/fine").send(told.addr).await;
    call("GET", "/desk/missing").send(told.addr).await;
    grpc(told.addr, WORK, &wire("fine")).await;
    let received = told.end().await;
    let count = received.metric("kratos.server.request.count").expect("the counter");
    assert_eq!((count.unit.as_str(), count.shape), ("{request}", Shape::Counter));
    for (kind, success) in [("http", true), ("http", false), ("grpc", true)] {
        let expected = attributes([
            ("kind", kind.into()),
            ("operation", WORK.into()),
            ("success", success.into()),
        ]);
        let point = count.points.iter().find(|point| point.attributes == expected);
        assert_eq!(point.map(|point| point.value), Some(1.0), "{expected:?} in {count:?}");
    }
    let duration = received.metric("kratos.server.request.duration").expect("the histogram");
    is_duration(duration);
    let size = received.metric("kratos.server.request.size").expect("the histogram");
    assert_eq!((size.unit.as_str(), size.shape), ("By", Shape::Histogram));
    let told = Told::desk().await;
    call("GET", "/desk/fine").send(told.addr).await;
    let received = told.end().await;
    assert!(received.metrics.iter().all(|metric| !metric.name.starts_with("kratos.")));
}

#[tokio::test]
async fn metrics_are_to_be_scraped_by_their_prometheus_names() {
    let told = Told::open(desk(), "telemetry: {kratos_names: true}").await;
    call("GET", "/desk/fine").send(told.addr).await;
    grpc(told.addr, WORK, &wire("fine")).await;
    let answer = call("GET", "/metrics").send(told.server.admin).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("text/plain"), "{:?}", answer.headers);
    let text = answer.text();
    let has = |line: &str| text.lines().any(|it| it.starts_with(line));
    for line in [
        "# TYPE http_server_request_duration_seconds histogram",
        "http_server_request_duration_seconds_bucket{",
        "http_server_request_duration_seconds_sum{",
        "http_server_request_duration_seconds_count{",
        "# TYPE rpc_server_call_duration_seconds histogram",
        "# HELP rpc_server_call_duration_seconds ",
        "# TYPE http_server_active_requests gauge",
        "http_server_request_body_size_bytes_sum{",
        "http_server_response_body_size_bytes_sum{",
        "kratos_server_request_count_total{",
        "kratos_server_request_duration_seconds_count{",
        "kratos_server_request_size_bytes_count{",
        "bident_telemetry_lost_total{",
        "process_",
        "target_info{",
    ] {
        assert!(has(line), "{line} is not in {text}");
    }
    let count = text.lines().find(|line| {
        line.starts_with("rpc_server_call_duration_seconds_count{")
            && line.contains(r#"rpc_method="telemetry.v1.Desk/Work""#)
            && line.contains(r#"rpc_response_status_code="OK""#)
    });
    assert!(count.is_some_and(|line| line.ends_with(" 1")), "{text}");
    assert_eq!(call("GET", "/metrics").send(told.addr).await.status, 404, "not for callers");
}
