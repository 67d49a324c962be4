//! What callers see of an error: code, reason, message, metadata and domain, on both prongs; and what they never see.

use std::collections::BTreeMap;

use bident::Code;
use bident::prelude::*;
use e2e::{Running, WIRES, Wire, call, grpc, start};
use serde_json::{Value, json};

use crate::common::{Note, wire};

#[error_reason(domain = "errors.v1")]
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("user {id} not found")]
    #[error_reason(code = 404)]
    UserNotFound { id: u64 },
    #[error("short and stout")]
    #[error_reason(code = 418)]
    Teapot,
    #[error("only {left} of {item} left")]
    #[error_reason(code = 409, grpc = "ALREADY_EXISTS", reason = "OUT_OF_STOCK")]
    StockShort {
        item: String,
        left: u32,
        #[error_reason(skip)]
        shelf: String,
    },
    #[error("the disk at {path} is gone")]
    #[error_reason(code = 500)]
    DiskGone { path: String },
    #[error("closed until {day}")]
    #[error_reason(code = 503, expose)]
    Closed { day: String },
    #[error("cannot read {what}")]
    #[error_reason(code = 400)]
    Unreadable { what: String, source: std::io::Error },
    #[error(transparent)]
    #[error_reason(transparent)]
    Moved(#[from] Moved),
    #[error(transparent)]
    #[error_reason(transparent)]
    Kit(#[from] Error),
}

#[error_reason(domain = "moves.v1", code = 410)]
#[derive(Debug, thiserror::Error)]
#[error("moved to {to}")]
pub(crate) struct Moved {
    to: String,
}

struct Store;

#[service(package = "errors.v1")]
impl Store {
    #[rpc(post = "/fail/{how}")]
    async fn fail(&self, how: String) -> Result<Note, StoreError> {
        Err(match how.as_str() {
            "missing" => StoreError::UserNotFound { id: 7 },
            "teapot" => StoreError::Teapot,
            "short" => {
                StoreError::StockShort { item: "pen".into(), left: 2, shelf: "hidden-3".into() }
            }
            "disk" => StoreError::DiskGone { path: "/hidden/disk".into() },
            "closed" => StoreError::Closed { day: "Monday".into() },
            "unreadable" => StoreError::Unreadable {
                what: "the list".into(),
                source: std::io::Error::other("hidden cause"),
            },
            "moved" => Moved { to: "Paris".into() }.into(),
            "kit" => Error::forbidden("NOT_YOURS", "not yours").with("owner", "Ada").into(),
            "sourced" => {
                Error::bad_request("ODD", "odd").with_source(std::io::Error::other("hidden")).into()
            }
            "foreign-text" => Error::not_found("CAFÉ", "kein Café: 100 %\nwirklich").into(),
            "large" => Error::conflict("LARGE", "large")
                .with("huge", "x".repeat(10_000))
                .with("small", "fits")
                .into(),
            "long" => Error::conflict("LONG", "long ".repeat(10_000)).into(),
            "pinned" => Error::bad_request("RANGE", "range").with_grpc(Code::OutOfRange).into(),
            "exposed" => Error::internal("SHOWN", "shown").with("k", "v").expose().into(),
            _ => Error::new(302, "NO_ERROR_CODE", "hidden: not an error's code").into(),
        })
    }
}

struct Errands;

#[service(package = "errors.v1")]
impl Errands {
    /// An error of the kit that travels inside others.
    #[rpc(post = "/errands/{how}")]
    async fn run(&self, how: String) -> anyhow::Result<Note> {
        use anyhow::Context as _;
        let error = Error::not_found("LOST", "lost").with("thing", "key");
        match how.as_str() {
            "plain" => Err(error.into()),
            "context" => Err(error).context("hidden: while looking for the key"),
            _ => Err(std::io::Error::other("hidden cause")).context("hidden: unclassified"),
        }
    }
}

const FAIL: &str = "/errors.v1.Store/Fail";

async fn store() -> Running {
    start(App::new("errors").service(Store)).await
}

struct Case {
    how: &'static str,
    code: u16,
    status: i32,
    reason: &'static str,
    domain: &'static str,
    message: &'static str,
    metadata: &'static [(&'static str, &'static str)],
    /// What gRPC's own code would lose.
    kept: Option<&'static str>,
}

const fn case(
    how: &'static str,
    (code, status): (u16, i32),
    (reason, domain): (&'static str, &'static str),
    message: &'static str,
    metadata: &'static [(&'static str, &'static str)],
    kept: Option<&'static str>,
) -> Case {
    Case { how, code, status, reason, domain, message, metadata, kept }
}

const CASES: &[Case] = &[
    case(
        "missing",
        (404, 5),
        ("USER_NOT_FOUND", "errors.v1"),
        "user 7 not found",
        &[("id", "7")],
        None,
    ),
    case("teapot", (418, 3), ("TEAPOT", "errors.v1"), "short and stout", &[], Some("418")),
    case(
        "short",
        (409, 6),
        ("OUT_OF_STOCK", "errors.v1"),
        "only 2 of pen left",
        &[("item", "pen"), ("left", "2")],
        None,
    ),
    case("disk", (500, 13), ("DISK_GONE", "errors.v1"), "internal error", &[], None),
    case(
        "closed",
        (503, 14),
        ("CLOSED", "errors.v1"),
        "closed until Monday",
        &[("day", "Monday")],
        None,
    ),
    case(
        "unreadable",
        (400, 3),
        ("UNREADABLE", "errors.v1"),
        "cannot read the list",
        &[("what", "the list")],
        None,
    ),
    case(
        "moved",
        (410, 5),
        ("MOVED", "moves.v1"),
        "moved to Paris",
        &[("to", "Paris")],
        Some("410"),
    ),
    case("kit", (403, 7), ("NOT_YOURS", ""), "not yours", &[("owner", "Ada")], None),
    case("sourced", (400, 3), ("ODD", ""), "odd", &[], None),
    case("foreign-text", (404, 5), ("CAFÉ", ""), "kein Café: 100 %\nwirklich", &[], None),
    case("pinned", (400, 11), ("RANGE", ""), "range", &[], None),
    case("exposed", (500, 13), ("SHOWN", ""), "shown", &[("k", "v")], None),
    case("other", (500, 13), ("NO_ERROR_CODE", ""), "internal error", &[], None),
];

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn over_http_it_is_json_with_the_code_as_the_status() {
    let server = store().await;
    for case in CASES {
        for over in WIRES {
            let path = format!("/fail/{}", case.how);
            let answer = call("POST", &path).over(over).send(server.addr).await;
            assert_eq!(answer.status, case.code, "{} {over:?}", case.how);
            assert_eq!(answer.header("content-type"), "application/json");
            let mut body = answer.json();
            let metadata = body.as_object_mut().expect("an object").remove("metadata");
            let metadata = metadata.unwrap_or_else(|| json!({}));
            assert_eq!(metadata, json!(pairs(case.metadata)), "{}", case.how);
            let expected =
                json!({"code": case.code, "reason": case.reason, "message": case.message});
            assert_eq!(body, expected, "{}", case.how);
            assert!(!answer.text().contains("hidden"), "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn over_grpc_it_is_a_status_with_error_info() {
    let server = store().await;
    for case in CASES {
        let answer = grpc(server.addr, FAIL, &wire(case.how)).await;
        assert_eq!((answer.http_status, answer.status), (200, case.status), "{}", case.how);
        assert_eq!(answer.message, case.message, "{}", case.how);
        assert!(answer.messages.is_empty());
        let info = answer.error_info();
        assert_eq!((&*info.reason, &*info.domain), (case.reason, case.domain), "{}", case.how);
        let mut metadata = pairs(case.metadata);
        metadata.extend(case.kept.map(|code| ("bident.code".to_owned(), code.to_owned())));
        assert_eq!(info.metadata, metadata, "{}", case.how);
        assert!(!format!("{answer:?}{info:?}").contains("hidden"), "{}", case.how);
    }
}

#[tokio::test]
async fn a_problem_document_for_those_who_accept_one() {
    let server = store().await;
    for case in CASES {
        let path = format!("/fail/{}", case.how);
        let accept = "application/problem+json, application/json;q=0.5";
        let answer = call("POST", &path).header("accept", accept).send(server.addr).await;
        assert_eq!(answer.status, case.code, "{}", case.how);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["status"], case.code);
        assert_eq!(problem["detail"], case.message);
        assert_eq!(problem["reason"], case.reason);
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        for (key, value) in case.metadata {
            assert_eq!(problem["metadata"][key], Value::from(*value));
        }
        assert!(!answer.text().contains("hidden"), "{}", answer.text());
    }
    let unmatched = call("GET", "/nowhere").header("accept", "application/problem+json");
    let answer = unmatched.send(server.addr).await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(
        (&answer.json()["status"], &answer.json()["reason"]),
        (&json!(404), &json!("ROUTE_NOT_FOUND"))
    );
}

#[tokio::test]
async fn a_reason_is_not_lost_inside_another_error() {
    let server = start(App::new("errors").service(Errands)).await;
    let run = "/errors.v1.Errands/Run";
    for how in ["plain", "context"] {
        let answer = call("POST", &format!("/errands/{how}")).send(server.addr).await;
        assert_eq!(answer.failure(), (404, "LOST".into()), "{how}");
        assert_eq!(answer.json()["metadata"]["thing"], "key", "{how}");
        let answer = grpc(server.addr, run, &wire(how)).await;
        assert_eq!(answer.failure(), (5, "LOST".into()), "{how}");
    }
    let answer = call("POST", "/errands/other").send(server.addr).await;
    assert_eq!(answer.failure(), (500, "INTERNAL".into()));
    assert!(!answer.text().contains("hidden"), "{}", answer.text());
    let answer = grpc(server.addr, run, &wire("other")).await;
    assert_eq!(answer.failure(), (13, "INTERNAL".into()));
    assert!(!format!("{answer:?}").contains("hidden"), "{answer:?}");
}

#[tokio::test]
async fn what_is_too_large_for_a_header_is_left_out() {
    let server = store().await;
    let answer = grpc(server.addr, FAIL, &wire("large")).await;
    assert_eq!(answer.failure(), (10, "LARGE".into()));
    assert_eq!(answer.error_info().metadata, pairs(&[("small", "fits")]));
    let answer = call("POST", "/fail/large").send(server.addr).await;
    assert_eq!(answer.json()["metadata"], json!({"small": "fits"}));

    let answer = grpc(server.addr, FAIL, &wire("long")).await;
    assert_eq!(answer.status, 10);
    assert!(answer.message.starts_with("long long "), "{}", answer.message);
    let answer = call("POST", "/fail/long").over(Wire::H2c).send(server.addr).await;
    assert_eq!(answer.failure(), (409, "LONG".into()));
}

#[tokio::test]
async fn the_kits_own_errors_have_the_same_shape() {
    let server = store().await;
    let http = [
        (call("GET", "/nowhere"), 404, "ROUTE_NOT_FOUND"),
        (call("DELETE", "/fail/x"), 405, "METHOD_NOT_ALLOWED"),
        (call("POST", FAIL).json("{"), 400, "CODEC"),
        (call("POST", FAIL).json(r#"{"how":7}"#), 400, "CODEC"),
        (
            call("POST", FAIL).header("content-type", "text/csv").body("x"),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
    ];
    for (request, code, reason) in http {
        for over in WIRES {
            let answer = request.clone().over(over).send(server.addr).await;
            assert_eq!(answer.failure(), (code, reason.into()), "{over:?}");
            // The parameter keeps clients of Connect from taking it for an error of their protocol.
            let parameter = if code == 415 { "; charset=utf-8" } else { "" };
            let media = format!("application/json{parameter}");
            assert_eq!(answer.header("content-type"), media);
            let body = answer.json();
            assert_eq!(body["code"], code);
            assert!(body["message"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
        }
    }
    let wrong = call("DELETE", "/fail/x").send(server.addr).await;
    assert!(wrong.header("allow").contains("POST"), "{:?}", wrong.headers);

    let nowhere = grpc(server.addr, "/nowhere.v1.No/Where", &()).await;
    assert_eq!(nowhere.failure(), (12, "METHOD_NOT_FOUND".into()));
    assert!(!nowhere.message.is_empty());
    let garbled = e2e::GrpcCall::bytes(FAIL, e2e::frame(b"\x0a\x05a")).send(server.addr).await;
    assert_eq!(garbled.failure(), (3, "CODEC".into()));
    assert!(garbled.message.contains("field 1"), "the field is named: {}", garbled.message);
    let no_utf8 = e2e::GrpcCall::bytes(FAIL, e2e::frame(b"\x0a\x01\xff")).send(server.addr).await;
    assert_eq!(no_utf8.failure(), (3, "CODEC".into()));
    let wrong_type = call("POST", FAIL).json(r#"{"how":7}"#).send(server.addr).await;
    assert!(wrong_type.text().contains("how"), "the field is named: {}", wrong_type.text());
}
