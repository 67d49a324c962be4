//! Server spans of RPCs: gRPC, gRPC-Web and Connect.

use e2e::{GrpcCall, grpc};
use support::otlp::Status;

use super::*;
use crate::common::wire;

#[tokio::test]
async fn a_call_of_grpc_has_every_attribute_and_no_other() {
    let told = Told::desk().await;
    let call = GrpcCall::new(WORK, &wire("fine")).header("x-md-service-name", "tester");
    assert_eq!(call.send(told.addr).await.status, 0);
    let port = i64::from(told.addr.port());
    let [span] = told.spans().await;
    assert_eq!((span.name.as_str(), span.kind), ("telemetry.v1.Desk/Work", Kind::Server));
    assert_eq!(span.status, Status::Unset);
    assert_eq!((span.parent.as_str(), span.links.len(), span.events.len()), ("", 0, 0));
    let expected = attributes([
        ("kratos.kind", "grpc".into()),
        ("kratos.operation", WORK.into()),
        ("network.peer.address", "127.0.0.1".into()),
        ("rpc.method", "telemetry.v1.Desk/Work".into()),
        ("rpc.response.status_code", "OK".into()),
        ("rpc.system.name", "grpc".into()),
        ("server.address", "127.0.0.1".into()),
        ("server.port", port.into()),
        ("service.peer.name", "tester".into()),
    ]);
    assert_eq!(take_peer_port(&span), expected);
}

#[tokio::test]
async fn the_other_two_protocols_are_rpcs_as_well() {
    let told = Told::desk().await;
    assert_eq!(web(told.addr, WORK, &wire("fine")).await.status, 200);
    assert_eq!(connect(told.addr, WORK, "fine").await.status, 200);
    let spans: [_; 2] = told.spans().await;
    for (span, system, kind, status) in [
        (&spans[0], "grpc", "grpc-web", Some("OK")),
        // Connect has no word for success.
        (&spans[1], "connectrpc", "connect", None),
    ] {
        assert_eq!((span.name.as_str(), span.kind), ("telemetry.v1.Desk/Work", Kind::Server));
        assert_eq!(span.text("rpc.system.name"), system);
        assert_eq!(span.text("rpc.method"), "telemetry.v1.Desk/Work");
        assert_eq!(span.text("kratos.kind"), kind);
        assert_eq!(span.get("rpc.response.status_code").and_then(Value::text), status);
        assert!(!span.attributes.keys().any(|key| key.starts_with("http.")), "{span:?}");
        assert_eq!((span.get("client.address"), span.get("url.path")), (None, None));
    }
}

#[tokio::test]
async fn a_method_that_nobody_serves_is_other_whatever_it_is_called() {
    let told = Told::desk().await;
    let grpc_call = grpc(told.addr, "/telemetry.v1.Desk/Nope", &wire("")).await;
    assert_eq!(grpc_call.status, 12);
    web(told.addr, "/no.v1.Such/Thing", &wire("")).await;
    let spans: [_; 2] = told.spans().await;
    for (span, asked) in spans.iter().zip(["telemetry.v1.Desk/Nope", "no.v1.Such/Thing"]) {
        assert_eq!(span.name, "grpc");
        assert_eq!(span.text("rpc.method"), "_OTHER");
        assert_eq!(span.text("rpc.method_original"), asked);
        assert_eq!(span.text("rpc.response.status_code"), "UNIMPLEMENTED");
        assert_eq!(span.text("error.type"), "UNIMPLEMENTED");
        assert!(matches!(span.status, Status::Error(_)), "{span:?}");
    }
}

#[tokio::test]
async fn the_server_is_what_its_caller_called_it() {
    let told = Told::desk().await;
    let body = r#"{"text":"fine"}"#;
    let mut raw = e2e::Raw::connect(told.addr).await;
    raw.send(format!(
        "POST {WORK} HTTP/1.1\r\nhost: desk.example:8443\r\nconnect-protocol-version: 1\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
    .await;
    raw.to_end().await;
    let [span] = told.spans().await;
    assert_eq!(span.text("server.address"), "desk.example");
    assert_eq!(span.get("server.port"), Some(&8443.into()));
}

#[tokio::test]
async fn a_service_built_with_tonic_is_an_rpc_like_any_other() {
    use crate::tonic_built::{ECHO, Legacy};
    let told = Told::open(App::new("legacy").tonic(Legacy), "").await;
    assert_eq!(grpc(told.addr, ECHO, &wire("fine")).await.status, 0);
    let [span] = told.spans().await;
    assert_eq!(span.name, ECHO.trim_start_matches('/'));
    assert_eq!(span.text("rpc.method"), span.name);
    assert_eq!(span.text("rpc.response.status_code"), "OK");
    assert_eq!(span.text("kratos.operation"), ECHO);
}
