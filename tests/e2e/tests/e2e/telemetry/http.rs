//! Server spans of HTTP requests: every attribute of the conventions, with its type, and nothing else.

use e2e::{GrpcCall, WIRES, Wire, call};
use support::otlp::Status;

use super::*;
use crate::common::wire;

#[tokio::test]
async fn a_request_has_every_attribute_and_no_other() {
    for (wire, version) in WIRES.into_iter().zip(["1.1", "2"]) {
        let told = Told::desk().await;
        let request = call("GET", "/desk/fine?color=red&sig=abc")
            .header("user-agent", "test/1")
            .header("x-md-service-name", "tester");
        assert_eq!(request.over(wire).send(told.addr).await.status, 200);
        let port = i64::from(told.addr.port());
        let [span] = told.spans().await;
        assert_eq!((span.name.as_str(), span.kind), ("GET /desk/{text}", Kind::Server));
        assert_eq!(span.status, Status::Unset);
        assert_eq!((span.parent.as_str(), span.links.len(), span.events.len()), ("", 0, 0));
        let expected = attributes([
            ("client.address", "127.0.0.1".into()),
            ("http.request.method", "GET".into()),
            ("http.response.status_code", 200.into()),
            ("http.route", "/desk/{text}".into()),
            ("kratos.kind", "http".into()),
            ("kratos.operation", WORK.into()),
            ("network.peer.address", "127.0.0.1".into()),
            ("network.protocol.version", version.into()),
            ("server.address", "127.0.0.1".into()),
            ("server.port", port.into()),
            ("service.peer.name", "tester".into()),
            ("url.path", "/desk/fine".into()),
            ("url.query", "color=red&sig=REDACTED".into()),
            ("url.scheme", "http".into()),
            ("user_agent.original", "test/1".into()),
        ]);
        assert_eq!(take_peer_port(&span), expected);
    }
}

#[tokio::test]
async fn the_resource_says_whose_it_is() {
    let told = Told::desk().await;
    call("GET", "/desk/fine").send(told.addr).await;
    let [span] = told.spans().await;
    let resource = &span.origin.resource;
    for (key, value) in [
        ("service.name", "desk"),
        ("service.version", "v1.2.3"),
        ("telemetry.sdk.language", "rust"),
        ("telemetry.sdk.name", "opentelemetry"),
    ] {
        assert_eq!(resource.get(key), Some(&value.into()), "{key} in {resource:?}");
    }
    let instance = resource.get("service.instance.id").and_then(Value::text);
    assert!(instance.is_some_and(|id| !id.is_empty()), "{resource:?}");
    let process = resource.get("process.pid").and_then(Value::int);
    assert_eq!(process, Some(std::process::id().into()), "{resource:?}");
    assert!(!resource.contains_key("process.command_args"), "{resource:?}");
}

#[tokio::test]
async fn every_way_to_a_method_has_its_own_name() {
    let cases = [
        ("GET", "/desk/fine", "GET /desk/{text}", Some("/desk/{text}")),
        ("POST", "/desk", "POST /desk", Some("/desk")),
        ("POST", WORK, "POST /telemetry.v1.Desk/Work", Some(WORK)),
        ("GET", "/raw/7", "GET /raw/{id}", Some("/raw/{id}")),
        ("GET", "/nested/7", "GET /nested/{id}", Some("/nested/{id}")),
        // What nobody serves: never the path, for anybody may invent one.
        ("GET", "/nowhere/7", "GET", None),
        ("DELETE", "/desk/fine", "DELETE", None),
    ];
    for (verb, path, name, route) in cases {
        let told = Told::desk().await;
        let body = if verb == "POST" { r#"{"text":"fine"}"# } else { "" };
        let request = call(verb, path);
        let request = if body.is_empty() { request } else { request.json(body) };
        request.send(told.addr).await;
        let [span] = told.spans().await;
        assert_eq!((span.name.as_str(), span.kind), (name, Kind::Server), "{verb} {path}");
        assert_eq!(span.get("http.route").and_then(Value::text), route, "{verb} {path}");
        assert_eq!(span.text("url.path"), path);
        assert_eq!(span.get("url.query"), None, "there was none");
        assert_eq!(span.text("kratos.kind"), "http");
    }
}

#[tokio::test]
async fn headers_that_are_asked_for_are_on_the_span() {
    let settings =
        "telemetry: {request_headers: [X-Step, x-none], response_headers: [Content-Type, x-none]}";
    let told = Told::open(desk(), settings).await;
    let twice = call("GET", "/desk/fine").header("x-step", "1").header("x-step", "2");
    twice.send(told.addr).await;
    call("GET", "/nowhere").send(told.addr).await;
    let twice = GrpcCall::new(WORK, &wire("fine")).header("x-step", "3").header("x-step", "4");
    twice.send(told.addr).await;
    let [fine, nowhere, rpc] = told.spans().await;
    let texts = |all: &[&str]| Some(Value::List(all.iter().map(|text| (*text).into()).collect()));
    assert_eq!(fine.get("http.request.header.x-step").cloned(), texts(&["1", "2"]));
    assert_eq!(rpc.get("rpc.request.metadata.x-step").cloned(), texts(&["3", "4"]));
    let none = |key: &String| key.ends_with(".x-none");
    assert!(![&fine, &nowhere, &rpc].iter().any(|span| span.attributes.keys().any(none)));
    for span in [&fine, &nowhere] {
        let media = span.get("http.response.header.content-type").cloned();
        assert_eq!(media, texts(&["application/json"]), "{span:?}");
        assert_eq!(span.get("http.response.header.x-none"), None);
    }
    let media = rpc.get("rpc.response.metadata.content-type").cloned();
    assert_eq!(media, texts(&["application/grpc"]));
}

#[tokio::test]
async fn a_method_that_nobody_knows_is_other_and_its_own_name_stands_beside() {
    let told = Told::desk().await;
    for verb in ["PURGE", "GeT"] {
        call(verb, "/desk/fine").send(told.addr).await;
    }
    let spans: [_; 2] = told.spans().await;
    for (span, verb) in spans.iter().zip(["PURGE", "GeT"]) {
        assert_eq!(span.name, "HTTP");
        assert_eq!(span.text("http.request.method"), "_OTHER");
        assert_eq!(span.text("http.request.method_original"), verb);
    }
}

#[tokio::test]
async fn a_proxy_is_believed_only_where_it_is_trusted() {
    for (settings, scheme, client, host, port) in [
        ("server: {trusted_proxies: ['127.0.0.1']}", "https", "203.0.113.9", "shop.example", None),
        ("", "http", "127.0.0.1", "127.0.0.1", Some(())),
    ] {
        let told = Told::open(desk(), settings).await;
        let request = call("GET", "/desk/fine")
            .header("x-forwarded-for", "203.0.113.9")
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-host", "shop.example");
        request.send(told.addr).await;
        let own = i64::from(told.addr.port());
        let [span] = told.spans().await;
        assert_eq!(span.text("url.scheme"), scheme);
        assert_eq!(span.text("client.address"), client);
        assert_eq!(span.text("server.address"), host);
        assert_eq!(span.get("server.port").and_then(Value::int), port.map(|()| own));
        assert_eq!(span.text("network.peer.address"), "127.0.0.1", "the socket is what it is");
    }
}

#[tokio::test]
async fn an_old_client_is_told_by_its_version() {
    let told = Told::desk().await;
    let mut raw = e2e::Raw::connect(told.addr).await;
    raw.send("GET /desk/fine HTTP/1.0\r\n\r\n").await;
    raw.to_end().await;
    let [span] = told.spans().await;
    assert_eq!(span.text("network.protocol.version"), "1.0");
    assert_eq!(span.get("server.address"), None, "it named no host");
    assert_eq!(span.get("user_agent.original"), None);
}

#[tokio::test]
async fn every_secret_of_a_signed_query_is_left_out() {
    let told = Told::desk().await;
    let query = "X-Amz-Signature=a&X-Amz-Credential=b&X-Amz-Security-Token=c&AWSAccessKeyId=d\
                 &Signature=e&sig=f&X-Goog-Signature=g&SIG=kept";
    call("GET", &format!("/desk/fine?{query}")).send(told.addr).await;
    let [span] = told.spans().await;
    assert_eq!(
        span.text("url.query"),
        "X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED&X-Amz-Security-Token=REDACTED\
         &AWSAccessKeyId=REDACTED&Signature=REDACTED&sig=REDACTED&X-Goog-Signature=REDACTED\
         &SIG=kept"
    );
}

#[tokio::test]
async fn one_request_is_one_span_on_every_wire() {
    let told = Told::desk().await;
    for wire in WIRES {
        let mut connection = e2e::Connection::open(told.addr, wire).await;
        for _ in 0..5 {
            call("GET", "/desk/fine").send_on(&mut connection).await;
        }
    }
    let spans: [_; 10] = told.spans().await;
    let traces: std::collections::BTreeSet<_> = spans.iter().map(|span| &span.trace).collect();
    assert_eq!(traces.len(), 10, "each has a trace of its own");
}

#[tokio::test]
async fn export_over_http_brings_the_same() {
    let receiver = Receiver::start().await.expect("a port");
    let to = format!(
        "telemetry: {{otlp: {{endpoint: 'http://{}', protocol: http/protobuf}}, sample: 1.0}}",
        receiver.addr()
    );
    let server = start(desk().defaults(to)).await;
    call("GET", "/desk/fine").over(Wire::H2c).send(server.addr).await;
    server.stop().await.expect("a clean stop");
    let received = everything(&receiver);
    assert_eq!(received.named("GET /desk/{text}").len(), 1);
    assert!(received.metric("http.server.request.duration").is_some());
    assert!(received.exports.iter().all(|export| !export.grpc));
}
