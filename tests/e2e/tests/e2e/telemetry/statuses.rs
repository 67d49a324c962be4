//! When a span is an error, and what it says then: every class of HTTP, every code of gRPC, the same on the metric.

use e2e::{call, grpc};
use support::otlp::Status;

use super::*;
use crate::common::wire;

/// All codes of gRPC, and whether the conventions call them errors of the server.
const CODES: [(&str, bool); 17] = [
    ("OK", false),
    ("CANCELLED", false),
    ("UNKNOWN", true),
    ("INVALID_ARGUMENT", false),
    ("DEADLINE_EXCEEDED", true),
    ("NOT_FOUND", false),
    ("ALREADY_EXISTS", false),
    ("PERMISSION_DENIED", false),
    ("RESOURCE_EXHAUSTED", false),
    ("FAILED_PRECONDITION", false),
    ("ABORTED", false),
    ("OUT_OF_RANGE", false),
    ("UNIMPLEMENTED", true),
    ("INTERNAL", true),
    ("UNAVAILABLE", true),
    ("DATA_LOSS", true),
    ("UNAUTHENTICATED", false),
];

#[tokio::test]
async fn every_code_of_grpc_has_its_status() {
    let told = Told::desk().await;
    for (code, _) in CODES {
        let note = wire(format!("grpc={code}"));
        grpc(told.addr, WORK, &note).await;
        web(told.addr, WORK, &note).await;
        connect(told.addr, WORK, &note.text).await;
    }
    let received = told.end().await;
    assert_eq!(received.spans.len(), 17 * 3);
    let metric = received.metric("rpc.server.call.duration").expect("the metric");
    for (spans, (code, is_error)) in received.spans.chunks(3).zip(CODES) {
        for (span, kind) in spans.iter().zip(["grpc", "grpc-web", "connect"]) {
            assert_eq!(span.text("kratos.kind"), kind);
            // Connect writes the same words small, and none for success.
            let small = code.to_lowercase().replace("cancelled", "canceled");
            let said = match (kind, code) {
                ("connect", "OK") => None,
                ("connect", _) => Some(small.as_str()),
                _ => Some(code),
            };
            assert_eq!(span.get("rpc.response.status_code").and_then(Value::text), said);
            let failed = is_error.then_some(said).flatten();
            assert_eq!(span.get("error.type").and_then(Value::text), failed, "{span:?}");
            match (&span.status, is_error) {
                (Status::Unset, false) => {}
                (Status::Error(text), true) => assert_eq!(text, "as asked"),
                other => panic!("{code} over {kind}: {other:?}"),
            }
            let reason = (code != "OK").then_some("WANTED");
            assert_eq!(span.get("kratos.error.reason").and_then(Value::text), reason);
            let system = if kind == "connect" { "connectrpc" } else { "grpc" };
            let series = metric.points.iter().filter(|point| {
                let text = |key| point.attributes.get(key).and_then(Value::text);
                text("rpc.system.name") == Some(system)
                    && text("rpc.response.status_code") == said
                    && text("error.type") == failed
            });
            let counts: Vec<_> = series.map(|point| point.count).collect();
            // gRPC and gRPC-Web are one system.
            assert_eq!(counts, [if kind == "connect" { 1 } else { 2 }], "{code} over {kind}");
        }
    }
}

#[tokio::test]
async fn every_class_of_http_has_its_status() {
    let told = Told::desk().await;
    let codes = [200_u16, 201, 204, 301, 304, 400, 404, 409, 418, 429, 499, 500, 501, 503, 599];
    for code in codes {
        let answer = call("GET", &format!("/status/{code}")).send(told.addr).await;
        assert_eq!(answer.status, code);
        if code >= 400 {
            let answer = call("GET", &format!("/desk/http={code}")).send(told.addr).await;
            assert_eq!(answer.failure(), (code, "WANTED".to_owned()));
        }
    }
    let received = told.end().await;
    let metric = received.metric("http.server.request.duration").expect("the metric");
    for (route, reason) in [("/status/{code}", None), ("/desk/{text}", Some("WANTED"))] {
        let spans = received.named(&format!("GET {route}"));
        let codes = codes.into_iter().filter(|code| reason.is_none() || *code >= 400);
        for (span, code) in spans.iter().zip(codes.clone()) {
            assert_eq!(span.get("http.response.status_code"), Some(&i64::from(code).into()));
            let text = code.to_string();
            let failed = (code >= 500).then(|| reason.unwrap_or(&text));
            assert_eq!(span.get("error.type").and_then(Value::text), failed, "{span:?}");
            match (&span.status, code) {
                (Status::Unset, ..500) => {}
                // The code says it all where there is nothing else to say.
                (Status::Error(text), 500..) => {
                    assert_eq!(text, if reason.is_some() { "as asked" } else { "" });
                }
                other => panic!("{route}: {other:?}"),
            }
            assert_eq!(span.get("kratos.error.reason").and_then(Value::text), reason);
            let series = metric.points.iter().filter(|point| {
                point.attributes.get("http.route") == Some(&route.into())
                    && point.attributes.get("http.response.status_code")
                        == Some(&i64::from(code).into())
                    && point.attributes.get("error.type").and_then(Value::text) == failed
            });
            assert_eq!(series.map(|point| point.count).collect::<Vec<_>>(), [1], "{code}");
        }
        assert_eq!(spans.len(), codes.count());
    }
}

#[tokio::test]
async fn a_reason_stands_on_the_span_with_everything_it_says() {
    let told = Told::desk().await;
    call("GET", "/desk/missing").send(told.addr).await;
    grpc(told.addr, WORK, &wire("missing")).await;
    call("GET", "/desk/broken").send(told.addr).await;
    grpc(told.addr, WORK, &wire("broken")).await;
    let spans: [_; 4] = told.spans().await;
    for span in &spans[..2] {
        assert_eq!(span.get("kratos.error.code"), Some(&404.into()));
        assert_eq!(span.text("kratos.error.reason"), "NO_DESK");
        assert_eq!(span.text("kratos.error.metadata.desk"), "7");
        assert_eq!(span.text("kratos.error.metadata.floor"), "two");
        assert_eq!((span.get("error.type"), &span.status), (None, &Status::Unset));
    }
    for (span, kind) in spans[2..].iter().zip(["BROKEN", "INTERNAL"]) {
        assert_eq!(span.get("kratos.error.code"), Some(&500.into()));
        assert_eq!(span.text("kratos.error.reason"), "BROKEN");
        assert_eq!(span.text("kratos.error.metadata.desk"), "8");
        assert_eq!(span.text("error.type"), kind);
        // What the caller is not told, whoever looks after the service is.
        assert_eq!(span.status, Status::Error("a leg is gone".to_owned()));
    }
}
