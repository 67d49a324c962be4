//! The names of before, beside the present ones: there where they are asked for, and nowhere else.

use e2e::call;
use support::otlp::{Metric, Status};

use super::program::Program;
use super::*;

#[tokio::test]
async fn older_names_stand_beside_the_present_ones_where_they_are_asked_for() {
    let receiver = Receiver::start().await.expect("a port");
    let both = [("OTEL_SEMCONV_STABILITY_OPT_IN", "http/dup,rpc/dup")];
    let program = Program::telling(&receiver, &both).await;
    let agent = |call: e2e::Call| call.header("user-agent", "test/1");
    let failed = agent(call("GET", "/told/fail?q=1")).send(program.addr).await;
    assert_eq!(program.grpc("fail").await.status, 13);
    program.end().await;
    let received = everything(&receiver);
    let [http] = received.named("GET /told/{how}")[..] else { panic!("{:?}", received.spans) };
    let port = http.get("network.peer.port").cloned().expect("a port");
    let metadata = Value::List(vec!["desk".into(), "8".into()]);
    for (key, value) in [
        ("http.method", Value::from("GET")),
        ("http.target", "/told/fail?q=1".into()),
        ("http.status_code", 500.into()),
        ("http.request_size", 0.into()),
        ("http.response_size", i64::try_from(failed.body.len()).expect("a size").into()),
        ("http.user_agent", "test/1".into()),
        ("http.client_ip", "127.0.0.1".into()),
        ("net.peer.ip", "127.0.0.1".into()),
        ("net.peer.port", port),
        ("error.code", 500.into()),
        ("error.reason", "BROKEN".into()),
        ("error.message", "a leg is gone".into()),
        ("error.metadata", metadata.clone()),
        // The present ones too.
        ("http.request.method", "GET".into()),
        ("http.response.status_code", 500.into()),
        ("error.type", "BROKEN".into()),
    ] {
        assert_eq!(http.get(key), Some(&value), "{key}");
    }
    let [rpc] = received.named("told.v1.Told/Work")[..] else { panic!("{:?}", received.spans) };
    let port = rpc.get("network.peer.port").cloned().expect("a port");
    for (key, value) in [
        ("rpc.system", Value::from("grpc")),
        ("rpc.service", "told.v1.Told".into()),
        // The same key with a new meaning: the new one wins.
        ("rpc.method", "told.v1.Told/Work".into()),
        ("rpc.grpc.status_code", 13.into()),
        ("net.peer.ip", "127.0.0.1".into()),
        ("net.peer.port", port),
        ("error.code", 500.into()),
        ("error.reason", "BROKEN".into()),
        ("error.message", "a leg is gone".into()),
        ("error.metadata", metadata),
        ("rpc.response.status_code", "INTERNAL".into()),
    ] {
        assert_eq!(rpc.get(key), Some(&value), "{key}");
    }
}

#[tokio::test]
async fn the_metrics_of_before_have_the_keys_of_before_and_no_others() {
    let receiver = Receiver::start().await.expect("a port");
    let both = [("OTEL_SEMCONV_STABILITY_OPT_IN", "http/dup,rpc/dup")];
    let program = Program::telling(&receiver, &both).await;
    assert_eq!(program.get("/told/fail").await.status, 500);
    assert_eq!(program.grpc("fail").await.status, 13);
    for wire in e2e::WIRES {
        assert_eq!(call("GET", "/told/fine").over(wire).send(program.addr).await.status, 200);
    }
    assert_eq!(program.grpc("fine").await.status, 0);
    assert_eq!(e2e::grpc(program.addr, "/told.v1.Told/Nope", &()).await.status, 12);
    program.end().await;
    let received = everything(&receiver);
    let http = |status: i64| {
        attributes([
            ("http.method", "GET".into()),
            ("http.route", "/told/{how}".into()),
            ("http.scheme", "http".into()),
            ("http.status_code", status.into()),
        ])
    };
    let rpc = |method: &str, code: i64| {
        let mut rpc = attributes([
            ("rpc.grpc.status_code", code.into()),
            ("rpc.method", method.into()),
            ("rpc.system", "grpc".into()),
        ]);
        rpc.extend((method != "_OTHER").then(|| ("rpc.service".into(), "told.v1.Told".into())));
        rpc
    };
    // Versions of the protocol are not told apart.
    let requests = vec![(http(500), 1), (http(200), 2)];
    let calls = vec![(rpc("Work", 13), 1), (rpc("Work", 0), 1), (rpc("_OTHER", 12), 1)];
    for (name, now, series) in [
        ("http.server.duration", "http.server.request.duration", requests),
        ("rpc.server.duration", "rpc.server.call.duration", calls),
    ] {
        let (old, new) = (received.metric(name).expect(name), received.metric(now).expect(now));
        assert_eq!((old.unit.as_str(), old.points.len()), ("ms", series.len()), "{old:#?}");
        for (attributes, count) in series {
            let point = old.points.iter().find(|point| point.attributes == attributes);
            assert_eq!(point.map(|point| point.count), Some(count), "{attributes:?}: {old:#?}");
        }
        let sum = |metric: &Metric| metric.points.iter().map(|point| point.sum).sum::<f64>();
        assert!((sum(old) - sum(new) * 1000.0).abs() < 1e-6, "{name}: {old:?} {new:?}");
    }
}

#[tokio::test]
async fn older_names_stand_on_the_spans_of_calls_to_others_too() {
    let receiver = Receiver::start().await.expect("a port");
    let both = [("OTEL_SEMCONV_STABILITY_OPT_IN", "http/dup,rpc/dup")];
    let program = Program::telling(&receiver, &both).await;
    for scheme in ["http", "grpc"] {
        assert_eq!(program.get(&format!("/relayed/{scheme}/fail")).await.status, 500);
    }
    program.end().await;
    let received = everything(&receiver);
    let calls: Vec<_> = received.spans.iter().filter(|span| span.kind == Kind::Client).collect();
    let [seen, failed, rpc_seen, rpc_failed] = calls[..] else { panic!("{calls:#?}") };
    for (span, target, status) in [(seen, "/seen", 200), (failed, "/told/fail", 500)] {
        for (key, value) in [
            ("http.method", Value::from("GET")),
            ("http.target", target.into()),
            ("http.status_code", status.into()),
        ] {
            assert_eq!(span.get(key), Some(&value), "{key}: {span:?}");
        }
    }
    for (span, status) in [(rpc_seen, 0), (rpc_failed, 13)] {
        for (key, value) in [
            ("rpc.system", Value::from("grpc")),
            ("rpc.service", "told.v1.Told".into()),
            ("rpc.grpc.status_code", status.into()),
        ] {
            assert_eq!(span.get(key), Some(&value), "{key}: {span:?}");
        }
    }
    for span in [failed, rpc_failed] {
        let Status::Error(text) = &span.status else { panic!("{span:?}") };
        for (key, value) in [
            ("error.code", Value::from(500)),
            ("error.reason", "BROKEN".into()),
            ("error.message", text.as_str().into()),
        ] {
            assert_eq!(span.get(key), Some(&value), "{key}: {span:?}");
        }
    }
}

#[tokio::test]
async fn without_asking_no_older_name_is_there() {
    let receiver = Receiver::start().await.expect("a port");
    let program = Program::telling(&receiver, &[]).await;
    program.get("/told/fail").await;
    program.grpc("fail").await;
    for scheme in ["http", "grpc"] {
        program.get(&format!("/relayed/{scheme}/fail")).await;
    }
    program.end().await;
    let received = everything(&receiver);
    let calls = received.spans.iter().filter(|span| matches!(span.status, Status::Error(_)));
    let old = [
        "http.method",
        "http.target",
        "http.status_code",
        "rpc.system",
        "rpc.service",
        "rpc.grpc.status_code",
        "net.peer.ip",
        "net.peer.port",
        "error.code",
        "error.metadata",
        "error.reason",
        "error.message",
        "http.user_agent",
    ];
    // Two at the front; the two that call, their calls, and what was called.
    assert_eq!(calls.clone().count(), 8, "{:#?}", received.spans);
    for span in calls {
        assert!(old.iter().all(|key| !span.attributes.contains_key(*key)), "{span:?}");
    }
    assert!(received.metric("http.server.duration").is_none());
}
