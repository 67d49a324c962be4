//! Streams over HTTP as a Python team reads them: events with httpx-sse, forms with httpx, sockets with websockets.

use std::path::Path;

use anyhow::{Context as _, Result};
use support::outside;

use crate::grpc::told;
use crate::server;

const PYTHON: &str = "import grpc, httpx, httpx_sse, websockets.sync.client";

/// Runs these checks of the script, each of which prints a line.
async fn checks(names: &[&str]) -> Result<()> {
    if !outside::has("python3", &["-c", PYTHON]) {
        return Ok(());
    }
    let probe = server::probe_for("https://page.test").await?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers/python/streams.py");
    let (script, addr) = (script.to_str().context("a path that is not UTF-8")?, probe.addr());
    let output = server::call("python3", &[&[script, &addr.to_string()], names].concat()).await?;
    assert!(output.status.success(), "{}", told(&output));
    for name in names {
        assert!(told(&output).contains(&format!("ok {name}")), "{}", told(&output));
    }
    Ok(())
}

#[tokio::test]
async fn httpx_sse_reads_events_errors_and_comes_back_where_it_was() -> Result<()> {
    checks(&["events_in_order", "errors_are_events", "a_reconnect_goes_on"]).await
}

#[tokio::test]
async fn httpx_sse_is_kept_awake_by_comments() -> Result<()> {
    checks(&["silence_has_comments"]).await
}

#[tokio::test]
async fn httpx_sends_forms_with_files() -> Result<()> {
    checks(&[
        "forms_have_fields_and_files",
        "a_large_file_comes_in_pieces",
        "a_form_elsewhere_is_refused",
    ])
    .await
}

#[tokio::test]
async fn websockets_talks_in_the_framing_of_kratos() -> Result<()> {
    checks(&[
        "a_socket_for_many_messages",
        "a_socket_for_both_ways",
        "a_socket_for_the_parts_of_a_form",
        "errors_have_a_frame_and_a_close",
        "origins_are_asked_for",
    ])
    .await
}
