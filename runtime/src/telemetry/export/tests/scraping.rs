use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;

use super::{Pipeline, Resource, open, settings};

/// One sample: name, labels as written, value.
fn samples(text: &str) -> Vec<(&str, &str, f64)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| sample(line).unwrap_or_else(|| panic!("no sample: {line}"))).collect()
}

fn sample(line: &str) -> Option<(&str, &str, f64)> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = match series.split_once('{') {
        None => (series, ""),
        Some((name, labels)) => (name, labels.strip_suffix('}')?),
    };
    Some((name, labels, value.parse().ok()?))
}

#[tokio::test]
async fn the_text_is_whole_and_described() {
    let mut settings = settings();
    settings.prometheus = true;
    let pipeline = open(&settings);
    let meter = pipeline.meter_provider().meter("user");
    let histogram = meter
        .f64_histogram("rpc.server.call.duration")
        .with_unit("s")
        .with_description("Measures the duration of an incoming call.")
        .with_boundaries(vec![0.1, 1.0])
        .build();
    histogram.record(0.5, &[KeyValue::new("rpc.method", "a \"quoted\"\nline \\")]);
    let text = pipeline.scrape().expect("it is on").await.expect("a text");

    let samples = samples(&text);
    for (name, _, _) in &samples {
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix))
            .filter(|family| text.contains(&format!("# TYPE {family} histogram\n")))
            .unwrap_or(name);
        let help = text.lines().find_map(|line| line.strip_prefix(&format!("# HELP {family} ")));
        assert!(help.is_some_and(|help| !help.is_empty()), "{family} is not described");
        assert!(text.contains(&format!("# TYPE {family} ")), "{family} has no type");
    }
    let of = |name: &str| -> Vec<(&str, f64)> {
        let of = samples.iter().filter(|(other, _, _)| *other == name);
        of.map(|(_, labels, value)| (*labels, *value)).collect()
    };
    assert_eq!(of("target_info"), [("service_name=\"tested\"", 1.0)]);
    let buckets = of("rpc_server_call_duration_seconds_bucket");
    let label = r#"rpc_method="a \"quoted\"\nline \\",otel_scope_name="user""#;
    assert_eq!(buckets.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [0.0, 1.0, 1.0]);
    assert!(buckets.iter().all(|(labels, _)| labels.starts_with(label)), "{buckets:?}");
    for (name, labels, _) in samples {
        let told = labels.contains("otel_scope_");
        assert_eq!(told, name.starts_with("rpc_server_call_duration"), "{name}{{{labels}}}");
    }
}

#[tokio::test]
async fn whatever_things_are_called_the_text_can_be_read() {
    let mut settings = settings();
    settings.prometheus = true;
    let resource = ["aws:region", "2nd", "aws.region"].map(|key| KeyValue::new(key, key));
    let resource = Resource::builder_empty().with_attributes(resource).build();
    let sampler = Box::new(opentelemetry_sdk::trace::Sampler::AlwaysOn);
    let pipeline = Pipeline::open(&settings, resource, sampler).expect("it opens");
    for scope in ["left", "right"] {
        let meter = pipeline.meter_provider().meter(scope);
        let odd = ["cloud:region", "cloud_region", "2xx", "le"].map(|key| KeyValue::new(key, key));
        meter.u64_counter("orders").build().add(1, &odd);
        meter.f64_histogram("sizes").with_boundaries(vec![1.0]).build().record(0.5, &odd[3..]);
    }
    let text = pipeline.scrape().expect("it is on").await.expect("a text");
    let samples = samples(&text);
    let of = |wanted: &str| -> Vec<_> {
        let of = samples.iter().filter(|(name, _, _)| *name == wanted);
        of.map(|(_, labels, _)| *labels).collect()
    };
    let orders = |scope| {
        format!(
            r#"_2xx="2xx",cloud_region="cloud:region;cloud_region",_le="le",otel_scope_name="{scope}""#
        )
    };
    assert_eq!(of("orders_total"), [orders("left"), orders("right")]);
    assert_eq!(of("target_info"), [r#"_2nd="2nd",aws_region="aws:region;aws.region""#]);
    let sum = |scope| format!(r#"_le="le",otel_scope_name="{scope}""#);
    assert_eq!(of("sizes_sum"), [sum("left"), sum("right")]);
}

#[tokio::test]
async fn exponential_histograms_are_not_for_the_text() {
    let mut settings = settings();
    settings.exponential_histograms = true;
    assert!(open(&settings).warnings().is_empty());
    settings.prometheus = true;
    let pipeline = open(&settings);
    assert_eq!(pipeline.warnings().len(), 1);
    let meter = pipeline.meter_provider().meter("user");
    meter.f64_histogram("sizes").with_boundaries(vec![1.0]).build().record(0.5, &[]);
    assert!(
        pipeline
            .scrape()
            .expect("it is on")
            .await
            .expect("a text")
            .contains(r#"sizes_bucket{otel_scope_name="user",le="1"} 1"#)
    );
}

#[tokio::test]
async fn the_process_and_the_runtime_are_told() {
    let mut settings = settings();
    settings.prometheus = true;
    let pipeline = open(&settings);
    let pending = tokio::spawn(std::future::pending::<()>());
    let text = pipeline.scrape().expect("it is on").await.expect("a text");
    let samples = samples(&text);
    let value = |name: &str, labels: &str| {
        let found = samples.iter().find(|(other, with, _)| *other == name && *with == labels);
        found.unwrap_or_else(|| panic!("no {name}{{{labels}}} in {text}")).2
    };
    assert_eq!(value("tokio_runtime_workers", ""), 1.0);
    assert_eq!(value("tokio_runtime_alive_tasks", ""), 1.0);
    assert!(value("tokio_runtime_global_queue_depth", "") <= 1.0);
    if cfg!(target_os = "linux") {
        assert!(value("process_cpu_time_seconds_total", "cpu_mode=\"user\"") >= 0.0);
        assert!(value("process_cpu_time_seconds_total", "cpu_mode=\"system\"") >= 0.0);
        let resident = value("process_memory_usage_bytes", "");
        assert!((1e6..1e11).contains(&resident), "{resident}");
        assert!(value("process_memory_virtual_bytes", "") >= resident);
        assert!(value("process_threads", "") >= 1.0);
        assert!(value("process_open_fds", "") >= 3.0);
        assert!((0.0..86400.0).contains(&value("process_uptime_seconds", "")));
    }
    pending.abort();
}

#[tokio::test]
async fn a_callback_that_panics_costs_the_text_and_says_so() {
    let mut settings = settings();
    settings.prometheus = true;
    let pipeline = open(&settings);
    let meter = pipeline.meter_provider().meter("user");
    meter.u64_observable_gauge("bad").with_callback(|_| panic!("on purpose")).build();
    for _ in 0..2 {
        let (status, why) = pipeline.scrape().expect("it is on").await.expect_err("no text");
        assert_eq!(status, 500);
        assert!(why.contains("a callback of an instrument panicked"), "{why}");
    }
    // What is measured goes nowhere, and does no harm.
    meter.u64_counter("later").build().add(1, &[]);
}

/// Time stands still but for who waits for it, and nobody but the scrapes does.
#[tokio::test(start_paused = true)]
async fn a_callback_that_hangs_costs_the_text_and_one_thread_until_it_returns() {
    let mut settings = settings();
    settings.prometheus = true;
    let pipeline = open(&settings);
    let (go, hung) = std::sync::mpsc::channel::<()>();
    let (hung, asked) = (std::sync::Mutex::new(hung), Arc::new(AtomicU32::new(0)));
    let counted = Arc::clone(&asked);
    let meter = pipeline.meter_provider().meter("user");
    let gauge = meter.u64_observable_gauge("slow").with_callback(move |observer| {
        counted.fetch_add(1, Ordering::Relaxed);
        // At the end there is nobody to let it go on.
        let _ = hung.lock().expect("no panic under the lock").recv();
        observer.observe(7, &[]);
    });
    gauge.build();
    let (first, second) =
        (pipeline.scrape().expect("it is on"), pipeline.scrape().expect("it is on"));
    let began = tokio::time::Instant::now();
    let third = async {
        // It gives up itself, and is not missed.
        let _ = tokio::time::timeout(Duration::from_secs(1), first).await;
        second.await
    };
    for text in [third.await, pipeline.scrape().expect("it is on").await] {
        let (status, why) = text.expect_err("no text");
        assert_eq!(status, 503);
        assert!(why.contains("has not returned for 10 seconds"), "{why}");
    }
    assert_eq!(began.elapsed(), Duration::from_secs(21));
    assert!(asked.load(Ordering::Relaxed) <= 1, "one thread at a time");
    tokio::time::resume();
    drop(go);
    let text = pipeline.scrape().expect("it is on").await.expect("a text");
    assert!(text.contains(r#"slow{otel_scope_name="user"} 7"#), "{text}");
}

#[tokio::test]
async fn the_end_does_not_wait_for_a_callback_that_hangs() {
    let mut settings = settings();
    settings.prometheus = true;
    let pipeline = open(&settings);
    let (go, hung) = std::sync::mpsc::channel::<()>();
    let (asked, mut begun) = tokio::sync::mpsc::unbounded_channel();
    let hung = std::sync::Mutex::new(hung);
    let meter = pipeline.meter_provider().meter("user");
    let gauge = meter.u64_observable_gauge("slow").with_callback(move |_| {
        let _ = asked.send(());
        let _ = hung.lock().expect("no panic under the lock").recv();
    });
    gauge.build();
    let scrape = tokio::spawn(pipeline.scrape().expect("it is on"));
    begun.recv().await.expect("it is asked");
    let end = pipeline.shutdown(Duration::from_secs(5));
    tokio::time::timeout(Duration::from_secs(60), end).await.expect("an end");
    drop(go);
    scrape.await.expect("no panic").expect("a text");
}
