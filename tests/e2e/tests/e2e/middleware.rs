//! The user's middleware: around every request exactly once, whatever becomes of it.

use std::future::pending;

use bident::call::BoxFuture;
use bident::prelude::*;
use e2e::{Answer, GrpcAnswer, GrpcCall, Running, Sink, WIRES, call, events, grpc, start};

use crate::common::{Note, Plain, json, wire};
use crate::tonic_built::{self, Legacy};

struct Desk;

#[service(package = "middleware.v1")]
impl Desk {
    #[rpc(post = "/desk/{how}")]
    async fn work(&self, ctx: &Context, how: String) -> bident::Result<Note> {
        match how.as_str() {
            "fail" => Err(Error::conflict("BUSY", "somebody sits here")),
            "explode" => panic!("on purpose"),
            "hang" => pending().await,
            "headers" => Ok(Note::new(ctx.header("x-added").unwrap_or("none"))),
            "extensions" => Ok(Note::new(ctx.extensions().get::<Badge>().map_or("none", |b| b.0))),
            _ => Ok(Note::new(how)),
        }
    }
}

#[derive(Clone)]
struct Badge(&'static str);

const WORK: &str = "/middleware.v1.Desk/Work";
const WATCH: &str = "/grpc.health.v1.Health/Watch";

/// Tells what goes in and what comes out, and how the call ended.
struct Recorder {
    name: &'static str,
    sink: Sink,
}

impl Middleware for Recorder {
    fn handle<'a>(&'a self, call: Call, next: Next<'a>) -> BoxFuture<'a, bident::Result<Reply>> {
        Box::pin(async move {
            let name = self.name;
            self.sink.tell(format!("{name}> {} {}", call.protocol().name(), call.operation()));
            match next.run(call).await {
                Ok(reply) => {
                    self.sink.tell(format!("{name}< ok"));
                    let sink = self.sink.clone();
                    Ok(reply.on_end(move |end| {
                        let (code, grpc) = (end.code, end.grpc.name());
                        sink.tell(format!("{name}. {code} {grpc} {}", end.reason));
                    }))
                }
                Err(error) => {
                    self.sink.tell(format!("{name}< {} {}", error.code(), error.reason()));
                    Err(error)
                }
            }
        })
    }
}

fn app(sink: &Sink) -> App {
    let routes = axum::Router::new().route("/raw/{id}", axum::routing::get(async || "raw"));
    App::new("middleware")
        .service(Desk)
        .routes(routes)
        .tonic(Legacy)
        .middleware(Recorder { name: "a", sink: sink.clone() })
}

async fn recorded() -> (Running, e2e::Events) {
    let (sink, events) = events();
    (start(app(&sink)).await, events)
}

#[tokio::test]
async fn a_success_goes_in_and_out_once() {
    let (server, mut events) = recorded().await;
    for over in WIRES {
        let answer = call("POST", "/desk/fine").over(over).send(server.addr).await;
        assert_eq!(answer.json()["text"], "fine");
        let seen = events.take(3).await;
        assert_eq!(seen, [&format!("a> http {WORK}"), "a< ok", "a. 200 OK "], "{over:?}");
    }
    let answer = grpc(server.addr, WORK, &wire("fine")).await;
    assert_eq!(answer.decode::<Plain>().text, "fine");
    assert_eq!(events.take(3).await, [&format!("a> grpc {WORK}"), "a< ok", "a. 200 OK "]);
    server.stop().await.expect("a clean stop");
    assert_eq!(events.rest(), Vec::<String>::new());
}

#[tokio::test]
async fn failures_below_are_values() {
    let (server, mut events) = recorded().await;
    let cases = [
        ("fail", (409, "BUSY"), 10),
        ("explode", (500, "INTERNAL"), 13),
        ("hang", (504, "DEADLINE_EXCEEDED"), 4),
    ];
    for (how, (code, reason), status) in cases {
        let http = call("POST", &format!("/desk/{how}")).header("grpc-timeout", "300m");
        assert_eq!(http.send(server.addr).await.failure(), (code, reason.into()));
        let seen = events.take(2).await;
        assert_eq!(seen, [format!("a> http {WORK}"), format!("a< {code} {reason}")]);
        let grpc = GrpcCall::new(WORK, &wire(how)).header("grpc-timeout", "300m");
        assert_eq!(grpc.send(server.addr).await.failure(), (status, reason.into()));
        let seen = events.take(2).await;
        assert_eq!(seen, [format!("a> grpc {WORK}"), format!("a< {code} {reason}")]);
    }
    server.stop().await.expect("a clean stop");
    assert_eq!(events.rest(), Vec::<String>::new());
}

#[tokio::test]
async fn what_no_handler_gets_is_seen_too() {
    let (server, mut events) = recorded().await;
    let undecodable = call("POST", WORK).json("{").send(server.addr).await;
    assert_eq!(undecodable.failure(), (400, "CODEC".into()));
    assert_eq!(events.take(2).await, [&format!("a> http {WORK}"), "a< 400 CODEC"]);
    let undecodable = GrpcCall::bytes(WORK, e2e::frame(b"\x0a\xff")).send(server.addr).await;
    assert_eq!(undecodable.failure(), (3, "CODEC".into()));
    assert_eq!(events.take(2).await, [&format!("a> grpc {WORK}"), "a< 400 CODEC"]);

    let unmatched = call("GET", "/nowhere").send(server.addr).await;
    assert_eq!(unmatched.failure(), (404, "ROUTE_NOT_FOUND".into()));
    assert_eq!(events.take(2).await, ["a> http unmatched", "a< 404 ROUTE_NOT_FOUND"]);
    let unmatched = grpc(server.addr, "/middleware.v1.Desk/Rest", &wire("")).await;
    assert_eq!(unmatched.failure(), (12, "METHOD_NOT_FOUND".into()));
    assert_eq!(events.take(2).await, ["a> grpc unmatched", "a< 501 METHOD_NOT_FOUND"]);

    let wrong = call("DELETE", "/desk/fine").send(server.addr).await;
    assert_eq!(wrong.failure(), (405, "METHOD_NOT_ALLOWED".into()));
    assert!(events.next().await.starts_with("a> http "));
    assert_eq!(events.next().await, "a< 405 METHOD_NOT_ALLOWED");
    let medium = call("POST", WORK).header("content-type", "text/csv").body("x");
    assert_eq!(medium.send(server.addr).await.failure(), (415, "UNSUPPORTED_MEDIA_TYPE".into()));
    assert_eq!(events.take(2).await, [&format!("a> http {WORK}"), "a< 415 UNSUPPORTED_MEDIA_TYPE"]);
    server.stop().await.expect("a clean stop");
    assert_eq!(events.rest(), Vec::<String>::new());
}

#[tokio::test]
async fn raw_routes_and_tonic_built_services_stand_behind_it() {
    let (server, mut events) = recorded().await;
    let answer = call("GET", "/raw/7").send(server.addr).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "raw"));
    assert_eq!(events.take(3).await, ["a> http /raw/{id}", "a< ok", "a. 200 OK "]);

    let answer = grpc(server.addr, tonic_built::ECHO, &wire("tonic")).await;
    assert_eq!(answer.decode::<Plain>().text, "tonic");
    let into = format!("a> grpc {}", tonic_built::ECHO);
    assert_eq!(events.take(3).await, [&into, "a< ok", "a. 200 OK "]);

    // tonic fails within a response of its own, which is not touched: how the call ended is known nevertheless.
    let answer = grpc(server.addr, tonic_built::FAIL, &wire("tonic")).await;
    assert_eq!(answer.status, 15);
    let into = format!("a> grpc {}", tonic_built::FAIL);
    assert_eq!(events.take(3).await, [&into, "a< ok", "a. 500 DATA_LOSS "]);

    let answer = grpc(server.addr, tonic_built::COUNT, &wire("3")).await;
    assert_eq!((answer.status, answer.messages.len()), (0, 3));
    let into = format!("a> grpc {}", tonic_built::COUNT);
    assert_eq!(events.take(3).await, [&into, "a< ok", "a. 200 OK "]);
    server.stop().await.expect("a clean stop");
    assert_eq!(events.rest(), Vec::<String>::new());
}

#[tokio::test]
async fn a_stream_ends_for_it_when_its_last_message_has_left() {
    let (server, mut events) = recorded().await;
    let mut watch = GrpcCall::new(WATCH, &wire("")).open(server.addr).await;
    assert_eq!(watch.next().await.as_deref(), Some(&b"\x08\x01"[..]), "SERVING");
    assert_eq!(events.take(2).await, [&format!("a> grpc {WATCH}"), "a< ok"]);
    assert_eq!(events.rest(), Vec::<String>::new(), "the stream has not ended");
    let connection = watch.give_up();
    assert_eq!(events.next().await, "a. 499 CANCELLED CANCELLED");
    drop(connection);

    let mut watch = GrpcCall::new(WATCH, &wire("")).open(server.addr).await;
    assert_eq!(watch.next().await.as_deref(), Some(&b"\x08\x01"[..]), "SERVING");
    assert_eq!(events.take(2).await, [&format!("a> grpc {WATCH}"), "a< ok"]);
    watch.hang_up();
    assert_eq!(events.next().await, "a. 499 CANCELLED CANCELLED");
}

#[tokio::test]
async fn a_watched_stream_ends_with_the_server() {
    let (server, mut events) = recorded().await;
    let mut watch = GrpcCall::new(WATCH, &wire("")).open(server.addr).await;
    assert_eq!(watch.next().await.as_deref(), Some(&b"\x08\x01"[..]), "SERVING");
    assert_eq!(events.take(2).await, [&format!("a> grpc {WATCH}"), "a< ok"]);
    let stopped = tokio::spawn(server.stop());
    assert_eq!(watch.next().await.as_deref(), Some(&b"\x08\x02"[..]), "NOT_SERVING");
    watch.hang_up();
    assert!(events.next().await.starts_with("a. "));
    e2e::bounded("the stop", stopped).await.expect("no panic").expect("a clean stop");
    assert_eq!(events.rest(), Vec::<String>::new());
}

#[tokio::test]
async fn the_first_one_added_is_the_outermost() {
    let (sink, mut events) = events();
    let second = Recorder { name: "b", sink: sink.clone() };
    let server = start(app(&sink).middleware(second)).await;
    let order = |kind: &str| {
        ["a>", "b>"]
            .map(|to| format!("{to} {kind} {WORK}"))
            .into_iter()
            .chain(["b< ok", "a< ok"].map(String::from))
    };
    call("POST", "/desk/fine").send(server.addr).await;
    assert_eq!(events.take(4).await, order("http").collect::<Vec<_>>());
    let mut ends = events.take(2).await;
    ends.sort();
    assert_eq!(ends, ["a. 200 OK ", "b. 200 OK "]);
    grpc(server.addr, WORK, &wire("fine")).await;
    assert_eq!(events.take(4).await, order("grpc").collect::<Vec<_>>());
}

/// Lets nobody in without a key; marks what it lets in and what comes out.
async fn porter(mut call: Call, next: Next<'_>) -> bident::Result<Reply> {
    match call.headers().get("x-key").map(|key| key.as_bytes()) {
        None => return Err(Error::unauthorized("NO_KEY", "a key is needed")),
        Some(b"explode") => panic!("on purpose"),
        Some(b"hang") => pending::<()>().await,
        Some(_) => {}
    }
    call.headers_mut().insert("x-added", http::HeaderValue::from_static("by the porter"));
    call.extensions_mut().insert(Badge("visitor"));
    let mut reply = next.run(call).await?;
    reply.headers_mut().insert("x-left", http::HeaderValue::from_static("at noon"));
    Ok(reply)
}

/// One call over each prong with the porter's key.
async fn both(server: &Running, how: &str, key: &str) -> (Answer, GrpcAnswer) {
    let mut http = call("POST", &format!("/desk/{how}")).header("grpc-timeout", "300m");
    let mut grpc = GrpcCall::new(WORK, &wire(how)).header("grpc-timeout", "300m");
    if !key.is_empty() {
        (http, grpc) = (http.header("x-key", key), grpc.header("x-key", key));
    }
    (http.send(server.addr).await, grpc.send(server.addr).await)
}

#[tokio::test]
async fn it_may_answer_by_itself() {
    let server = start(App::new("porter").service(Desk).middleware(porter)).await;
    let (http, grpc) = both(&server, "fine", "").await;
    assert_eq!(http.failure(), (401, "NO_KEY".into()));
    assert_eq!(grpc.failure(), (16, "NO_KEY".into()));
    let unmatched = call("GET", "/nowhere").send(server.addr).await;
    assert_eq!(unmatched.failure(), (401, "NO_KEY".into()));
}

#[tokio::test]
async fn it_may_change_what_goes_in_and_out() {
    let server = start(App::new("porter").service(Desk).middleware(porter)).await;
    for (how, text) in [("headers", "by the porter"), ("extensions", "visitor")] {
        let (http, grpc) = both(&server, how, "k").await;
        assert_eq!((http.json()["text"].as_str(), http.header("x-left")), (Some(text), "at noon"));
        assert_eq!(grpc.header("x-left"), "at noon");
        assert_eq!(grpc.decode::<Plain>().text, text);
    }
}

#[tokio::test]
async fn its_own_panic_and_its_own_delay_are_answered_too() {
    let server = start(App::new("porter").service(Desk).middleware(porter)).await;
    for (key, (code, reason), status) in
        [("explode", (500, "INTERNAL"), 13), ("hang", (504, "DEADLINE_EXCEEDED"), 4)]
    {
        let (http, grpc) = both(&server, "fine", key).await;
        assert_eq!(http.failure(), (code, reason.into()));
        assert_eq!(grpc.failure(), (status, reason.into()));
    }
    let (http, _) = both(&server, "fine", "k").await;
    assert_eq!(http.json()["text"], "fine");
}

/// Turns one error into a success of another call, which a plain function can do as well.
async fn second_chance(call: Call, next: Next<'_>) -> bident::Result<Reply> {
    next.run(call).await.map_err(|error| match error.reason() {
        "BUSY" => Error::unavailable("TRY_LATER", "later").expose().with("seats", 0),
        _ => error,
    })
}

#[tokio::test]
async fn it_may_replace_an_error() {
    let server = start(App::new("chance").service(Desk).middleware(second_chance)).await;
    let http = call("POST", WORK).json(r#"{"how":"fail"}"#).send(server.addr).await;
    assert_eq!(http.failure(), (503, "TRY_LATER".into()));
    assert_eq!(http.json()["metadata"]["seats"], "0");
    let grpc = grpc(server.addr, WORK, &wire("fail")).await;
    assert_eq!(grpc.failure(), (14, "TRY_LATER".into()));
    assert_eq!(grpc.error_info().metadata["seats"], "0");
    let panicked = call("POST", WORK).json(r#"{"how":"explode"}"#).send(server.addr).await;
    assert_eq!(panicked.failure(), (500, "INTERNAL".into()));
    let fine = call("POST", WORK).json(json("x")).send(server.addr).await;
    assert_eq!(fine.status, 200);
}

/// Lets only those through whose body it likes, which it has to read for that.
async fn reader(mut call: Call, next: Next<'_>) -> bident::Result<Reply> {
    let body = std::mem::take(call.body_mut()).collect(100).await?;
    if body.windows(6).any(|part| part == b"poison") {
        return Err(Error::forbidden("POISON", "no poison here"));
    }
    *call.body_mut() = body.into();
    next.run(call).await
}

#[tokio::test]
async fn it_may_read_the_body_and_pass_it_on() {
    let server = start(App::new("reader").service(Desk).middleware(reader)).await;
    let post = |how: &str| call("POST", WORK).json(format!(r#"{{"how":"{how}"}}"#));
    for over in WIRES {
        let answer = post("fine").over(over).send(server.addr).await;
        assert_eq!(answer.json()["text"], "fine", "{over:?}");
        let answer = post("poison").over(over).send(server.addr).await;
        assert_eq!(answer.failure(), (403, "POISON".into()), "{over:?}");
        let answer = post(&"x".repeat(200)).over(over).send(server.addr).await;
        assert_eq!(answer.failure(), (413, "BODY_TOO_LARGE".into()), "{over:?}");
    }
    assert_eq!(grpc(server.addr, WORK, &wire("fine")).await.decode::<Plain>().text, "fine");
    assert_eq!(grpc(server.addr, WORK, &wire("poison")).await.failure(), (7, "POISON".into()));
    let large = grpc(server.addr, WORK, &wire("x".repeat(200))).await;
    assert_eq!(large.failure(), (8, "BODY_TOO_LARGE".into()));
}

/// Passes on everything and tells when the call was dropped under it.
pub(crate) struct Guard(pub(crate) Sink);

impl Middleware for Guard {
    fn handle<'a>(&'a self, call: Call, next: Next<'a>) -> BoxFuture<'a, bident::Result<Reply>> {
        let dropped = self.0.on_drop("dropped");
        self.0.tell("entered");
        Box::pin(async move {
            let _dropped = dropped;
            next.run(call).await
        })
    }
}

#[tokio::test]
async fn it_is_dropped_with_its_caller() {
    let (sink, mut events) = events();
    let server = start(App::new("guard").service(Desk).middleware(Guard(sink))).await;
    for over in WIRES {
        let pending = call("POST", "/desk/hang").over(over).begin(server.addr).await;
        assert_eq!(events.next().await, "entered");
        pending.hang_up();
        assert_eq!(events.next().await, "dropped", "{over:?}");
    }
    let pending = GrpcCall::new(WORK, &wire("hang")).begin(server.addr).await;
    assert_eq!(events.next().await, "entered");
    pending.hang_up();
    assert_eq!(events.next().await, "dropped");
}
