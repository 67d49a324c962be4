//! How errors look over HTTP, whoever raised them.

use bident::prelude::*;
use e2e::{Running, WIRES, call, grpc, start};
use serde_json::json;

#[message]
struct Ask {
    kind: String,
}

#[error_reason(domain = "e2e.errors.v1")]
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("no answer to {kind}")]
    #[error_reason(code = 404)]
    NoAnswer { kind: String, tries: u32 },
    #[error("the database at 10.0.0.7 is gone")]
    #[error_reason(code = 503)]
    Gone { table: String },
}

struct Oracle;

#[service(package = "e2e.errors.v1")]
impl Oracle {
    #[rpc(get = "/ask/{kind}", post = "/ask")]
    async fn ask(&self, req: Ask) -> Result<Ask, AskError> {
        match &*req.kind {
            "gone" => Err(AskError::Gone { table: "users".to_owned() }),
            "panic" => panic!("the password is 7"),
            _ => Err(AskError::NoAnswer { kind: req.kind, tries: 3 }),
        }
    }

    #[rpc(get = "/free/{kind}")]
    async fn free(&self, req: Ask) -> Result<Ask, Error> {
        Err(match &*req.kind {
            "exposed" => Error::unavailable("AWAY", "back at nine").with("at", 9).expose(),
            "large" => Error::bad_request("LARGE", "much")
                .with("a", "x".repeat(4000))
                .with("b", "x".repeat(4000)),
            _ => Error::new(422, "UNPROCESSABLE", "no \"sense\"\n"),
        })
    }

    #[rpc(get = "/any/{kind}")]
    async fn any(&self, req: Ask) -> Result<Reply<Ask>, anyhow::Error> {
        if req.kind == "fine" {
            return Ok(Reply::new(req)
                .status(201)
                .header("x-kind", "fine")
                .trailer("x-end", "now"));
        }
        Err(anyhow::anyhow!("the password is 7"))
    }
}

async fn server() -> Running {
    start(App::new("errors").service(Oracle)).await
}

#[tokio::test]
async fn a_reason_has_its_code_its_text_and_its_metadata() {
    let server = server().await;
    for wire in WIRES {
        let answer = call("GET", "/ask/why").over(wire).send(server.addr).await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(
            answer.json(),
            json!({
                "code": 404, "reason": "NO_ANSWER", "message": "no answer to why",
                "metadata": {"kind": "why", "tries": "3"}
            })
        );
        let rpc = call("POST", "/e2e.errors.v1.Oracle/Ask").json(r#"{"kind": "why"}"#).over(wire);
        assert_eq!(rpc.send(server.addr).await.json(), answer.json());
    }
}

#[tokio::test]
async fn both_prongs_tell_the_same() {
    let server = server().await;
    let request = AskBytes { kind: "why".to_owned() };
    let answer = grpc(server.addr, "/e2e.errors.v1.Oracle/Ask", &request).await;
    assert_eq!((answer.http_status, answer.status), (200, 5));
    assert_eq!(answer.message, "no answer to why");
    let info = answer.error_info();
    assert_eq!((&*info.reason, &*info.domain), ("NO_ANSWER", "e2e.errors.v1"));
    assert_eq!(
        info.metadata,
        [("kind", "why"), ("tries", "3")].map(|(k, v)| (k.into(), v.into())).into()
    );
}

#[derive(Clone, PartialEq, prost::Message)]
struct AskBytes {
    #[prost(string, tag = "1")]
    kind: String,
}

#[tokio::test]
async fn a_server_error_keeps_its_text_to_itself() {
    let server = server().await;
    for (path, code, reason, message) in [
        ("/ask/gone", 503, "GONE", "service unavailable"),
        ("/ask/panic", 500, "INTERNAL", "internal error"),
        ("/any/thing", 500, "INTERNAL", "internal error"),
    ] {
        let answer = call("GET", path).send(server.addr).await;
        assert_eq!(answer.status, code, "{path}");
        assert_eq!(
            answer.json(),
            json!({"code": code, "reason": reason, "message": message, "metadata": {}}),
            "{path}"
        );
    }
    let exposed = call("GET", "/free/exposed").send(server.addr).await;
    assert_eq!(
        exposed.json(),
        json!({"code": 503, "reason": "AWAY", "message": "back at nine", "metadata": {"at": "9"}})
    );
}

#[tokio::test]
async fn problem_details_for_those_who_ask() {
    let server = server().await;
    let ask = async |path| {
        let accept = "application/json, application/problem+json";
        call("GET", path).header("accept", accept).send(server.addr).await
    };
    let answer = ask("/free/x").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (422, "application/problem+json")
    );
    assert_eq!(
        answer.json(),
        json!({
            "type": "about:blank", "title": "Unprocessable Entity", "status": 422,
            "detail": "no \"sense\"\n", "reason": "UNPROCESSABLE", "metadata": {}
        })
    );
    let missing = ask("/nowhere").await;
    assert_eq!(
        (missing.status.as_u16(), missing.header("content-type")),
        (404, "application/problem+json")
    );
    assert_eq!(missing.json()["reason"], "ROUTE_NOT_FOUND");
}

#[tokio::test]
async fn callers_of_protobuf_get_errors_in_json() {
    let server = server().await;
    let call = call("GET", "/ask/why").header("accept", "application/proto");
    let answer = call.send(server.addr).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.failure(), (404, "NO_ANSWER".into()));
}

#[tokio::test]
async fn metadata_is_capped() {
    let server = server().await;
    let answer = call("GET", "/free/large").send(server.addr).await;
    let keys: Vec<_> = answer.json()["metadata"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["a"]);
}

#[tokio::test]
async fn a_reply_sets_its_status_and_headers() {
    let server = server().await;
    for wire in WIRES {
        let answer = call("GET", "/any/fine").over(wire).send(server.addr).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (201, json!({"kind": "fine"})));
        assert_eq!((answer.header("x-kind"), answer.header("trailer-x-end")), ("fine", "now"));
    }
}
