//! A method that says of itself that it matters: `traced(priority = "high")`.

use e2e::{GrpcCall, call};

use super::*;
use crate::common::wire;

struct Till;

#[service(package = "telemetry.v1")]
impl Till {
    #[rpc(get = "/till/pay/{text}", traced(text = note.text, priority = "high"))]
    async fn pay(&self, note: Note) -> Note {
        note
    }

    #[rpc(get = "/till/look/{text}", traced(priority = "low"))]
    async fn look(&self, note: Note) -> Note {
        note
    }

    /// What is known only when it is called decides nothing.
    #[rpc(get = "/till/weigh/{text}", traced(priority = note.text))]
    async fn weigh(&self, note: Note) -> Note {
        note
    }
}

/// The spans of a call of each method, over HTTP and over gRPC, by a caller that says this of its trace.
async fn spans(settings: &str, traceparent: Option<&str>) -> Vec<Span> {
    let told = Told::open(App::new("till").service(Till), settings).await;
    for (path, method) in [("pay", "Pay"), ("look", "Look"), ("weigh", "Weigh")] {
        let mut http = call("GET", &format!("/till/{path}/high"));
        let mut grpc = GrpcCall::new(&format!("/telemetry.v1.Till/{method}"), &wire("high"));
        if let Some(trace) = traceparent {
            (http, grpc) = (http.header("traceparent", trace), grpc.header("traceparent", trace));
        }
        assert_eq!(http.send(told.addr).await.status, 200);
        assert_eq!(grpc.send(told.addr).await.status, 0);
    }
    told.end().await.spans
}

#[tokio::test]
async fn a_method_that_matters_is_recorded_whatever_the_share() {
    const NO: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    let ruled =
        "telemetry: {sample: 0, sampling: {rules: [{operation: '/telemetry.*', share: 0}]}}";
    for settings in
        ["telemetry: {sample: 0}", "telemetry: {sample: 0.0, sampling: {per_second: 0}}", ruled]
    {
        for trace in [None, Some(NO)] {
            let spans = spans(settings, trace).await;
            let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
            assert_eq!(names, ["GET /till/pay/{text}", "telemetry.v1.Till/Pay"], "{settings}");
            assert!(spans.iter().all(|span| span.text("priority") == "high"), "{spans:?}");
            // It has all that a span has that was recorded by chance.
            assert_eq!(spans[0].text("url.path"), "/till/pay/high");
            assert_eq!(spans[1].text("text"), "high");
        }
    }
    let deaf = "telemetry: {sample: 0, sampling: {priority: false}}";
    assert!(spans(deaf, None).await.is_empty());
    // At the edge too, where callers are not believed.
    let edge = "{server: {public: true}, telemetry: {sample: 0}}";
    assert_eq!(spans(edge, Some(NO)).await.len(), 2);
}
