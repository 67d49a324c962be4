//! The access log: one record for every call on either prong, with what the caller did not see.

use bident::prelude::*;
use e2e::{GrpcCall, Running, Traced, Traces, call, grpc, start, traces};
use tracing::Level;

use crate::common::{Note, wire};

#[message]
struct Key {
    owner: String,
    #[field(secret)]
    teeth: Option<String>,
}

struct Desk;

#[service(package = "access.v1")]
impl Desk {
    #[rpc(post = "/desk/{how}")]
    async fn work(&self, how: String) -> bident::Result<Note> {
        match how.as_str() {
            "missing" => Err(Error::not_found("NO_DESK", "no such desk")),
            "broken" => Err(Error::internal("BROKEN", "the leg of desk 7 is broken")
                .with_source(std::io::Error::other("termites"))),
            "explode" => panic!("desk 8 fell over"),
            "hang" => std::future::pending().await,
            _ => Ok(Note::new(how)),
        }
    }

    #[rpc(post = "/keys")]
    async fn unlock(&self, key: Key) -> bident::Result<Note> {
        match key.teeth {
            Some(_) => Ok(Note::new(key.owner)),
            None => Err(Error::bad_request("NO_TEETH", "this is no key")),
        }
    }
}

const WORK: &str = "/access.v1.Desk/Work";

async fn desk(settings: &str) -> (Running, Traces) {
    let traces = traces();
    (start(App::new("access").defaults(settings).service(Desk)).await, traces)
}

fn records(traces: &Traces) -> Vec<Traced> {
    traces.events().into_iter().filter(|event| event.target == "bident::access").collect()
}

/// Waits until `count` calls have been recorded: the record closes when the answer's last byte has been handed over, which
/// a client may see a moment earlier.
async fn recorded(traces: &Traces, count: usize) -> Vec<Traced> {
    e2e::bounded("the records", async {
        while records(traces).len() < count {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let records = records(traces);
    assert_eq!(records.len(), count, "{records:?}");
    records
}

#[tokio::test]
async fn every_call_has_one_record_with_its_outcome() {
    let (server, traces) = desk("").await;
    let cases = [
        ("fine", 200, 0, "", Level::DEBUG),
        ("missing", 404, 5, "NO_DESK", Level::INFO),
        ("broken", 500, 13, "BROKEN", Level::ERROR),
        ("explode", 500, 13, "INTERNAL", Level::ERROR),
        ("hang", 504, 4, "DEADLINE_EXCEEDED", Level::ERROR),
    ];
    let mut count = 0;
    for (how, code, status, reason, level) in cases {
        let http = call("POST", &format!("/desk/{how}")).header("grpc-timeout", "300m");
        assert_eq!(http.send(server.addr).await.status, code);
        let grpc = GrpcCall::new(WORK, &wire(how)).header("grpc-timeout", "300m");
        assert_eq!(grpc.send(server.addr).await.status, status);
        count += 2;
        let records = recorded(&traces, count).await;
        for (record, protocol) in records[count - 2..].iter().zip(["http", "grpc"]) {
            assert_eq!(record.level, level, "{record:?}");
            assert_eq!(record.field("operation"), WORK);
            assert_eq!(record.field("protocol"), protocol);
            assert_eq!(record.field("code"), code.to_string());
            assert_eq!(record.field("reason"), reason);
            assert!(record.field("latency_us").parse::<u64>().is_ok(), "{record:?}");
            assert!(record.field("peer").starts_with("127.0.0.1:"), "{record:?}");
            assert_eq!(record.field("client"), "127.0.0.1");
            assert_eq!(record.field("trace_id").len(), 32, "{record:?}");
            assert_eq!(record.field("span_id").len(), 16, "{record:?}");
        }
    }
}

#[tokio::test]
async fn what_callers_do_not_see_stands_in_the_log() {
    let (server, traces) = desk("").await;
    call("POST", "/desk/broken").send(server.addr).await;
    let broken = recorded(&traces, 1).await.remove(0);
    assert!(broken.field("error").contains("the leg of desk 7 is broken"), "{broken:?}");
    assert!(broken.field("error").contains("termites"), "{broken:?}");
    grpc(server.addr, WORK, &wire("explode")).await;
    let panicked = recorded(&traces, 2).await.remove(1);
    assert!(panicked.field("error").contains("desk 8 fell over"), "{panicked:?}");
}

#[tokio::test]
async fn successes_are_raised_on_demand() {
    let (server, traces) = desk("log: {access: all}").await;
    call("POST", "/desk/fine").send(server.addr).await;
    grpc(server.addr, WORK, &wire("fine")).await;
    let records = recorded(&traces, 2).await;
    assert!(records.iter().all(|record| record.level == Level::INFO), "{records:?}");
}

#[tokio::test]
async fn the_callers_trace_is_kept() {
    let (server, traces) = desk("").await;
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let header = format!("00-{trace}-{parent}-01");
    call("POST", "/desk/fine").header("traceparent", &header).send(server.addr).await;
    GrpcCall::new(WORK, &wire("fine")).header("traceparent", &header).send(server.addr).await;
    // What is no trace context is no reason to fail: the call gets a trace of its own.
    call("POST", "/desk/fine").header("traceparent", "00-zz-zz-01").send(server.addr).await;
    let records = recorded(&traces, 3).await;
    assert_eq!((records[0].field("trace_id"), records[1].field("trace_id")), (trace, trace));
    let own = records[2].field("trace_id");
    assert!(own.len() == 32 && own != trace && own.chars().any(|c| c != '0'), "{own}");
}

#[tokio::test]
async fn a_trusted_proxy_says_who_called() {
    let headers =
        [("x-forwarded-for", "6.6.6.6, 198.51.100.7, 127.0.0.9"), ("x-real-ip", "198.51.100.7")];
    for (settings, client) in [
        ("server: {trusted_proxies: [127.0.0.0/8]}", "198.51.100.7"),
        ("server: {trusted_proxies: [10.0.0.0/8, '::1']}", "127.0.0.1"),
        ("", "127.0.0.1"),
    ] {
        let (server, traces) = desk(settings).await;
        let mut http = call("POST", "/desk/fine");
        let mut grpc = GrpcCall::new(WORK, &wire("fine"));
        for (name, value) in headers {
            http = http.header(name, value);
            grpc = grpc.header(name, value);
        }
        http.send(server.addr).await;
        grpc.send(server.addr).await;
        for record in recorded(&traces, 2).await {
            assert_eq!(record.field("client"), client, "{record:?}");
            assert!(record.field("peer").starts_with("127.0.0.1:"), "{record:?}");
        }
    }
}

#[tokio::test]
async fn arguments_are_logged_on_request_and_without_secrets() {
    for (settings, asked) in [("log: {arguments: true}", true), ("", false)] {
        let (server, traces) = desk(settings).await;
        call("POST", "/keys").json(r#"{"owner":"ann","teeth":"7-3-5"}"#).send(server.addr).await;
        let key = Key { owner: "bob".into(), teeth: Some("7-3-5".into()) };
        grpc(server.addr, "/access.v1.Desk/Unlock", &key).await;
        call("POST", "/keys").json(r#"{"owner":"eve"}"#).send(server.addr).await;
        call("POST", "/keys").json(r#"{"owner":7,"teeth":"7-3-5"}"#).send(server.addr).await;
        let records = recorded(&traces, 4).await;
        let expected = match asked {
            true => [
                r#"{"owner":"ann","teeth":"***"}"#,
                r#"{"owner":"bob","teeth":"***"}"#,
                r#"{"owner":"eve"}"#,
                "",
            ],
            false => [""; 4],
        };
        let found: Vec<_> = records.iter().map(|record| record.field("arguments")).collect();
        assert_eq!(found, expected);
        assert!(!format!("{:?}", traces.events()).contains("7-3-5"), "{records:?}");
    }
}

#[tokio::test]
async fn calls_that_reach_no_method_are_recorded_too() {
    let (server, traces) = desk("").await;
    call("GET", "/nowhere").send(server.addr).await;
    call("DELETE", "/desk/x").send(server.addr).await;
    call("POST", WORK).json("{").send(server.addr).await;
    grpc(server.addr, "/access.v1.Desk/Rest", &()).await;
    let records = recorded(&traces, 4).await;
    let seen: Vec<_> =
        records.iter().map(|record| (record.field("code"), record.field("reason"))).collect();
    assert_eq!(
        seen,
        [
            ("404", "ROUTE_NOT_FOUND"),
            ("405", "METHOD_NOT_ALLOWED"),
            ("400", "CODEC"),
            ("501", "METHOD_NOT_FOUND"),
        ]
    );
}

#[tokio::test]
async fn a_request_that_breaks_off_is_its_callers_doing() {
    let (server, traces) = desk("").await;
    let mut raw = e2e::Raw::connect(server.addr).await;
    raw.send(format!(
        "POST {WORK} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: 20\r\n\r\n"
    ))
    .await;
    // The server reads the body by now.
    raw.until("100").await;
    raw.send(r#"{"how":"#).await;
    drop(raw);
    let gone = recorded(&traces, 1).await.remove(0);
    assert_eq!((gone.field("code"), gone.field("reason")), ("499", "CANCELLED"), "{gone:?}");

    let (sink, mut events) = e2e::events();
    let app = App::new("access").service(Desk).middleware(crate::middleware::Guard(sink));
    let server = start(app).await;
    let endless = call("POST", WORK).json("").pieces([r#"{"how":"#]).never_ending();
    let pending = endless.over(e2e::Wire::H2c).begin(server.addr).await;
    assert_eq!(events.next().await, "entered");
    pending.hang_up();
    let gone = recorded(&traces, 2).await.remove(1);
    assert_eq!((gone.field("code"), gone.field("reason")), ("499", "CANCELLED"), "{gone:?}");
}

#[tokio::test]
async fn a_caller_that_went_away_is_an_outcome() {
    let (server, traces) = desk("").await;
    let watch = GrpcCall::new("/grpc.health.v1.Health/Watch", &wire(""));
    let mut watch = watch.open(server.addr).await;
    watch.next().await.expect("a first message");
    assert!(records(&traces).is_empty(), "the stream has not ended");
    watch.hang_up();
    let gone = recorded(&traces, 1).await.remove(0);
    assert_eq!((gone.field("code"), gone.field("reason")), ("499", "CANCELLED"));
    assert_eq!(gone.field("operation"), "/grpc.health.v1.Health/Watch");
}
