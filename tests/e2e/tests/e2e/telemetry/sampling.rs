//! Which calls are recorded: shares, rules, a rate, the caller's word, what matters; and never probes.

use e2e::{Call, GrpcCall, call, grpc};

use super::*;
use crate::common::wire;

const PARENT: &str = "00f067aa0ba902b7";

fn traceparent(flags: &str) -> String {
    format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{PARENT}-{flags}")
}

/// The names of the spans that these calls give, over HTTP and over gRPC.
async fn recorded(settings: &str, headers: &[(&str, &str)]) -> Vec<String> {
    let told = Told::open(desk(), settings).await;
    let add = |call: Call, (name, value): &(&str, &str)| call.header(name, value);
    headers.iter().fold(call("GET", "/desk/fine"), add).send(told.addr).await;
    let add = |call: GrpcCall, (name, value): &(&str, &str)| call.header(name, value);
    headers.iter().fold(GrpcCall::new(WORK, &wire("fine")), add).send(told.addr).await;
    told.end().await.spans.into_iter().map(|span| span.name).collect()
}

const BOTH: [&str; 2] = ["GET /desk/{text}", "telemetry.v1.Desk/Work"];
const NONE: [&str; 0] = [];

#[tokio::test]
async fn the_share_decides_about_new_traces_and_the_caller_about_its_own() {
    let (yes, no) = (traceparent("01"), traceparent("00"));
    assert_eq!(recorded("telemetry: {sample: 1}", &[]).await, BOTH);
    assert_eq!(recorded("telemetry: {sample: 0}", &[]).await, NONE);
    assert_eq!(recorded("telemetry: {sample: 0}", &[("traceparent", &yes)]).await, BOTH);
    assert_eq!(recorded("telemetry: {sample: 1}", &[("traceparent", &no)]).await, NONE);
    let alone = "telemetry: {sample: 1, sampling: {parent_based: false}}";
    assert_eq!(recorded(alone, &[("traceparent", &no)]).await, BOTH);
}

#[tokio::test]
async fn what_matters_is_recorded_whatever_its_share() {
    let little = "telemetry: {sample: 0}";
    let no = traceparent("00");
    for header in
        [("x-md-global-priority", "high"), ("x-priority", "high"), ("baggage", "a=b,priority=high")]
    {
        assert_eq!(recorded(little, &[header]).await, BOTH, "{header:?}");
        assert_eq!(recorded(little, &[header, ("traceparent", &no)]).await, BOTH, "{header:?}");
    }
    assert_eq!(recorded(little, &[("x-priority", "low")]).await, NONE);
    let deaf = "telemetry: {sample: 0, sampling: {priority: false}}";
    assert_eq!(recorded(deaf, &[("x-priority", "high")]).await, NONE);
    // At the edge anybody could say so.
    let edge = "{server: {public: true}, telemetry: {sample: 0}}";
    assert_eq!(recorded(edge, &[("x-priority", "high")]).await, NONE);
}

#[tokio::test]
async fn a_rule_holds_for_its_operations() {
    let told = Told::open(
        desk(),
        "telemetry: {sample: 0, sampling: {rules: [{operation: /telemetry.v1.Desk/Many, share: 1}]}}",
    )
    .await;
    call("GET", "/desk/fine").send(told.addr).await;
    call("GET", "/desk/fine/many").send(told.addr).await;
    grpc(told.addr, "/telemetry.v1.Desk/Many", &wire("")).await;
    let [http, rpc] = told.spans().await;
    assert_eq!(http.name, "GET /desk/{text}/many");
    assert_eq!(rpc.name, "telemetry.v1.Desk/Many");
    let quiet =
        "telemetry: {sample: 1, sampling: {rules: [{operation: '/telemetry.v1.*', share: 0}]}}";
    assert_eq!(recorded(quiet, &[]).await, NONE);
}

#[tokio::test]
async fn no_more_than_so_many_a_second() {
    let told = Told::open(desk(), "telemetry: {sample: 1, sampling: {per_second: 0.01}}").await;
    for _ in 0..5 {
        call("GET", "/desk/fine").send(told.addr).await;
    }
    // One in a hundred seconds, and the first of them is at once.
    let [span] = told.spans().await;
    assert_eq!(span.name, "GET /desk/{text}");
}

#[tokio::test]
async fn probes_are_never_recorded() {
    let yes = traceparent("01");
    let told = Told::desk().await;
    for path in ["/healthz", "/readyz"] {
        let probe = || call("GET", path).header("traceparent", &yes).header("x-priority", "high");
        assert_eq!(probe().send(told.addr).await.status, 200);
        assert_eq!(probe().send(told.server.admin).await.status, 200);
    }
    call("GET", "/metrics").send(told.server.admin).await;
    let check = GrpcCall::new("/grpc.health.v1.Health/Check", &wire(""));
    assert_eq!(check.header("traceparent", &yes).send(told.addr).await.status, 0);
    let mut watch = GrpcCall::new("/grpc.health.v1.Health/Watch", &wire("")).open(told.addr).await;
    watch.next().await.expect("a first message");
    watch.hang_up();
    call("GET", "/desk/fine").send(told.addr).await;
    let [span] = told.spans().await;
    assert_eq!(span.name, "GET /desk/{text}");
}
