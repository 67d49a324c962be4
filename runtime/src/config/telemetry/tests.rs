//! The section `telemetry` as it stands in files: every mistake has its place.

use super::super::tests::settings;
use super::*;

fn keys(inside: &str) -> TelemetryKeys {
    settings(&format!("telemetry: {{{inside}}}"), &[]).expect("fine").telemetry
}

#[test]
fn the_defaults_are_those_of_opentelemetry() {
    let keys = settings("", &[]).expect("fine").telemetry;
    assert_eq!(keys.sample, 1.0);
    assert!(keys.sampling.priority && keys.sampling.parent_based);
    assert!(keys.sampling.per_second.is_none() && keys.sampling.rules.is_empty());
    assert_eq!(keys.propagators, [Propagator::TraceContext, Propagator::Baggage]);
    assert!(keys.otlp.endpoint.is_none() && keys.otlp.protocol.is_none());
    assert_eq!(keys.otlp.compression, Compression::None);
    assert_eq!(keys.otlp.timeout, Duration::from_secs(10));
    assert_eq!(keys.traces.exporters, [Exporter::Otlp]);
    assert_eq!(keys.metrics.exporters, [Exporter::Otlp, Exporter::Prometheus]);
    assert_eq!(keys.interval, Duration::from_secs(60));
    let batch = keys.batch;
    assert_eq!((batch.size, batch.queue, batch.delay), (512, 2048, Duration::from_secs(5)));
    assert_eq!(batch.records_delay, Duration::from_secs(1));
    assert!(keys.resource.is_empty() && keys.environment.is_none());
    assert!(!keys.command_line && !keys.kratos_names);
    let server = settings("", &[]).expect("fine");
    assert!(!server.server.public);
}

#[test]
fn a_delay_that_somebody_says_is_for_log_records_too() {
    let batch = keys("batch: {delay: 5s}").batch;
    assert_eq!(batch.records_delay, Duration::from_secs(5));
}

#[test]
fn everything_can_be_said() {
    let yaml = "
sample: 0.1, sampling: {per_second: 2.5, rules: [{operation: /a/B, share: 1}, {operation: '/a/*', share: 0}, {operation: '*', share: 0.5}], priority: false, parent_based: false},
propagators: [b3, b3multi, jaeger], otlp: {endpoint: h, protocol: http/protobuf, headers: {X-Key: 1}, compression: gzip, timeout: 1s, tls: {ca: a, cert: b, key: c}},
traces: {exporters: [console, otlp], endpoint: 'https://t'}, metrics: {exporters: [prometheus], interval: 1s}, logs: {exporters: [none]}, batch: {size: 1, queue: 2, delay: 3s},
resource: {a: {b: 1.10, c: ~}, d.e: true}, environment: test, command_line: true, kratos_names: true, request_headers: [X-A, x-a, X-A], response_headers: ['x-b']";
    let keys = keys(&yaml.replace('\n', " "));
    assert_eq!(keys.sample, 0.1);
    assert_eq!(keys.sampling.per_second, Some(2.5));
    assert_eq!(keys.sampling.rules.len(), 3);
    assert_eq!(keys.propagators.len(), 3);
    assert_eq!(keys.otlp.protocol, Some(OtlpProtocol::HttpProtobuf));
    assert_eq!(keys.otlp.headers, [("x-key".to_owned(), Secret("1".to_owned()))]);
    assert_eq!(keys.otlp.identity, Some(("b".into(), "c".into())));
    assert_eq!(keys.traces.endpoint, Endpoint::parse("https://t"));
    assert_eq!(keys.logs.exporters, [Exporter::None]);
    let attributes: Vec<_> =
        keys.resource.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(attributes, ["a.b=1.10", "d.e=true"]);
    assert_eq!(keys.environment.as_deref(), Some("test"));
    assert_eq!(
        (keys.request_headers, keys.response_headers),
        (vec!["x-a".to_owned()], vec!["x-b".to_owned()])
    );
}

#[test]
fn mistakes_have_a_place_and_never_a_secret() {
    for (inside, expected) in [
        ("sampel: 1", "1:13: telemetry.sampel: unknown key; did you mean `sample`?"),
        ("otlp: {header: {}}", "1:20: telemetry.otlp.header: unknown key; did you mean `headers`?"),
        ("sample: 2", "1:21: telemetry.sample: expected a share from 0 to 1, found 2"),
        ("sample: .nan", "1:21: telemetry.sample: expected a share from 0 to 1, found NaN"),
        ("sample: all", "1:21: telemetry.sample: expected f64, found \"all\""),
        (
            "sampling: {per_second: -1}",
            "1:36: telemetry.sampling.per_second: expected a number of traces a second, found -1",
        ),
        (
            "sampling: {rules: [{operation: /a, share: 1}, {operation: /b, share: 3}]}",
            "1:82: telemetry.sampling.rules[1].share: expected a share from 0 to 1, found 3",
        ),
        (
            "sampling: {rules: [{operation: '/a*b', share: 1}]}",
            "1:44: telemetry.sampling.rules[0].operation: expected an operation such as /shop.v1.Users/Get or /shop.v1.*, found \"/a*b\"",
        ),
        (
            "sampling: {rules: [{operation: /a}]}",
            "1:32: telemetry.sampling.rules[0].share: missing",
        ),
        (
            "sampling: {rules: [{operation: /a, share: 1, x: 1}]}",
            "1:58: telemetry.sampling.rules[0]: unknown key `x`; known here: `operation`, `share`",
        ),
        (
            "propagators: [w3c]",
            "1:27: telemetry.propagators[0]: expected one of `tracecontext`, `baggage`, `b3`, `b3multi`, `jaeger`, found \"w3c\"",
        ),
        (
            "otlp: {endpoint: 'grpc://me:s3cret@h'}",
            "1:30: telemetry.otlp.endpoint: expected an address such as http://127.0.0.1:4317",
        ),
        (
            "logs: {endpoint: 'http://h:s3cret'}",
            "1:30: telemetry.logs.endpoint: expected an address such as http://127.0.0.1:4317",
        ),
        (
            "otlp: {protocol: http/json}",
            "1:30: telemetry.otlp.protocol: expected one of `grpc`, `http/protobuf`, found \"http/json\"",
        ),
        (
            "otlp: {compression: zstd}",
            "1:33: telemetry.otlp.compression: expected one of `none`, `gzip`, found \"zstd\"",
        ),
        ("otlp: {timeout: 0s}", "1:29: telemetry.otlp.timeout: expected more than 0s"),
        (
            "otlp: {headers: s3cret}",
            "1:29: telemetry.otlp.headers: expected a map of headers and their values",
        ),
        (
            "otlp: {headers: 5}",
            "1:29: telemetry.otlp.headers: expected a map of headers and their values",
        ),
        (
            "otlp: {headers: {a: \"s3cret\\n\"}}",
            "1:29: telemetry.otlp.headers: the value of the header `a` is none that can be sent",
        ),
        (
            "otlp: {headers: {a b: s3cret}}",
            "1:29: telemetry.otlp.headers: expected names of headers, such as `authorization`",
        ),
        (
            "otlp: {headers: {a: [s3cret]}}",
            "1:33: telemetry.otlp.headers.a: expected a string, found a list",
        ),
        (
            "otlp: {tls: {cert: a}}",
            "telemetry.otlp.tls.key: expected the path of a file, to go with telemetry.otlp.tls.cert",
        ),
        (
            "otlp: {tls: {key: a}}",
            "telemetry.otlp.tls.cert: expected the path of a file, to go with telemetry.otlp.tls.key",
        ),
        (
            "traces: {exporters: [prometheus]}",
            "1:33: telemetry.traces.exporters: expected otlp, console or none: prometheus is for metrics",
        ),
        ("metrics: {interval: 0s}", "1:33: telemetry.metrics.interval: expected more than 0s"),
        (
            "batch: {size: 3000}",
            "1:27: telemetry.batch.size: expected at most 2048, as telemetry.batch.queue, found 3000",
        ),
        ("batch: {queue: 0}", "1:28: telemetry.batch.queue: expected a nonzero usize, found 0"),
        ("resource: {a: [1]}", "1:27: telemetry.resource.a: expected a text, found a list"),
        ("resource: 5", "1:23: telemetry.resource: expected a map of keys"),
        (
            "request_headers: ['a b']",
            "1:30: telemetry.request_headers: expected names of headers, found \"a b\"",
        ),
    ] {
        let told = settings(&format!("telemetry: {{{inside}}}"), &[]).expect_err(inside);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(
            told[0].trim_start_matches("App::defaults:").trim_start_matches("default: "),
            expected,
            "{inside}"
        );
    }
}

#[test]
fn a_variable_that_is_no_map_of_headers_is_not_repeated() {
    for text in [
        "authorization=s3cret",
        "s3cret",
        "5",
        "{s3cret",
        "{authorization=s3cret}",
        "{authorization:s3cret}",
        "{'authorization: s3cret': x}",
        "[authorization: s3cret]",
    ] {
        let told = settings("", &[("BIDENT_TELEMETRY__OTLP__HEADERS", text)]).expect_err(text);
        assert!(told.len() == 1 && !told[0].contains("s3cret"), "{told:?}");
        assert!(
            told[0].starts_with("env BIDENT_TELEMETRY__OTLP__HEADERS: telemetry.otlp.headers: "),
            "{told:?}"
        );
    }
    for (name, text) in [
        ("BIDENT_TELEMETRY__OTLP__HEADERS", "{authorization: s3cret}"),
        ("BIDENT_TELEMETRY__OTLP__HEADERS__AUTHORIZATION", "s3cret"),
    ] {
        let found = settings("", &[(name, text)]).expect("fine").telemetry.otlp.headers;
        assert_eq!(found, [("authorization".to_owned(), Secret("s3cret".to_owned()))]);
    }
}

#[test]
fn every_mistake_is_told_at_once() {
    let yaml = "telemetry: {sample: 2, otlp: {timeout: 0s, endpoint: ''}, batch: {size: 0}, environment: [1]}";
    assert_eq!(settings(yaml, &[]).expect_err("all").len(), 5);
}
