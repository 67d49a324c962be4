//! What others see of a running program: a collector that reads with OpenTelemetry's own code, and Prometheus.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{bounded, call as http, grpc};
use serde_json::{Value, json};
use support::outside;
use support::process::{Process, addresses};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::server;

const PYTHON: &str = "import grpc, opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc";
const END: Duration = Duration::from_secs(20);

/// `helloworld.v1.SayHelloRequest` and `probe.v1.WaitRequest` on the wire.
#[derive(Clone, PartialEq, prost::Message)]
struct Hello {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Wait {
    #[prost(uint32, tag = "1")]
    millis: u32,
}

/// The collector in Python, where it can run.
async fn collector() -> Result<Option<Process>> {
    if !outside::has("python3", &["-c", PYTHON]) {
        return Ok(None);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers/python/otlp.py");
    let mut command = Command::new("python3");
    command.arg(script);
    Process::start(command).await.map(Some)
}

/// What an example, called in every way, tells the collector.
async fn told(protocol: &str) -> Result<Option<Value>> {
    let Some(collector) = collector().await? else { return Ok(None) };
    let to = if protocol == "grpc" { collector.addr() } else { collector.admin()? };
    let hello = server::hello_with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{to}")),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("BIDENT_LOG", "info"),
    ])
    .await?;
    http("GET", "/helloworld/ann").send(hello.addr()).await;
    http("GET", "/helloworld/ghost").send(hello.addr()).await;
    http("GET", "/nowhere").send(hello.addr()).await;
    let request = Hello { name: "ann".to_owned() };
    grpc(hello.addr(), "/helloworld.v1.Greeter/SayHello", &request).await;
    grpc(hello.addr(), "/helloworld.v1.Greeter/Nope", &request).await;
    hello.terminate()?;
    ensure!(hello.ended(END).await?.success(), "a clean stop");
    let seen = http("GET", "/seen").send(collector.admin()?).await;
    Ok(Some(seen.json()))
}

#[tokio::test]
async fn a_collector_of_others_reads_what_a_program_tells() -> Result<()> {
    for protocol in ["grpc", "http/protobuf"] {
        let Some(seen) = told(protocol).await? else { return Ok(()) };
        let spans = seen["spans"].as_array().context("spans")?;
        let (load, spans) = spans.split_first().context("a span")?;
        assert_eq!(
            (&load["name"], &load["kind"]),
            (&json!("config.load"), &json!("SPAN_KIND_INTERNAL"))
        );
        let summary: Vec<_> =
            spans.iter().map(|span| json!([span["name"], span["kind"], span["status"]])).collect();
        let expected = [
            ("GET /helloworld/{name}", "STATUS_CODE_UNSET"),
            ("GET /helloworld/{name}", "STATUS_CODE_UNSET"),
            ("GET", "STATUS_CODE_UNSET"),
            ("helloworld.v1.Greeter/SayHello", "STATUS_CODE_UNSET"),
            ("grpc", "STATUS_CODE_ERROR"),
        ];
        let expected = expected.map(|(name, status)| json!([name, "SPAN_KIND_SERVER", status]));
        assert_eq!(summary, expected, "{protocol}");
        for span in spans {
            assert_eq!(span["duplicates"], json!([]), "{span}");
            assert_eq!(span["scope"][0], "bident");
            assert_eq!(span["scope"][2], "https://opentelemetry.io/schemas/1.44.0");
            assert_eq!(span["resource"]["service.name"], json!(["string", "helloworld"]));
        }
        let codes: Vec<_> = spans[..3]
            .iter()
            .map(|span| span["attributes"]["http.response.status_code"].clone())
            .collect();
        assert_eq!(codes, [json!(["int", 200]), json!(["int", 404]), json!(["int", 404])]);
        assert_eq!(spans[3]["attributes"]["rpc.response.status_code"], json!(["string", "OK"]));
        let metrics = seen["metrics"].as_array().context("metrics")?;
        for (name, unit, count) in
            [("http.server.request.duration", "s", 3), ("rpc.server.call.duration", "s", 2)]
        {
            let metric = metrics.iter().rfind(|metric| metric["name"] == name).context(name)?;
            assert_eq!((&metric["unit"], &metric["shape"]), (&json!(unit), &json!("histogram")));
            let counts = metric["counts"].as_array().context("counts")?;
            assert_eq!(counts.iter().filter_map(Value::as_u64).sum::<u64>(), count, "{metric}");
        }
        // The access record of the name that is nobody's.
        let ghost = seen["logs"]
            .as_array()
            .context("logs")?
            .iter()
            .any(|record| record["trace"] == spans[1]["trace"] && record["severity"] == "INFO");
        assert!(ghost, "{protocol}: {}", seen["logs"]);
    }
    Ok(())
}

/// A probe that has been called in every way, each call of `Wait` for 60 ms.
async fn called_probe(environment: &[(&str, &str)]) -> Result<Process> {
    let probe = server::probe_with(environment).await?;
    for _ in 0..3 {
        grpc(probe.addr(), "/probe.v1.Probe/Wait", &Wait { millis: 60 }).await;
    }
    for how in ["missing", "disk", "panic", "fine"] {
        let body = json!({"how": how}).to_string();
        http("POST", "/v1/fail").json(body).send(probe.addr()).await;
    }
    http("GET", "/nowhere").send(probe.addr()).await;
    Ok(probe)
}

#[tokio::test]
async fn promtool_finds_nothing_to_say_about_the_metrics() -> Result<()> {
    if !outside::has("promtool", &["--version"]) {
        return Ok(());
    }
    let all = [
        ("BIDENT_TELEMETRY__KRATOS_NAMES", "true"),
        ("OTEL_SEMCONV_STABILITY_OPT_IN", "http/dup,rpc/dup"),
    ];
    for environment in [&[][..], &all] {
        let probe = called_probe(environment).await?;
        let text = http("GET", "/metrics").send(probe.admin()?).await.text();
        for name in ["kratos_server_request_count_total{", "http_server_duration_milliseconds_sum{"]
        {
            ensure!(text.contains(name) != environment.is_empty(), "{name}: {text}");
        }
        lint(&text).await?;
    }
    Ok(())
}

/// Promtool must find nothing to say of the text of `/metrics`.
async fn lint(text: &str) -> Result<()> {
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut promtool = promtool.stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut stdin = promtool.stdin.take().context("its stdin")?;
    stdin.write_all(text.as_bytes()).await?;
    drop(stdin);
    let said = bounded("promtool", promtool.wait_with_output()).await?;
    let words = String::from_utf8_lossy(&said.stdout) + String::from_utf8_lossy(&said.stderr);
    // The metrics of before are in milliseconds, and it says so of each.
    let older =
        |line: &&str| line.ends_with("use base unit \"seconds\" instead of \"milliseconds\"");
    let others: Vec<_> = words.lines().filter(|line| !line.is_empty() && !older(line)).collect();
    // It ends with 3 where it has something to say.
    let ended = matches!(said.status.code(), Some(0 | 3));
    assert!(ended && others.is_empty(), "{}: {words}\n{text}", said.status);
    Ok(())
}

#[tokio::test]
async fn prometheus_scrapes_a_program_and_knows_its_quantiles() -> Result<()> {
    if !outside::has("prometheus", &["--version"]) {
        return Ok(());
    }
    let probe = called_probe(&[]).await?;
    let folder = std::env::temp_dir().join(format!("bident-prometheus-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let config = folder.join("prometheus.yml");
    let targets = format!("static_configs: [{{targets: ['{}']}}]", probe.admin()?);
    let job = format!("scrape_configs: [{{job_name: probe, {targets}}}]");
    std::fs::write(
        &config,
        format!("global: {{scrape_interval: 100ms, scrape_timeout: 100ms}}\n{job}\n"),
    )?;
    let mut prometheus = Command::new("prometheus");
    prometheus
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .args(["--web.listen-address=127.0.0.1:0", "--log.format=logfmt"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut prometheus = prometheus.spawn()?;
    let mut lines = BufReader::new(prometheus.stderr.take().context("its stderr")?).lines();
    let listening = async {
        while let Some(line) = lines.next_line().await? {
            if line.contains("msg=\"Listening on\"") {
                return addresses(&line).first().copied().context(line);
            }
        }
        anyhow::bail!("it ended without saying its address")
    };
    let addr = bounded("prometheus", listening).await?;
    // What else it says is read, so that it never waits for a reader.
    let rest = tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let wait = "rpc_server_call_duration_seconds_bucket{rpc_method=\"probe.v1.Probe/Wait\"}";
    let query = format!("histogram_quantile(0.9,sum by(le)({wait}))");
    let query = query.replace('{', "%7B").replace('}', "%7D").replace('"', "%22");
    let path = format!("/api/v1/query?query={}", query.replace('=', "%3D").replace(' ', "%20"));
    let quantile = async {
        loop {
            let answer = http("GET", &path).send(addr).await;
            // Before it is ready it says so, and before the first scrape there is nothing to ask about.
            let answer = if answer.status == 200 { answer.json() } else { Value::Null };
            let value = answer["data"]["result"][0]["value"][1].as_str();
            if let Some(value) = value.and_then(|value| value.parse::<f64>().ok()) {
                return value;
            }
        }
    };
    let quantile = bounded("a quantile", quantile).await;
    // The bucket of 60 ms ends at 75.
    assert!(quantile > 0.05 && quantile < 1.0, "{quantile}");
    prometheus.kill().await?;
    rest.await?;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
