//! A page in a headless browser, under an origin that `server.cors` names and under one that it does not.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use support::outside;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::node::{CLIENTS, has_node};
use crate::server;

/// What each of the two pages says of its calls. The page is there before the server, which must know its origin.
async fn pages() -> Result<Option<Value>> {
    if !has_node() || !outside::has("chromium", &["--version"]) {
        return Ok(None);
    }
    let mut browser = Command::new(CLIENTS);
    browser.arg("browser").stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut browser = browser.spawn()?;
    let mut said = BufReader::new(browser.stdout.take().context("no stdout")?).lines();
    let mut given = browser.stdin.take().context("no stdin")?;
    let talk = async {
        let first = said.next_line().await?.context("the pages are not served")?;
        let origin = first.strip_prefix("pages on ").with_context(|| first.clone())?;
        let probe = server::probe_for(origin).await?;
        given.write_all(format!("{}\n", probe.addr()).as_bytes()).await?;
        let last = said.next_line().await?.context("the browser says nothing")?;
        let status = browser.wait().await?;
        anyhow::ensure!(status.success(), "the browser ended with {status}");
        anyhow::Ok(serde_json::from_str(&last)?)
    };
    timeout(server::CALL_BOUND, talk).await.context("the browser took too long")?.map(Some)
}

#[tokio::test]
async fn a_page_calls_where_its_origin_is_allowed_and_gets_nothing_where_it_is_not() -> Result<()> {
    let Some(mut pages) = pages().await? else { return Ok(()) };
    let allowed = pages["allowed"].take();
    // The same calls by Connect-ES: Connect, Connect in JSON and by GET, and gRPC-Web.
    for protocol in ["connect", "json", "web"] {
        let expected = json!({
            "unary": {
                "values": {"x-md-global-tenant": "acme"},
                "heard": {"header": "seen", "trailer": "done"},
            },
            "error": {
                "code": "NotFound",
                "message": "no book called Dune",
                "reason": "BOOK_NOT_FOUND",
            },
            "stream": {
                "texts": ["1", "2", "3"],
                "heard": {"header": "acme", "trailer": "done"},
            },
            "broken": {
                "texts": ["1", "2"],
                "error": {"code": "Aborted", "message": "2 books short", "reason": "STOCK_SHORT"},
            },
        });
        assert_eq!(allowed[protocol], expected, "{protocol}");
    }
    let body = json!({"values": {"x-md-global-tenant": "acme"}});
    assert_eq!(allowed["rest"], json!({"status": 200, "header": "seen", "body": body}));
    assert_eq!(allowed["byHand"], json!({"note": "by hand"}));
    assert_eq!(allowed["events"], json!({"seen": ["1", "2", "3"], "error": "STOCK_SHORT"}));
    assert_eq!(allowed["socket"], json!({"seen": ["a", "b"], "close": 1000}));

    let other = pages["other"].take();
    let failed = json!({"code": "Unknown", "message": "Failed to fetch"});
    for protocol in ["connect", "json", "web"] {
        let expected = json!({
            "unary": failed,
            "error": failed,
            "stream": {"texts": [], "error": failed, "heard": {}},
            "broken": {"texts": [], "error": failed},
        });
        assert_eq!(other[protocol], expected, "{protocol}");
    }
    assert_eq!(other["rest"], "TypeError: Failed to fetch");
    assert_eq!(other["byHand"], "TypeError: Failed to fetch");
    assert_eq!(other["events"], json!({"seen": [], "error": "no connection"}));
    // A handshake that is answered with 403 is a lost connection to a page.
    assert_eq!(other["socket"], json!({"seen": [], "close": 1006}));
    Ok(())
}
