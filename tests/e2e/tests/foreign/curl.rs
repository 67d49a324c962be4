//! curl over HTTP/1.1 and over h2c: what a REST client sees. Every behaviour is tried over both.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use support::outside;

use crate::server;

/// How curl is told the version; both must show the same.
pub(crate) const VERSIONS: [&str; 2] = ["--http1.1", "--http2-prior-knowledge"];
const JSON: [&str; 2] = ["--header", "content-type: application/json"];

pub(crate) fn has_curl() -> bool {
    outside::has("curl", &["--http2-prior-knowledge", "--version"])
}

/// An answer as curl shows it with `--include`.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| format!("not JSON: {:?}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

pub(crate) async fn curl(arguments: &[&str]) -> Result<Answer> {
    let output = server::call(
        "curl",
        &[&["--silent", "--show-error", "--include", "--max-time", "30"], arguments].concat(),
    )
    .await?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "curl: {}", String::from_utf8_lossy(&output.stderr));
    // Before a long body curl asks whether to go on, and shows that answer too.
    let rest = text.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&text);
    let (head, body) =
        rest.split_once("\r\n\r\n").with_context(|| format!("no head in {text:?}"))?;
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

#[tokio::test]
async fn hello_answers_by_path_by_body_and_by_its_rpc_path() -> Result<()> {
    if !has_curl() {
        return Ok(());
    }
    let hello = server::hello().await?;
    let base = format!("http://{}", hello.addr());
    for version in VERSIONS {
        let by_path = curl(&[version, &format!("{base}/helloworld/bident")]).await?;
        assert_eq!(
            (by_path.status, by_path.body.as_str()),
            (200, r#"{"message":"Hello bident"}"#),
            "{version}"
        );
        assert_eq!(by_path.header("content-type"), Some("application/json"), "{version}");
        for path in ["/v1/hello", "/helloworld.v1.Greeter/SayHello"] {
            let url = format!("{base}{path}");
            let by_body =
                curl(&[&[version, &url, "--data", r#"{"name":"bident"}"#], &JSON[..]].concat())
                    .await?;
            assert_eq!(
                (by_body.status, by_body.body.as_str()),
                (200, r#"{"message":"Hello bident"}"#),
                "{version} {path}"
            );
        }
        let ghost = curl(&[version, &format!("{base}/helloworld/ghost")]).await?;
        assert_eq!(ghost.status, 404, "{version}");
        assert_eq!(
            ghost.json()?,
            json!({"code": 404, "reason": "USER_NOT_FOUND", "message": "user ghost not found", "metadata": {"name": "ghost"}}),
            "{version}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn hello_is_alive_and_ready() -> Result<()> {
    if !has_curl() {
        return Ok(());
    }
    let hello = server::hello().await?;
    for version in VERSIONS {
        for path in ["/healthz", "/readyz"] {
            let answer = curl(&[version, &format!("http://{}{path}", hello.addr())]).await?;
            assert_eq!(answer.status, 200, "{version} {path}");
        }
    }
    Ok(())
}

/// One wrong request and what must come back.
struct Wrong<'a> {
    path: &'a str,
    arguments: &'a [&'a str],
    status: u16,
    reason: &'a str,
}

#[tokio::test]
async fn every_error_has_a_code_a_reason_and_one_shape() -> Result<()> {
    if !has_curl() {
        return Ok(());
    }
    let probe = server::probe().await?;
    let fail = |how| ["--json", how];
    let cases = [
        Wrong {
            path: "/v1/fail",
            arguments: &fail(r#"{"how":"missing"}"#),
            status: 404,
            reason: "BOOK_NOT_FOUND",
        },
        Wrong {
            path: "/v1/fail",
            arguments: &fail(r#"{"how":"short"}"#),
            status: 409,
            reason: "STOCK_SHORT",
        },
        Wrong {
            path: "/v1/fail",
            arguments: &fail(r#"{"how":"disk"}"#),
            status: 500,
            reason: "DISK_GONE",
        },
        Wrong {
            path: "/v1/fail",
            arguments: &fail(r#"{"how":"panic"}"#),
            status: 500,
            reason: "INTERNAL",
        },
        Wrong { path: "/v1/fail", arguments: &fail("{"), status: 400, reason: "CODEC" },
        Wrong { path: "/v1/fail", arguments: &fail(r#"{"how":7}"#), status: 400, reason: "CODEC" },
        Wrong {
            path: "/v1/fail",
            arguments: &["--data", "x", "--header", "content-type: text/csv"],
            status: 415,
            reason: "UNSUPPORTED_MEDIA_TYPE",
        },
        Wrong { path: "/v1/nothing", arguments: &[], status: 404, reason: "ROUTE_NOT_FOUND" },
        Wrong {
            path: "/v1/fail",
            arguments: &["--request", "DELETE"],
            status: 405,
            reason: "METHOD_NOT_ALLOWED",
        },
        Wrong {
            path: "/v1/wait",
            arguments: &["--json", r#"{"millis":20000}"#, "--header", "connect-timeout-ms: 100"],
            status: 504,
            reason: "DEADLINE_EXCEEDED",
        },
    ];
    for version in VERSIONS {
        for case in &cases {
            let url = format!("http://{}{}", probe.addr(), case.path);
            let answer = curl(&[&[version, &url], case.arguments].concat()).await?;
            assert_eq!(answer.status, case.status, "{version} {}: {}", case.reason, answer.body);
            // The parameter keeps clients of Connect from taking it for an error of their protocol.
            let parameter = if case.status == 415 { "; charset=utf-8" } else { "" };
            let media = format!("application/json{parameter}");
            assert_eq!(answer.header("content-type"), Some(&*media), "{version} {}", case.reason);
            let shape = answer.json()?;
            assert_eq!(shape["code"], case.status, "{version} {shape}");
            assert_eq!(shape["reason"], case.reason, "{version} {shape}");
            assert!(
                shape["message"].as_str().is_some_and(|message| !message.is_empty()),
                "{version} {shape}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused_in_the_same_shape() -> Result<()> {
    if !has_curl() {
        return Ok(());
    }
    let probe = server::probe().await?;
    let url = format!("http://{}/v1/wait", probe.addr());
    let file = std::env::temp_dir().join(format!("bident-large-{}.json", std::process::id()));
    std::fs::write(&file, json!({"note": "x".repeat(4 * 1024 * 1024)}).to_string())?;
    let body = format!("@{}", file.display());
    // With its length, and in chunks that nobody announces. Over HTTP/2 an answer that comes before the end of the upload
    // is followed by RST_STREAM with NO_ERROR, and curl before version 8 drops the answer then.
    for more in [&[][..], &["--header", "transfer-encoding: chunked"]] {
        let sent = [&[VERSIONS[0], &url, "--data-binary", &body], &JSON[..], more].concat();
        let answer = curl(&sent).await?;
        let shape = answer.json()?;
        assert_eq!((answer.status, &shape["code"]), (413, &json!(413)), "{more:?}");
        assert_eq!(shape["reason"], "BODY_TOO_LARGE", "{more:?}: {shape}");
    }
    std::fs::remove_file(file)?;
    Ok(())
}

#[tokio::test]
async fn a_form_with_a_field_and_files_is_its_parts() -> Result<()> {
    if !has_curl() {
        return Ok(());
    }
    let probe = server::probe().await?;
    let url = format!("http://{}/v1/forms", probe.addr());
    let file = std::env::temp_dir().join(format!("bident-form-{}.txt", std::process::id()));
    std::fs::write(&file, "\r\n--")?;
    let [photo, again] = ["text/plain", "image/png;filename=\"a \\\"b\\\".png\""]
        .map(|more| format!("photo=@{};type={more}", file.display()));
    for version in VERSIONS {
        let fields = ["--form", "title=Sky", "--form", &photo, "--form", &again];
        let accept = ["--header", "accept: application/x-ndjson"];
        let answer = curl(&[&[version, &url], &fields[..], &accept].concat()).await?;
        let name = file.file_name().and_then(|name| name.to_str()).context("a name")?;
        let lines: Vec<_> = answer.body.lines().collect();
        assert_eq!(lines.len(), 3, "{version}: {}", answer.body);
        assert_eq!(lines[0], r#"{"text":"title, -, , 3, 311"}"#, "{version}");
        assert_eq!(lines[1], format!(r#"{{"text":"photo, {name}, text/plain, 4, 113"}}"#));
        assert!(lines[2].ends_with("image/png, 4, 113\"}"), "{version}: {}", lines[2]);
    }
    std::fs::remove_file(file)?;
    Ok(())
}

#[tokio::test]
async fn a_5xx_of_the_service_keeps_its_text_and_metadata_at_home() -> Result<()> {
    if !has_curl() {
        return Ok(());
    }
    let probe = server::probe().await?;
    let url = format!("http://{}/v1/fail", probe.addr());
    for version in VERSIONS {
        let answer = curl(&[version, &url, "--json", r#"{"how":"disk"}"#]).await?;
        assert!(!answer.body.contains("/var/books"), "{version}: {}", answer.body);
        let panicked = curl(&[version, &url, "--json", r#"{"how":"panic"}"#]).await?;
        assert!(!panicked.body.contains("on purpose"), "{version}: {}", panicked.body);
        let told = curl(&[version, &url, "--json", r#"{"how":"short"}"#]).await?;
        assert_eq!(told.json()?["metadata"], json!({"missing": "3"}), "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn an_error_is_a_problem_document_for_those_who_accept_one() -> Result<()> {
    if !has_curl() {
        return Ok(());
    }
    let probe = server::probe().await?;
    let url = format!("http://{}/v1/fail", probe.addr());
    for version in VERSIONS {
        let accept = "accept: application/problem+json";
        let answer = curl(
            &[&[version, &url, "--data", r#"{"how":"missing"}"#, "--header", accept], &JSON[..]]
                .concat(),
        )
        .await?;
        assert_eq!(answer.status, 404, "{version}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{version}");
        let problem = answer.json()?;
        assert_eq!(problem["status"], 404, "{version} {problem}");
        assert_eq!(problem["reason"], "BOOK_NOT_FOUND", "{version} {problem}");
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_method_is_told_which_are_right() -> Result<()> {
    if !has_curl() {
        return Ok(());
    }
    let probe = server::probe().await?;
    let url = format!("http://{}/v1/metadata", probe.addr());
    for version in VERSIONS {
        let refused = curl(&[version, &url, "--request", "DELETE"]).await?;
        assert_eq!(refused.status, 405, "{version}");
        assert!(
            refused.header("allow").is_some_and(|allow| allow.contains("GET")),
            "{version}: {}",
            refused.head
        );
        let asked = curl(&[version, &url, "--request", "OPTIONS"]).await?;
        assert!((200..300).contains(&asked.status), "{version}: {}", asked.head);
        assert!(
            asked.header("allow").is_some_and(|allow| allow.contains("GET")),
            "{version}: {}",
            asked.head
        );
        let head = curl(&[version, &url, "--head"]).await?;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn metadata_goes_both_ways() -> Result<()> {
    if !has_curl() {
        return Ok(());
    }
    let probe = server::probe().await?;
    let url = format!("http://{}/v1/metadata", probe.addr());
    for version in VERSIONS {
        let answer = curl(&[
            version,
            &url,
            "--header",
            "x-md-global-tenant: acme",
            "--header",
            "x-md-local-step: 1",
        ])
        .await?;
        let expected = json!({"values": {"x-md-global-tenant": "acme", "x-md-local-step": "1"}});
        assert_eq!((answer.status, answer.json()?), (200, expected), "{version}");
        assert_eq!(answer.header("x-probe"), Some("seen"), "{version}");
    }
    Ok(())
}
