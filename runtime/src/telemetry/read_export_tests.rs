//! Where each signal goes and how, who the resource is, and what is told of it.

use super::*;

#[test]
fn who_gets_what() {
    let who = |it: &SignalSettings| (it.otlp.is_some(), it.console);
    let all = quiet(AT, &[]);
    assert_eq!([who(&all.traces), who(&all.metrics), who(&all.logs)], [(true, false); 3]);
    assert!(all.prometheus);
    let nobody = quiet("", &[]);
    assert_eq!([who(&nobody.traces), who(&nobody.metrics), who(&nobody.logs)], [(false, false); 3]);
    assert!(nobody.prometheus, "there is no endpoint, but somebody may ask");
    for (value, expected) in [
        ("none", (false, false)),
        ("console", (false, true)),
        ("logging", (false, true)),
        ("OTLP , console", (true, true)),
    ] {
        assert_eq!(who(&quiet(AT, &[("OTEL_TRACES_EXPORTER", value)]).traces), expected, "{value}");
        assert_eq!(who(&quiet(AT, &[("OTEL_LOGS_EXPORTER", value)]).logs), expected, "{value}");
        let metrics = quiet(AT, &[("OTEL_METRICS_EXPORTER", value)]);
        assert_eq!((who(&metrics.metrics), metrics.prometheus), (expected, false), "{value}");
    }
    let scraped = quiet(AT, &[("OTEL_METRICS_EXPORTER", "prometheus")]);
    assert_eq!((who(&scraped.metrics), scraped.prometheus), ((false, false), true));
    let unknown =
        read(AT, &[("OTEL_TRACES_EXPORTER", "zipkin"), ("OTEL_LOGS_EXPORTER", "prometheus")]);
    assert_eq!(
        [who(&unknown.traces), who(&unknown.logs)],
        [(true, false); 2],
        "what is not known says nothing"
    );
    assert_eq!(unknown.warnings.len(), 2, "{:?}", unknown.warnings);
    let named = "telemetry: {traces: {exporters: [console]}, metrics: {exporters: []}, logs: {exporters: [none]}}";
    let named = quiet(named, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "h:1")]);
    assert_eq!(
        [who(&named.traces), who(&named.metrics), who(&named.logs)],
        [(false, true), (false, false), (false, false)]
    );
    assert!(!named.prometheus);
    assert!(!quiet(AT, &[("OTEL_SDK_DISABLED", "true")]).prometheus);
}

#[test]
fn an_exporter_that_is_asked_for_by_name_has_the_usual_endpoint() {
    let found = quiet("", &[("OTEL_TRACES_EXPORTER", "otlp")]);
    assert_eq!(found.traces.otlp.expect("one").endpoint, "http://localhost:4318/v1/traces");
    assert!(found.logs.otlp.is_none());
    let grpc = [("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "GRPC")];
    assert_eq!(otlp("", &grpc).endpoint, "http://localhost:4317");
    let by_key = otlp("telemetry: {otlp: {protocol: grpc}}", &grpc[..1]);
    let usual = ("http://localhost:4317", OtlpProtocol::Grpc);
    assert_eq!((by_key.endpoint.as_str(), by_key.protocol), usual);
}

#[test]
fn endpoints_say_how_they_are_spoken_to() {
    use OtlpProtocol::{Grpc, HttpProtobuf};
    for (keys, variables, endpoint, protocol) in [
        // From the configuration: the key, the port, gRPC.
        ("endpoint: 'http://h:4317'", &[][..], "http://h:4317", Grpc),
        ("endpoint: 'h:4318'", &[], "http://h:4318/v1/traces", HttpProtobuf),
        ("endpoint: 'h:9'", &[], "http://h:9", Grpc),
        (
            "endpoint: 'h:4317', protocol: http/protobuf",
            &[],
            "http://h:4317/v1/traces",
            HttpProtobuf,
        ),
        ("endpoint: 'h:4318/x/', protocol: grpc", &[], "http://h:4318/x/", Grpc),
        ("endpoint: 'https://h/x/'", &[], "https://h/x/", Grpc),
        (
            "endpoint: 'https://h/x/', protocol: http/protobuf",
            &[],
            "https://h/x/v1/traces",
            HttpProtobuf,
        ),
        // From the environment: its protocol, the port, the key, HTTP.
        ("", &[("ENDPOINT", "http://e:4317")], "http://e:4317", Grpc),
        ("", &[("ENDPOINT", "e:4318")], "http://e:4318/v1/traces", HttpProtobuf),
        ("", &[("ENDPOINT", "http://e:9/")], "http://e:9/v1/traces", HttpProtobuf),
        ("", &[("ENDPOINT", "http://e:9"), ("PROTOCOL", "grpc")], "http://e:9", Grpc),
        ("protocol: grpc", &[("ENDPOINT", "http://e:9")], "http://e:9", Grpc),
        (
            "endpoint: 'h:4317', protocol: grpc",
            &[("ENDPOINT", "http://e:4318")],
            "http://e:4318/v1/traces",
            HttpProtobuf,
        ),
        (
            "endpoint: 'h:4317'",
            &[("PROTOCOL", "http/protobuf")],
            "http://h:4317/v1/traces",
            HttpProtobuf,
        ),
        // A signal's own comes before what is for all, and is taken as it stands.
        (
            "endpoint: 'h:4317'",
            &[("TRACES_ENDPOINT", "http://t:4318/in"), ("ENDPOINT", "http://e:4317")],
            "http://t:4318/in",
            HttpProtobuf,
        ),
        (
            "",
            &[("ENDPOINT", "e:4318"), ("TRACES_PROTOCOL", "grpc"), ("PROTOCOL", "http/protobuf")],
            "http://e:4318",
            Grpc,
        ),
        // Without a scheme it is not encrypted, unless somebody says so.
        ("", &[("ENDPOINT", "e:4317"), ("INSECURE", "true")], "http://e:4317", Grpc),
        ("", &[("ENDPOINT", "e:4317"), ("INSECURE", "false")], "https://e:4317", Grpc),
        ("", &[("ENDPOINT", "http://e:4317"), ("INSECURE", "false")], "http://e:4317", Grpc),
    ] {
        let names: Vec<_> =
            variables.iter().map(|(name, _)| format!("OTEL_EXPORTER_OTLP_{name}")).collect();
        let variables: Vec<_> =
            names.iter().zip(variables).map(|(name, (_, value))| (name.as_str(), *value)).collect();
        let found = otlp(&format!("telemetry: {{otlp: {{{keys}}}}}"), &variables);
        assert_eq!(
            (found.endpoint.as_str(), found.protocol),
            (endpoint, protocol),
            "{keys} {variables:?}"
        );
    }
}

#[test]
fn a_signals_own_key_is_taken_as_it_stands() {
    let yaml = "telemetry: {otlp: {endpoint: 'h:4318'}, logs: {endpoint: 'l:4318/in'}}";
    let found = quiet(yaml, &[]);
    let at = |it: SignalSettings| it.otlp.expect("an exporter").endpoint;
    assert_eq!(at(found.logs), "http://l:4318/in");
    assert_eq!(at(found.metrics), "http://h:4318/v1/metrics");
    let found = quiet(yaml, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://e:4318")]);
    assert_eq!(at(found.logs), "http://e:4318/v1/logs", "the environment always wins");
}

#[test]
fn what_cannot_be_read_leaves_what_held() {
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://me:secret@h:1"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://h:secret"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "-1"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "secret"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=secret%"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=secret%0a"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=secret"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization: Bearer secret=="),
        ("OTEL_EXPORTER_OTLP_HEADERS", r#"{"authorization":"secret="}"#),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "key.pem"),
        ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "cert.pem"),
    ] {
        let found = read(AT, &[(name, value)]);
        let own = found.traces.otlp.expect("an exporter");
        assert_eq!(format!("{own:?}"), format!("{:?}", otlp(AT, &[])), "{name}={value}");
        assert_eq!(found.warnings.len(), 1, "{name}={value}: {:?}", found.warnings);
        assert!(found.warnings[0].starts_with(name), "{:?}", found.warnings);
        assert!(!found.warnings[0].contains("secret"), "{:?}", found.warnings);
    }
}

#[test]
fn how_an_export_is_sent() {
    let yaml = "telemetry: {otlp: {endpoint: 'h:4317', compression: gzip, timeout: 3s, headers: {A: one, b: two}, tls: {ca: ca.pem, cert: c.pem, key: k.pem}}}";
    let key = otlp(yaml, &[]);
    assert!(key.gzip);
    assert_eq!(key.timeout, millis(3000));
    let header = |name: &str, value: &str| (name.to_owned(), Secret(value.to_owned()));
    assert_eq!(key.headers, [header("a", "one"), header("b", "two")]);
    assert_eq!(key.ca, Some("ca.pem".into()));
    assert_eq!(key.identity, Some(("c.pem".into(), "k.pem".into())));
    let told = otlp(
        yaml,
        &[
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "None"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "5000"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "B=three,c=f%20our"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "c=five"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "e-ca.pem"),
            ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "t-ca.pem"),
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "e-c.pem"),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "e-k.pem"),
        ],
    );
    assert!(!told.gzip);
    assert_eq!(told.timeout, millis(5000));
    assert_eq!(told.headers, [header("a", "one"), header("b", "three"), header("c", "five")]);
    assert_eq!(told.ca, Some("t-ca.pem".into()));
    assert_eq!(told.identity, Some(("e-c.pem".into(), "e-k.pem".into())));
}

#[test]
fn the_shorter_of_two_times_bounds_an_export() {
    let timeout = |variables: &[(&str, &str)], of: fn(TelemetrySettings) -> SignalSettings| {
        of(quiet(AT, variables)).otlp.expect("an exporter").timeout
    };
    assert_eq!(timeout(&[], |it| it.traces), millis(10_000));
    assert_eq!(timeout(&[("OTEL_BSP_EXPORT_TIMEOUT", "30000")], |it| it.traces), millis(10_000));
    assert_eq!(timeout(&[("OTEL_BSP_EXPORT_TIMEOUT", "700")], |it| it.traces), millis(700));
    assert_eq!(timeout(&[("OTEL_BSP_EXPORT_TIMEOUT", "700")], |it| it.logs), millis(10_000));
    assert_eq!(timeout(&[("OTEL_BLRP_EXPORT_TIMEOUT", "700")], |it| it.logs), millis(700));
    assert_eq!(timeout(&[("OTEL_METRIC_EXPORT_TIMEOUT", "700")], |it| it.metrics), millis(700));
    let both = [("OTEL_EXPORTER_OTLP_TIMEOUT", "1"), ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "60000")];
    assert_eq!(timeout(&both, |it| it.logs), millis(60_000));
    // Nothing is no bound.
    let none = ("OTEL_EXPORTER_OTLP_TIMEOUT", "0");
    assert!(timeout(&[none], |it| it.traces) > millis(1 << 30));
    assert_eq!(timeout(&[none, ("OTEL_BSP_EXPORT_TIMEOUT", "700")], |it| it.traces), millis(700));
    let both = [("OTEL_EXPORTER_OTLP_TIMEOUT", "700"), ("OTEL_METRIC_EXPORT_TIMEOUT", "0")];
    assert_eq!(timeout(&both, |it| it.metrics), millis(700));
}

#[test]
fn a_switch_that_is_no_word_is_off_and_the_warning_says_so() {
    let at = ("OTEL_EXPORTER_OTLP_ENDPOINT", "e:4317");
    let found = read("", &[at, ("OTEL_EXPORTER_OTLP_INSECURE", "1")]);
    assert_eq!(found.traces.otlp.expect("an exporter").endpoint, "https://e:4317");
    let told =
        "OTEL_EXPORTER_OTLP_INSECURE: expected true or false, found \"1\"; it is taken for false";
    assert_eq!(found.warnings, [told]);
}

#[test]
#[cfg(unix)]
fn what_is_no_text_is_told() {
    use std::os::unix::ffi::OsStringExt as _;
    let keys = crate::config::tests::settings("", &[]).expect("fine").telemetry;
    let found = TelemetrySettings::read(&keys, &|name| {
        (name == "OTEL_SERVICE_NAME").then(|| OsString::from_vec(vec![b'a', 0xff]))
    });
    assert_eq!(found.resource.service_name, None);
    assert_eq!(found.warnings, ["OTEL_SERVICE_NAME: expected text in UTF-8; it is ignored"]);
}

#[test]
fn the_resource_is_told_by_many() {
    let yaml = "telemetry:\n  environment: test\n  resource:\n    team: a\n    service.namespace: shop\n    cloud: {region: eu}\n";
    let attributes = |variables: &[(&str, &str)]| {
        let found = quiet(yaml, variables).resource;
        let list = found.attributes.iter().map(|(key, value)| format!("{key}={value}"));
        (found.service_name, list.collect::<Vec<_>>().join(","))
    };
    let own = "cloud.region=eu,deployment.environment.name=test,service.namespace=shop,team=a";
    assert_eq!(attributes(&[]), (None, own.to_owned()));
    let told = [
        ("OTEL_SERVICE_NAME", "books"),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=b%20c, deployment.environment.name=live,service.name=x"),
    ];
    let expected = "cloud.region=eu,deployment.environment.name=live,service.name=x,service.namespace=shop,team=b c";
    assert_eq!(attributes(&told), (Some("books".to_owned()), expected.to_owned()));
    for wrong in ["team", "team=%zz", "a=b,=c", "a=%ff"] {
        let found = read(yaml, &[("OTEL_RESOURCE_ATTRIBUTES", wrong)]);
        assert_eq!(found.resource.attributes["team"], "a", "{wrong}: all of it is left out");
        assert!(!found.resource.attributes.contains_key("a"), "{wrong}");
        assert_eq!(found.warnings.len(), 1, "{wrong}");
    }
    let named =
        quiet("telemetry: {environment: a, resource: {deployment.environment.name: b}}", &[]);
    assert_eq!(named.resource.attributes["deployment.environment.name"], "b");
}

#[test]
fn metrics_are_scraped_at_an_address_of_their_own_where_somebody_says() {
    let at = |host, port| {
        let variables =
            [("OTEL_EXPORTER_PROMETHEUS_HOST", host), ("OTEL_EXPORTER_PROMETHEUS_PORT", port)];
        quiet("", &variables).scrape_at
    };
    assert_eq!(at("", ""), None);
    assert_eq!(at("0.0.0.0", "").as_deref(), Some("0.0.0.0:9464"));
    assert_eq!(at("", "1").as_deref(), Some("localhost:1"));
    assert_eq!(at("::1", "1").as_deref(), Some("[::1]:1"));
    assert_eq!(at("[::1]", "1").as_deref(), Some("[::1]:1"));
    let port = ("OTEL_EXPORTER_PROMETHEUS_PORT", "1");
    assert_eq!(quiet("", &[port, ("OTEL_METRICS_EXPORTER", "otlp")]).scrape_at, None);
    assert_eq!(quiet("", &[port, ("OTEL_SDK_DISABLED", "true")]).scrape_at, None);
    for wrong in ["99999", "http"] {
        let told = read("", &[("OTEL_EXPORTER_PROMETHEUS_PORT", wrong)]);
        assert_eq!((told.scrape_at, told.warnings.len()), (None, 1), "{wrong}");
    }
}

#[test]
fn what_is_not_read_is_told() {
    for name in [
        "OTEL_CONFIG_FILE",
        "OTEL_ENTITIES",
        "OTEL_METRICS_EXEMPLAR_FILTER",
        "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN",
    ] {
        let warnings = read("", &[(name, "1")]).warnings;
        assert!(warnings.len() == 1 && warnings[0].starts_with(name), "{warnings:?}");
        quiet("", &[(name, "")]);
    }
}

#[test]
fn secrets_are_not_shown() {
    let yaml = "telemetry: {otlp: {endpoint: 'http://me:s3cret@h:4317/?k=s3cret', headers: {authorization: Bearer s3cret}}}";
    let keys = crate::config::tests::settings(yaml, &[]).expect("fine").telemetry;
    assert!(!format!("{keys:?}").contains("s3cret"), "{keys:?}");
    let variables = [
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://me:s3cret@h:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=s3cret"),
    ];
    for variables in [&[][..], &variables] {
        let settings = quiet(yaml, variables);
        assert_eq!(
            settings.traces.otlp.as_ref().expect("one").endpoint,
            "http://me:s3cret@h:4317/?k=s3cret"
        );
        assert!(!format!("{settings:?}").contains("s3cret"), "{settings:?}");
    }
}
