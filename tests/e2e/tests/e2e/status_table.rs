//! The whole table between HTTP and gRPC, both ways, as callers of either prong see it.

use bident::prelude::*;
use e2e::{call, grpc, start};

#[message]
struct Want {
    http: u32,
    grpc: String,
}

struct Table;

#[service(package = "e2e.table.v1")]
impl Table {
    /// Fails with an HTTP code, or with one for a gRPC code.
    #[rpc(get = "/fail/{http}")]
    async fn fail(&self, req: Want) -> Result<Want, Error> {
        let code = match bident::Code::from_name(&req.grpc) {
            Some(code) => code.http(),
            None => u16::try_from(req.http).unwrap_or_default(),
        };
        Err(Error::new(code, "WANTED", "as asked"))
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct WantBytes {
    #[prost(uint32, tag = "1")]
    http: u32,
    #[prost(string, tag = "2")]
    grpc: String,
}

/// Every row of HTTP to gRPC that is not the rule for the rest.
const FROM_HTTP: [(u16, i32); 15] = [
    (400, 3),
    (401, 16),
    (403, 7),
    (404, 5),
    (408, 4),
    (409, 10),
    (410, 5),
    (412, 9),
    (413, 8),
    (429, 8),
    (499, 1),
    (500, 13),
    (501, 12),
    (503, 14),
    (504, 4),
];

/// Every row of gRPC to HTTP.
const FROM_GRPC: [(&str, u16); 16] = [
    ("CANCELLED", 499),
    ("UNKNOWN", 500),
    ("INVALID_ARGUMENT", 400),
    ("DEADLINE_EXCEEDED", 504),
    ("NOT_FOUND", 404),
    ("ALREADY_EXISTS", 409),
    ("PERMISSION_DENIED", 403),
    ("RESOURCE_EXHAUSTED", 429),
    ("FAILED_PRECONDITION", 412),
    ("ABORTED", 409),
    ("OUT_OF_RANGE", 400),
    ("UNIMPLEMENTED", 501),
    ("INTERNAL", 500),
    ("UNAVAILABLE", 503),
    ("DATA_LOSS", 500),
    ("UNAUTHENTICATED", 401),
];

/// What gRPC says of an HTTP code: its row, else a client's mistake below 500 and the server's from there on.
fn expected(http: u16) -> i32 {
    let row = FROM_HTTP.iter().find(|(code, _)| *code == http);
    row.map_or(if http < 500 { 3 } else { 13 }, |(_, grpc)| *grpc)
}

#[tokio::test]
async fn every_http_code_has_its_grpc_code() {
    let server = start(App::new("table").service(Table)).await;
    for http in 400..600_u16 {
        let answer = call("GET", &format!("/fail/{http}")).send(server.addr).await;
        assert_eq!(answer.failure(), (http, "WANTED".to_owned()));
        let request = WantBytes { http: http.into(), grpc: String::new() };
        let answer = grpc(server.addr, "/e2e.table.v1.Table/Fail", &request).await;
        assert_eq!(answer.status, expected(http), "{http}");
        let info = answer.error_info();
        assert_eq!(info.reason, "WANTED");
        // A code that the way back would change travels beside it.
        let back = FROM_GRPC.iter().find(|(name, _)| {
            bident::Code::from_name(name).map(|code| i32::from(code.number()))
                == Some(answer.status)
        });
        let carried = info.metadata.get("bident.code").map(String::as_str);
        let lost = back.map(|(_, code)| *code) != Some(http);
        assert_eq!(carried, lost.then_some(&*http.to_string()), "{http}");
    }
}

#[tokio::test]
async fn every_grpc_code_has_its_http_code() {
    let server = start(App::new("table").service(Table)).await;
    for (name, http) in FROM_GRPC {
        let answer = call("GET", &format!("/fail/0?grpc={name}")).send(server.addr).await;
        assert_eq!(answer.failure(), (http, "WANTED".to_owned()), "{name}");
    }
}
