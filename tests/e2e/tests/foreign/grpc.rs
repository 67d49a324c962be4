//! gRPC by foreign clients that know the service from reflection alone: Python's grpcio, buf and grpcurl.

use std::path::Path;
use std::process::Output;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde_json::{Value, json};
use support::outside;

use crate::server;

pub(crate) const PYTHON: &str = "import grpc, grpc_health.v1, grpc_reflection.v1alpha, grpc_status";

#[tokio::test]
async fn python_calls_reads_reflection_and_watches_health() -> Result<()> {
    if !outside::has("python3", &["-c", PYTHON]) {
        return Ok(());
    }
    let (hello, probe) = (server::hello().await?, server::probe().await?);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers/python/interop.py");
    let script = script.to_str().context("a path that is not UTF-8")?;
    let output =
        server::call("python3", &[script, &hello.addr().to_string(), &probe.addr().to_string()])
            .await?;
    assert!(output.status.success(), "{}", told(&output));
    Ok(())
}

pub(crate) fn told(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

pub(crate) fn has_buf() -> bool {
    outside::has("buf", &["--version"])
}

pub(crate) async fn buf(url: &str, request: &str, more: &[&str]) -> Result<Output> {
    let fixed = ["curl", "--http2-prior-knowledge", "--protocol", "grpc", "--data", request];
    server::call("buf", &[&fixed[..], more, &[url]].concat()).await
}

#[tokio::test]
async fn buf_calls_by_reflection() -> Result<()> {
    if !has_buf() {
        return Ok(());
    }
    let hello = server::hello().await?;
    let url = format!("http://{}/helloworld.v1.Greeter/SayHello", hello.addr());
    for reflection in ["grpc-v1", "grpc-v1alpha"] {
        let output = buf(&url, r#"{"name":"buf"}"#, &["--reflect-protocol", reflection]).await?;
        assert!(output.status.success(), "{reflection}: {}", told(&output));
        assert_eq!(
            serde_json::from_slice::<Value>(&output.stdout)?,
            json!({"message": "Hello buf"}),
            "{reflection}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn buf_sees_status_reason_and_metadata_of_every_error() -> Result<()> {
    if !has_buf() {
        return Ok(());
    }
    let probe = server::probe().await?;
    let url = format!("http://{}/probe.v1.Probe/Fail", probe.addr());
    // buf's exit code is the gRPC status times eight.
    for (how, status, name, reason) in [
        ("missing", 5, "not_found", "BOOK_NOT_FOUND"),
        ("short", 10, "aborted", "STOCK_SHORT"),
        ("disk", 13, "internal", "DISK_GONE"),
        ("panic", 13, "internal", "INTERNAL"),
    ] {
        let output = buf(&url, &json!({"how": how}).to_string(), &[]).await?;
        assert_eq!(output.status.code(), Some(status * 8), "{how}: {}", told(&output));
        let error: Value = serde_json::from_slice(&output.stderr).with_context(|| told(&output))?;
        assert_eq!(error["code"], name, "{how}: {error}");
        let details =
            error["details"].as_array().with_context(|| format!("{how}: no details in {error}"))?;
        assert!(details.iter().any(|detail| is_error_info(detail, reason)), "{how}: {error}");
    }
    Ok(())
}

#[tokio::test]
async fn buf_sees_deadlines_and_metadata() -> Result<()> {
    if !has_buf() {
        return Ok(());
    }
    let probe = server::probe().await?;
    let base = format!("http://{}/probe.v1.Probe", probe.addr());
    let wait = json!({"millis": 60_000}).to_string();
    let late = buf(&format!("{base}/Wait"), &wait, &["--timeout", "1s"]).await?;
    assert_eq!(late.status.code(), Some(4 * 8), "{}", told(&late));
    let sent =
        ["--verbose", "--header", "x-md-global-tenant: acme", "--header", "x-md-local-step: 1"];
    let seen = buf(&format!("{base}/Metadata"), "{}", &sent).await?;
    let values: Value = serde_json::from_slice(&seen.stdout).with_context(|| told(&seen))?;
    let expected = json!({"values": {"x-md-global-tenant": "acme", "x-md-local-step": "1"}});
    assert_eq!(values, expected, "{}", told(&seen));
    let said = told(&seen).to_lowercase();
    assert!(said.contains("x-probe: seen") && said.contains("x-probe-end: done"), "{said}");
    Ok(())
}

/// Whether a detail as buf shows it, which is undecoded, is an ErrorInfo with `reason`.
pub(crate) fn is_error_info(detail: &Value, reason: &str) -> bool {
    let value =
        detail["value"].as_str().and_then(|value| BASE64_STANDARD_NO_PAD.decode(value).ok());
    // ErrorInfo begins with its reason: field 1, a length, the text.
    let begins = [&[0x0a, reason.len() as u8], reason.as_bytes()].concat();
    detail["type"] == "google.rpc.ErrorInfo"
        && value.is_some_and(|value| value.starts_with(&begins))
}

pub(crate) fn has_grpcurl() -> bool {
    outside::has("grpcurl", &["--version"])
}

pub(crate) async fn grpcurl(addr: &str, method: &str, more: &[&str]) -> Result<Output> {
    server::call("grpcurl", &[&["-plaintext"], more, &[addr, method]].concat()).await
}

#[tokio::test]
async fn grpcurl_lists_describes_and_calls() -> Result<()> {
    if !has_grpcurl() {
        return Ok(());
    }
    let hello = server::hello().await?;
    let addr = hello.addr().to_string();
    let listed = server::call("grpcurl", &["-plaintext", &addr, "list"]).await?;
    assert!(
        listed.status.success()
            && told(&listed).lines().any(|line| line == "helloworld.v1.Greeter"),
        "{}",
        told(&listed)
    );
    let described =
        server::call("grpcurl", &["-plaintext", &addr, "describe", "helloworld.v1.HelloRequest"])
            .await?;
    assert!(told(&described).contains("string name = 1"), "{}", told(&described));
    let called =
        grpcurl(&addr, "helloworld.v1.Greeter/SayHello", &["-d", r#"{"name":"grpcurl"}"#]).await?;
    assert!(called.status.success(), "{}", told(&called));
    assert_eq!(
        serde_json::from_slice::<Value>(&called.stdout)?,
        json!({"message": "Hello grpcurl"})
    );
    Ok(())
}

#[tokio::test]
async fn grpcurl_sees_errors_deadlines_and_metadata() -> Result<()> {
    if !has_grpcurl() {
        return Ok(());
    }
    let probe = server::probe().await?;
    let addr = probe.addr().to_string();
    // grpcurl's exit code is 64 plus the gRPC status.
    let missing = grpcurl(&addr, "probe.v1.Probe/Fail", &["-d", r#"{"how":"missing"}"#]).await?;
    assert_eq!(missing.status.code(), Some(64 + 5), "{}", told(&missing));
    for shown in
        ["no book called Dune", "google.rpc.ErrorInfo", "BOOK_NOT_FOUND", "probe.v1", "Dune"]
    {
        assert!(told(&missing).contains(shown), "{shown} is not in {}", told(&missing));
    }
    let hidden = grpcurl(&addr, "probe.v1.Probe/Fail", &["-d", r#"{"how":"disk"}"#]).await?;
    assert_eq!(hidden.status.code(), Some(64 + 13), "{}", told(&hidden));
    assert!(!told(&hidden).contains("/var/books"), "{}", told(&hidden));
    let late = ["-d", r#"{"millis":20000}"#, "-max-time", "1"];
    let late = grpcurl(&addr, "probe.v1.Probe/Wait", &late).await?;
    assert_eq!(late.status.code(), Some(64 + 4), "{}", told(&late));
    let sent = ["-v", "-H", "x-md-global-tenant: acme"];
    let seen = grpcurl(&addr, "probe.v1.Probe/Metadata", &sent).await?;
    assert!(seen.status.success(), "{}", told(&seen));
    for shown in [r#""x-md-global-tenant": "acme""#, "x-probe: seen", "x-probe-end: done"] {
        assert!(told(&seen).contains(shown), "{shown} is not in {}", told(&seen));
    }
    Ok(())
}
