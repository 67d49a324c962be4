//! Recovery, deadlines and callers that go away: the server lives on, and a handler that nobody waits for is dropped.

use std::future::pending;

use bident::prelude::*;
use e2e::{Connection, GrpcCall, Running, Sink, WIRES, Wire, call, events, grpc, start};

use crate::common::{self, Note, json, wire};

struct Workshop {
    sink: Sink,
}

#[service(package = "calls.v1")]
impl Workshop {
    #[rpc(post = "/calls/echo")]
    async fn echo(&self, note: Note) -> Note {
        note
    }

    #[rpc(post = "/calls/explode")]
    async fn explode(&self, note: Note) -> Note {
        match note.text.as_str() {
            "later" => tokio::task::yield_now().await,
            "no text" => std::panic::panic_any(7),
            "dropped" => {
                let _bomb = Bomb;
                return note;
            }
            _ => {}
        }
        panic!("the secret of {}", note.text);
    }

    /// Never ends by itself.
    #[rpc(post = "/calls/hang")]
    async fn hang(&self, note: Note) -> Note {
        let _dropped = self.sink.on_drop(format!("dropped {}", note.text));
        self.sink.tell(format!("started {}", note.text));
        pending().await
    }

    /// Never ends by itself and may take little time.
    #[rpc(post = "/calls/brief", timeout = "300ms")]
    async fn brief(&self, note: Note) -> Note {
        let _dropped = self.sink.on_drop("dropped");
        self.sink.tell(note.text);
        pending().await
    }

    /// Says in milliseconds how much time it has.
    #[rpc(post = "/calls/remaining")]
    async fn remaining(&self, ctx: &Context) -> Note {
        remaining(ctx)
    }

    #[rpc(post = "/calls/remaining_brief", timeout = "60s")]
    async fn remaining_brief(&self, ctx: &Context) -> Note {
        remaining(ctx)
    }

    /// Leaves a task that tells when the call is over.
    #[rpc(post = "/calls/delegate")]
    async fn delegate(&self, ctx: &Context, note: Note) -> Note {
        let (context, sink) = (ctx.clone(), self.sink.clone());
        bident::spawn(async move {
            sink.tell("started");
            context.cancelled().await;
            sink.tell(format!("cancelled {}", note.text));
        });
        pending().await
    }
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the secret of a bomb");
    }
}

fn remaining(ctx: &Context) -> Note {
    let left = ctx.deadline().map(|at| at.saturating_duration_since(std::time::Instant::now()));
    Note::new(left.map_or_else(|| "none".to_owned(), |left| left.as_millis().to_string()))
}

async fn workshop(settings: &str) -> (Running, e2e::Events) {
    let (sink, events) = events();
    let app = App::new("calls").defaults(settings).service(Workshop { sink });
    (start(app).await, events)
}

/// Before the first wait, after it, with something else than a text, while a value is dropped.
const PANICS: [&str; 4] = ["now", "later", "no text", "dropped"];

#[tokio::test]
async fn a_panic_is_an_answer_and_the_connection_lives_on() {
    let (server, _) = workshop("").await;
    for wire in WIRES {
        let mut connection = Connection::open(server.addr, wire).await;
        for text in PANICS {
            let answer =
                call("POST", "/calls/explode").json(json(text)).send_on(&mut connection).await;
            assert_eq!(answer.failure(), (500, "INTERNAL".into()), "{wire:?} {text}");
            assert!(!answer.text().contains("secret"), "{}", answer.text());
        }
        let answer = call("POST", "/calls/echo").json(json("alive")).send_on(&mut connection).await;
        assert_eq!(answer.json()["text"], "alive", "{wire:?}");
    }
    let mut connection = Connection::open(server.addr, Wire::H2c).await;
    for text in PANICS {
        let explode = GrpcCall::new("/calls.v1.Workshop/Explode", &wire(text));
        let answer = explode.send_on(&mut connection).await;
        assert_eq!(answer.failure(), (13, "INTERNAL".into()), "{text}");
        assert!(!format!("{answer:?}").contains("secret"), "{answer:?}");
    }
    let echo = GrpcCall::new("/calls.v1.Workshop/Echo", &wire("alive"));
    assert_eq!(echo.send_on(&mut connection).await.decode::<common::Plain>().text, "alive");
}

#[tokio::test]
async fn a_callers_deadline_ends_the_handler_whichever_header_says_it() {
    let (server, mut events) = workshop("").await;
    let deadlines = [("grpc-timeout", "400m"), ("connect-timeout-ms", "400")];
    for (name, value) in deadlines {
        for over in WIRES {
            let hang = call("POST", "/calls/hang").json(json("http")).header(name, value);
            let answer = hang.over(over).send(server.addr).await;
            assert_eq!(answer.failure(), (504, "DEADLINE_EXCEEDED".into()), "{name} {over:?}");
            assert_eq!(events.take(2).await, ["started http", "dropped http"]);
        }
        let hang = GrpcCall::new("/calls.v1.Workshop/Hang", &wire("grpc")).header(name, value);
        let answer = hang.send(server.addr).await;
        assert_eq!(answer.failure(), (4, "DEADLINE_EXCEEDED".into()), "{name}");
        assert_eq!(events.take(2).await, ["started grpc", "dropped grpc"]);
    }
    assert_eq!(events.rest(), Vec::<String>::new());
}

#[tokio::test]
async fn a_methods_own_timeout_ends_it() {
    let (server, mut events) = workshop("").await;
    let brief = call("POST", "/calls/brief").json(json("http"));
    assert_eq!(brief.send(server.addr).await.failure(), (504, "DEADLINE_EXCEEDED".into()));
    assert_eq!(events.take(2).await, ["http", "dropped"]);
    let answer = grpc(server.addr, "/calls.v1.Workshop/Brief", &wire("grpc")).await;
    assert_eq!(answer.failure(), (4, "DEADLINE_EXCEEDED".into()));
    assert_eq!(events.take(2).await, ["grpc", "dropped"]);
    // A caller that is more patient does not get more.
    let patient = GrpcCall::new("/calls.v1.Workshop/Brief", &wire("patient"));
    let answer = patient.header("grpc-timeout", "1H").send(server.addr).await;
    assert_eq!(answer.failure(), (4, "DEADLINE_EXCEEDED".into()));
}

#[tokio::test]
async fn the_servers_timeout_ends_every_unary_call() {
    let (server, mut events) = workshop("server: {timeout: 300ms}").await;
    let hang = call("POST", "/calls/hang").json(json("http"));
    assert_eq!(hang.send(server.addr).await.failure(), (504, "DEADLINE_EXCEEDED".into()));
    assert_eq!(events.take(2).await, ["started http", "dropped http"]);
    let answer = grpc(server.addr, "/calls.v1.Workshop/Hang", &wire("grpc")).await;
    assert_eq!(answer.failure(), (4, "DEADLINE_EXCEEDED".into()));
    assert_eq!(events.take(2).await, ["started grpc", "dropped grpc"]);
}

#[tokio::test]
async fn a_body_that_never_ends_is_bounded_by_the_deadline_too() {
    let (server, mut events) = workshop("").await;
    for over in WIRES {
        let endless = call("POST", "/calls/hang").json("").pieces([r#"{"text":"#]).never_ending();
        let endless = endless.header("connect-timeout-ms", "200").over(over);
        let answer = endless.send(server.addr).await;
        assert_eq!(answer.failure(), (504, "DEADLINE_EXCEEDED".into()), "{over:?}");
    }
    assert_eq!(events.rest(), Vec::<String>::new());
}

#[tokio::test]
async fn the_handler_sees_the_nearest_of_three_deadlines() {
    let (server, _) = workshop("server: {timeout: 100s}").await;
    let cases = [
        ("remaining", "Remaining", "", 100_000),
        ("remaining", "Remaining", "80S", 80_000),
        ("remaining", "Remaining", "9H", 100_000),
        ("remaining_brief", "RemainingBrief", "", 60_000),
        ("remaining_brief", "RemainingBrief", "40000m", 40_000),
        ("remaining_brief", "RemainingBrief", "80S", 60_000),
    ];
    for (route, method, timeout, most) in cases {
        let (mut http, mut grpc) = (
            call("POST", &format!("/calls/{route}")),
            GrpcCall::new(&format!("/calls.v1.Workshop/{method}"), &()),
        );
        if !timeout.is_empty() {
            http = http.header("grpc-timeout", timeout);
            grpc = grpc.header("grpc-timeout", timeout);
        }
        let http = http.send(server.addr).await.json()["text"].as_str().expect("text").to_owned();
        let grpc = grpc.send(server.addr).await.decode::<common::Plain>().text;
        for left in [http, grpc] {
            let left: u32 = left.parse().expect("milliseconds");
            assert!(left <= most && left > most - 20_000, "{method} {timeout}: {left}");
        }
    }
}

#[tokio::test]
async fn a_caller_that_hangs_up_ends_the_handler() {
    let (server, mut events) = workshop("").await;
    for over in WIRES {
        let hang = call("POST", "/calls/hang").json(json("http")).over(over);
        let pending = hang.begin(server.addr).await;
        assert_eq!(events.next().await, "started http");
        pending.hang_up();
        assert_eq!(events.next().await, "dropped http", "{over:?}");
    }
    let hang = GrpcCall::new("/calls.v1.Workshop/Hang", &wire("grpc"));
    let pending = hang.begin(server.addr).await;
    assert_eq!(events.next().await, "started grpc");
    pending.hang_up();
    assert_eq!(events.next().await, "dropped grpc");
}

#[tokio::test]
async fn a_reset_stream_ends_the_handler_and_leaves_the_connection() {
    let (server, mut events) = workshop("").await;
    let hang = call("POST", "/calls/hang").json(json("http")).over(Wire::H2c);
    let pending = hang.begin(server.addr).await;
    assert_eq!(events.next().await, "started http");
    let _connection = pending.give_up();
    assert_eq!(events.next().await, "dropped http");

    let connection = Connection::open(server.addr, Wire::H2c).await;
    let hang = GrpcCall::new("/calls.v1.Workshop/Hang", &wire("grpc")).begin_on(&connection);
    assert_eq!(events.next().await, "started grpc");
    hang.abort();
    assert_eq!(events.next().await, "dropped grpc");
    let mut connection = connection;
    let echo = GrpcCall::new("/calls.v1.Workshop/Echo", &wire("alive"));
    assert_eq!(echo.send_on(&mut connection).await.decode::<common::Plain>().text, "alive");
}

#[tokio::test]
async fn a_task_of_the_handler_hears_that_the_call_was_given_up() {
    let (server, mut events) = workshop("").await;
    for over in WIRES {
        let delegate = call("POST", "/calls/delegate").json(json("http")).over(over);
        let pending = delegate.begin(server.addr).await;
        assert_eq!(events.next().await, "started");
        pending.hang_up();
        assert_eq!(events.next().await, "cancelled http", "{over:?}");
    }
    let delegate = GrpcCall::new("/calls.v1.Workshop/Delegate", &wire("grpc"));
    let pending = delegate.begin(server.addr).await;
    assert_eq!(events.next().await, "started");
    pending.hang_up();
    assert_eq!(events.next().await, "cancelled grpc");
}

#[tokio::test]
async fn a_task_of_the_handler_hears_that_the_deadline_passed() {
    let (server, mut events) = workshop("").await;
    let delegate =
        call("POST", "/calls/delegate").json(json("http")).header("grpc-timeout", "400m");
    assert_eq!(delegate.send(server.addr).await.status, 504);
    assert_eq!(events.take(2).await, ["started", "cancelled http"]);
    let delegate = GrpcCall::new("/calls.v1.Workshop/Delegate", &wire("grpc"));
    assert_eq!(delegate.header("grpc-timeout", "400m").send(server.addr).await.status, 4);
    assert_eq!(events.take(2).await, ["started", "cancelled grpc"]);
}

#[tokio::test]
async fn no_call_that_ended_badly_holds_the_stop() {
    // A single one that were still counted would hold the stop for longer than any test may take.
    let (server, mut events) = workshop("server: {drain: 300s}").await;
    let connection = Connection::open(server.addr, Wire::H2c).await;
    for n in 0..50 {
        let hang = GrpcCall::new("/calls.v1.Workshop/Hang", &wire(n.to_string()));
        let hang = hang.begin_on(&connection);
        assert_eq!(events.next().await, format!("started {n}"));
        hang.abort();
        assert_eq!(events.next().await, format!("dropped {n}"));
    }
    for over in WIRES {
        let hang = call("POST", "/calls/hang").json(json("http")).over(over);
        let pending = hang.begin(server.addr).await;
        assert_eq!(events.next().await, "started http");
        pending.hang_up();
        assert_eq!(events.next().await, "dropped http");
        for how in PANICS {
            call("POST", "/calls/explode").json(json(how)).over(over).send(server.addr).await;
        }
        call("POST", "/calls/brief").json(json("late")).over(over).send(server.addr).await;
        assert_eq!(events.take(2).await, ["late", "dropped"]);
    }
    let watch = GrpcCall::new("/grpc.health.v1.Health/Watch", &wire("")).open(server.addr).await;
    watch.hang_up();
    server.stop().await.expect("a clean stop");
}

#[tokio::test]
async fn streams_that_are_reset_at_once_do_not_hurt() {
    let (server, _) = workshop("server: {drain: 300s}").await;
    let connection = Connection::open(server.addr, Wire::H2c).await;
    for n in 0..1000 {
        let hang = GrpcCall::new("/calls.v1.Workshop/Hang", &wire(n.to_string()));
        let hang = hang.begin_on(&connection);
        tokio::task::yield_now().await;
        hang.abort();
    }
    let answer = grpc(server.addr, "/calls.v1.Workshop/Echo", &wire("alive")).await;
    assert_eq!(answer.decode::<common::Plain>().text, "alive");
    drop(connection);
    server.stop().await.expect("a clean stop");
}
