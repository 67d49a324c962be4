//! Health, as probes and as gRPC clients ask for it.

use bident::call::BoxFuture;
use bident::prelude::*;
use e2e::{GrpcCall, Sink, WIRES, bounded, call, events, grpc, start};
use prost::Message;

use crate::tonic_built::Legacy;

struct Idle;

#[service(package = "idle.v1")]
impl Idle {
    #[rpc]
    async fn nothing(&self) {}
}

fn idle() -> App {
    App::new("idle").service(Idle)
}

#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(string, tag = "1")]
    service: String,
}

#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(int32, tag = "1")]
    status: i32,
}

#[derive(Clone, PartialEq, Message)]
struct List {
    #[prost(btree_map = "string, message", tag = "1")]
    statuses: std::collections::BTreeMap<String, Response>,
}

const SERVING: i32 = 1;
const NOT_SERVING: i32 = 2;
const SERVICE_UNKNOWN: i32 = 3;

fn about(service: &str) -> Request {
    Request { service: service.to_owned() }
}

#[tokio::test]
async fn check_and_list() {
    let app = start(idle().tonic(Legacy)).await;
    for service in ["", "idle.v1.Idle", "legacy.v1.Legacy"] {
        let answer = grpc(app.addr, "/grpc.health.v1.Health/Check", &about(service)).await;
        assert_eq!(answer.decode::<Response>().status, SERVING, "{service}");
    }
    let unknown = grpc(app.addr, "/grpc.health.v1.Health/Check", &about("other")).await;
    assert_eq!(unknown.failure(), (5, "SERVICE_UNKNOWN".to_owned()));
    let list = grpc(app.addr, "/grpc.health.v1.Health/List", &about("")).await.decode::<List>();
    let statuses: Vec<_> = list.statuses.iter().map(|(k, v)| (k.as_str(), v.status)).collect();
    assert_eq!(statuses, [("", SERVING), ("idle.v1.Idle", SERVING), ("legacy.v1.Legacy", SERVING)]);
    app.stop().await.expect("a good end");
}

#[tokio::test]
async fn check_over_http() {
    let app = start(idle()).await;
    for wire in WIRES {
        let check = call("POST", "/grpc.health.v1.Health/Check").over(wire);
        let answer = check.clone().json("{}").send(app.addr).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (200, r#"{"status":"SERVING"}"#.into())
        );
        let unknown = check.json(r#"{"service":"other"}"#).send(app.addr).await;
        assert_eq!(unknown.failure(), (404, "SERVICE_UNKNOWN".to_owned()));
    }
    app.stop().await.expect("a good end");
}

#[tokio::test]
async fn watch_tells_every_change_and_ends_with_the_app() {
    let app = start(idle().defaults("server: { drain: 1h }")).await;
    let mut watches = Vec::new();
    for (service, before, after) in [
        ("", SERVING, Some(NOT_SERVING)),
        ("idle.v1.Idle", SERVING, Some(NOT_SERVING)),
        ("other", SERVICE_UNKNOWN, None),
    ] {
        let watch = GrpcCall::new("/grpc.health.v1.Health/Watch", &about(service));
        let mut watch = watch.open(app.addr).await;
        let first = watch.next().await.expect("the status at once");
        assert_eq!(Response::decode(first).expect("a response").status, before, "{service}");
        watches.push((watch, after));
    }
    let stop = tokio::spawn(app.stop());
    for (watch, after) in watches {
        let rest = watch.end().await;
        assert_eq!(rest.status, 0);
        let told: Vec<_> = rest
            .messages
            .into_iter()
            .map(|message| Response::decode(message).expect("a response").status)
            .collect();
        assert_eq!(told, Vec::from_iter(after));
    }
    bounded("the stop", stop).await.expect("no panic").expect("a good end");
}

#[tokio::test]
async fn a_watch_that_asks_nothing_is_refused() {
    let app = start(idle()).await;
    let silent = GrpcCall::bytes("/grpc.health.v1.Health/Watch", "").send(app.addr).await;
    assert_eq!(silent.failure(), (12, "CODEC".to_owned()));
    app.stop().await.expect("a good end");
}

#[tokio::test]
async fn probes_on_both_ports() {
    let app = start(idle()).await;
    for address in [app.addr, app.admin] {
        for path in ["/healthz", "/readyz"] {
            for wire in WIRES {
                let answer = call("GET", path).over(wire).send(address).await;
                assert_eq!((answer.status.as_u16(), answer.text()), (200, "ok\n".into()), "{path}");
                assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
            }
            let head = call("HEAD", path).send(address).await;
            assert_eq!((head.status.as_u16(), head.text()), (200, String::new()), "{path}");
            let post = call("POST", path).send(address).await;
            assert_eq!(post.status, 405);
            assert!(post.header("allow").contains("GET"), "{:?}", post.headers);
        }
    }
    assert_eq!(call("GET", "/other").send(app.admin).await.status, 404);
    app.stop().await.expect("a good end");
}

/// Tells with which code each call ended.
struct Record(Sink);

impl Middleware for Record {
    fn handle<'a>(&'a self, call: Call, next: Next<'a>) -> BoxFuture<'a, bident::Result<Reply>> {
        let sink = self.0.clone();
        Box::pin(async move {
            let reply = next.run(call).await?;
            Ok(reply.on_end(move |outcome| sink.tell(outcome.code.to_string())))
        })
    }
}

#[tokio::test]
async fn a_probe_that_only_wants_the_head_is_no_failure() {
    let (sink, mut events) = events();
    let app = start(idle().middleware(Record(sink))).await;
    for wire in WIRES {
        let answer = call("HEAD", "/healthz").over(wire).send(app.addr).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-length")), (200, "3"));
        assert_eq!(events.next().await, "200");
    }
    app.stop().await.expect("a good end");
}
