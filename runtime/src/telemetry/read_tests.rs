//! Every variable that is read, and what comes before what.

use super::*;

fn read(yaml: &str, variables: &[(&str, &str)]) -> TelemetrySettings {
    let keys = crate::config::tests::settings(yaml, &[]).expect("fine").telemetry;
    TelemetrySettings::read(&keys, &|name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).into())
    })
}

fn quiet(yaml: &str, variables: &[(&str, &str)]) -> TelemetrySettings {
    let settings = read(yaml, variables);
    assert_eq!(settings.warnings, [""; 0], "{variables:?}");
    settings
}

/// What one variable makes of one setting. A value that is wrong leaves the default and is told once, as is an empty one
/// without being told.
fn row<T: PartialEq + std::fmt::Debug>(
    name: &str,
    of: impl Fn(&TelemetrySettings) -> T,
    default: T,
    good: &[(&str, T)],
    bad: &[&str],
) {
    assert_eq!(of(&quiet("", &[])), default, "{name} unset");
    for empty in ["", "  "] {
        assert_eq!(of(&quiet("", &[(name, empty)])), default, "{name} empty");
    }
    for (value, expected) in good {
        assert_eq!(of(&quiet("", &[(name, value)])), *expected, "{name}={value}");
    }
    for value in bad {
        let settings = read("", &[(name, value)]);
        assert_eq!(of(&settings), default, "{name}={value}");
        assert_eq!(settings.warnings.len(), 1, "{name}={value}: {:?}", settings.warnings);
        assert!(settings.warnings[0].starts_with(name), "{:?}", settings.warnings);
    }
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const AT: &str = "telemetry: {otlp: {endpoint: 'http://h:4317'}}";

fn otlp(yaml: &str, variables: &[(&str, &str)]) -> OtlpSettings {
    quiet(yaml, variables).traces.otlp.expect("an exporter")
}

#[test]
fn switches_and_numbers() {
    row(
        "OTEL_SDK_DISABLED",
        |it| it.disabled,
        false,
        &[("true", true), ("TRUE", true), ("false", false)],
        &["1", "yes"],
    );
    let counts = &["-1", "+1", "1.5", "many", "0"];
    row(
        "OTEL_BSP_SCHEDULE_DELAY",
        |it| it.spans.delay,
        millis(5000),
        &[("200", millis(200)), ("0", millis(0))],
        &counts[..4],
    );
    row("OTEL_BSP_MAX_QUEUE_SIZE", |it| it.spans.queue, 2048, &[("4096", 4096)], counts);
    row(
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        |it| it.spans.batch,
        512,
        &[("64", 64)],
        &["0", "x", "2049"],
    );
    row(
        "OTEL_BLRP_SCHEDULE_DELAY",
        |it| it.records.delay,
        millis(1000),
        &[("200", millis(200)), ("0", millis(0))],
        &counts[..4],
    );
    row("OTEL_BLRP_MAX_QUEUE_SIZE", |it| it.records.queue, 2048, &[("4096", 4096)], counts);
    row(
        "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
        |it| it.records.batch,
        512,
        &[("64", 64)],
        &["0", "x", "2049"],
    );
    row(
        "OTEL_METRIC_EXPORT_INTERVAL",
        |it| it.metrics_interval,
        millis(60_000),
        &[("1", millis(1))],
        counts,
    );
    let small = quiet("", &[("OTEL_BSP_MAX_QUEUE_SIZE", "100")]);
    assert_eq!(
        (small.spans.batch, small.records.batch),
        (100, 512),
        "no batch is longer than its queue"
    );
}

#[test]
fn limits_of_spans_and_log_records() {
    let bad = &["-1", "many"];
    row(
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
        |it| it.limits.attributes,
        128,
        &[("7", 7), ("0", 0)],
        bad,
    );
    row(
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        |it| it.limits.value_length,
        None,
        &[("7", Some(7))],
        bad,
    );
    row("OTEL_SPAN_EVENT_COUNT_LIMIT", |it| it.limits.events, 128, &[("7", 7)], bad);
    row("OTEL_SPAN_LINK_COUNT_LIMIT", |it| it.limits.links, 128, &[("7", 7)], bad);
    row("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", |it| it.limits.event_attributes, 128, &[("7", 7)], bad);
    row("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", |it| it.limits.link_attributes, 128, &[("7", 7)], bad);
    let all = |it: &TelemetrySettings| {
        (it.limits.attributes, it.limits.event_attributes, it.limits.link_attributes)
    };
    row("OTEL_ATTRIBUTE_COUNT_LIMIT", all, (128, 128, 128), &[("7", (7, 7, 7))], bad);
    row(
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        |it| it.limits.value_length,
        None,
        &[("7", Some(7))],
        bad,
    );
    let both = [("OTEL_ATTRIBUTE_COUNT_LIMIT", "7"), ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "9")];
    assert_eq!(all(&quiet("", &both)), (9, 7, 7), "a limit of its own comes first");
    let both = [
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "7"),
        ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "9"),
    ];
    assert_eq!(quiet("", &both).limits.value_length, Some(9));
    let records = |variables: &[(&str, &str)]| {
        let limits = quiet("", variables).record_limits;
        (limits.attributes, limits.value_length)
    };
    assert_eq!(records(&[]), (128, None));
    let general = [("OTEL_ATTRIBUTE_COUNT_LIMIT", "5"), ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "6")];
    assert_eq!(records(&general), (5, Some(6)));
    let own = [
        ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "7"),
        ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "8"),
    ];
    assert_eq!(records(&[general, own].concat()), (7, Some(8)));
}

#[test]
fn metrics_and_names() {
    use Temporality::{Cumulative, Delta, LowMemory};
    row(
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        |it| it.temporality,
        Cumulative,
        &[("cumulative", Cumulative), ("Delta", Delta), ("LOWMEMORY", LowMemory)],
        &["sometimes"],
    );
    row(
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        |it| it.exponential_histograms,
        false,
        &[("explicit_bucket_histogram", false), ("base2_exponential_bucket_histogram", true)],
        &["round"],
    );
    let older = |http, rpc| OlderNames { http, rpc };
    row(
        "OTEL_SEMCONV_STABILITY_OPT_IN",
        |it| it.older,
        older(false, false),
        &[
            ("http/dup", older(true, false)),
            ("RPC/dup , http/dup", older(true, true)),
            ("http,rpc", older(false, false)),
            ("database/dup", older(false, false)),
        ],
        &[],
    );
    let methods = |list: &[&str]| Some(list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
    row(
        "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
        |it| it.known_methods.clone(),
        None,
        &[("GET, Foo,", methods(&["GET", "Foo"]))],
        &[],
    );
}

#[test]
fn propagators_are_a_list() {
    use Propagator::{B3, B3Multi, Baggage, Jaeger, TraceContext};
    row(
        "OTEL_PROPAGATORS",
        |it| it.propagators.clone(),
        vec![TraceContext, Baggage],
        &[
            ("b3", vec![B3]),
            ("B3Multi, jaeger", vec![B3Multi, Jaeger]),
            ("baggage,tracecontext,baggage", vec![Baggage, TraceContext]),
            ("none", vec![]),
        ],
        &["xray"],
    );
    let some = read("", &[("OTEL_PROPAGATORS", "ottrace,b3")]);
    assert_eq!((some.propagators, some.warnings.len()), (vec![B3], 1));
    let over = quiet("telemetry: {propagators: [jaeger]}", &[("OTEL_PROPAGATORS", "b3")]);
    assert_eq!(over.propagators, [B3]);
}

#[test]
fn a_sampler_in_the_environment_replaces_all_of_ours() {
    let ours = "telemetry: {sample: 0.5, sampling: {per_second: 5, rules: [{operation: /a, share: 1}], parent_based: false}}";
    let key = quiet(ours, &[]).sampling;
    assert_eq!(
        (key.share, key.parent_based, key.per_second, key.rules.len()),
        (0.5, false, Some(5.0), 1)
    );
    let name = "OTEL_TRACES_SAMPLER";
    for (value, share, parent_based, priority) in [
        ("always_on", 1.0, false, true),
        ("Always_Off", 0.0, false, false),
        ("traceidratio", 0.25, false, true),
        ("parentbased_always_on", 1.0, true, true),
        ("parentbased_always_off", 0.0, true, true),
        ("PARENTBASED_TRACEIDRATIO", 0.25, true, true),
    ] {
        let found = quiet(ours, &[(name, value), ("OTEL_TRACES_SAMPLER_ARG", "0.25")]).sampling;
        let decided = (found.share, found.parent_based, found.priority);
        assert_eq!(decided, (share, parent_based, priority), "{value}");
        assert!(found.per_second.is_none() && found.rules.is_empty(), "{value}");
    }
    for value in ["jaeger_remote", "xray", "sometimes"] {
        let found = read(ours, &[(name, value)]);
        assert_eq!((found.sampling.share, found.warnings.len()), (0.5, 1), "{value}");
    }
    assert_eq!(quiet(ours, &[(name, ""), ("OTEL_TRACES_SAMPLER_ARG", "0.25")]).sampling.share, 0.5);
    for value in ["2", "-0.1", "NaN", "half"] {
        let found = read(ours, &[(name, "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", value)]);
        assert_eq!((found.sampling.share, found.warnings.len()), (1.0, 1), "{value}");
    }
    assert_eq!(quiet(ours, &[(name, "traceidratio")]).sampling.share, 1.0);
}

#[path = "read_export_tests.rs"]
mod exports;
