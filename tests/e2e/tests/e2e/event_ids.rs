//! The ids of server-sent events, and what comes back of them: `event_id` on one side, `last-event-id` on the other.

use bident::prelude::*;
use e2e::{Answer, Running, WIRES, call, refused, start};
use futures_util::stream;

#[message(package = "ids.v1")]
struct Tick {
    n: u64,
    name: String,
    note: Option<String>,
    #[field(json = "small")]
    small_number: i32,
}

struct Clock;

/// What comes after the event that the caller saw last, up to `to`.
fn after(ctx: &Context, to: u64) -> impl Stream<Item = Tick> + Send + use<> {
    let seen: u64 = ctx.header("last-event-id").and_then(|id| id.parse().ok()).unwrap_or_default();
    let name = |n| format!("tick {n}");
    stream::iter((seen + 1..=to).map(move |n| Tick { n, name: name(n), ..Tick::default() }))
}

#[service(package = "ids.v1")]
impl Clock {
    #[rpc(get = "/ticks/{to}", event_id = "n")]
    async fn ticks(&self, ctx: &Context, to: u64) -> impl Stream<Item = Tick> + Send {
        after(ctx, to)
    }

    #[rpc(get = "/names/{to}", event_id = "n", response_body = "name")]
    async fn names(&self, ctx: &Context, to: u64) -> impl Stream<Item = Tick> + Send {
        after(ctx, to)
    }

    /// The ids of these are whatever the caller says.
    #[rpc(get = "/notes", event_id = "note")]
    async fn notes(&self, note: Option<String>) -> impl Stream<Item = Tick> + Send {
        stream::iter([Tick { note, ..Tick::default() }, Tick::default()])
    }

    #[rpc(get = "/small", event_id = "small_number")]
    async fn small(&self) -> impl Stream<Item = Result<Tick, Error>> + Send {
        let last = Err(Error::conflict("BROKEN", "as always"));
        stream::iter([Ok(Tick { small_number: -7, ..Tick::default() }), last])
    }
}

async fn clock() -> Running {
    start(App::new("clock").service(Clock)).await
}

fn text(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).unwrap()
}

/// What follows `id: ` in every event that has such a line.
fn ids(answer: &Answer) -> Vec<&str> {
    text(answer).lines().filter_map(|line| line.strip_prefix("id: ")).collect()
}

#[tokio::test]
async fn a_caller_that_comes_again_with_the_last_id_goes_on_from_there() {
    let server = clock().await;
    for wire in WIRES {
        let events = call("GET", "/ticks/3").header("accept", "text/event-stream").over(wire);
        let first = events.send(server.addr).await;
        assert_eq!(ids(&first), ["1", "2", "3"], "{wire:?}");
        let head = "event: message\nid: 1\ndata: {\"n\":\"1\",";
        assert!(text(&first).starts_with(head), "{wire:?}: {}", text(&first));

        let again = events.header("last-event-id", "2").send(server.addr).await;
        assert_eq!(ids(&again), ["3"], "{wire:?}");
    }
}

#[tokio::test]
async fn a_caller_that_has_seen_the_last_event_is_told_not_to_come_again() {
    let server = clock().await;
    for wire in WIRES {
        let ticks = call("GET", "/ticks/3").over(wire);
        let seen = ticks.clone().header("last-event-id", "3");
        let over = seen.clone().send(server.addr).await;
        assert_eq!((over.status.as_u16(), text(&over)), (204, ""), "{wire:?}");
        // Whoever comes for the first time, or reads lines, gets an empty stream.
        let lines = seen.header("accept", "application/x-ndjson");
        let none = call("GET", "/ticks/0").over(wire);
        for empty in [lines.send(server.addr).await, none.send(server.addr).await] {
            assert_eq!((empty.status.as_u16(), text(&empty)), (200, ""), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn an_id_is_of_the_whole_message_on_every_path_that_has_events() {
    let server = clock().await;
    let names = call("GET", "/names/2").send(server.addr).await;
    assert_eq!(
        text(&names),
        "event: message\nid: 1\ndata: \"tick 1\"\n\nevent: message\nid: 2\ndata: \"tick 2\"\n\n"
    );
    let rpc = call("POST", "/ids.v1.Clock/Ticks").json(r#"{"to":"2"}"#).send(server.addr).await;
    assert_eq!(ids(&rpc), ["1", "2"]);

    let small = call("GET", "/small").send(server.addr).await;
    assert_eq!(ids(&small), ["-7"], "an error has no id: {}", text(&small));
    assert!(text(&small).contains("event: error\ndata: "), "{}", text(&small));

    let lines = call("GET", "/ticks/2").header("accept", "application/x-ndjson");
    assert!(!text(&lines.send(server.addr).await).contains("id: "), "lines have no ids");
}

#[tokio::test]
async fn what_would_break_the_stream_is_no_id() {
    let server = clock().await;
    for (sent, id) in [
        ("plain", "plain"),
        ("%20two%20words", " two words"),
        ("%C3%BC", "ü"),
        ("a%22%5Cb", "a\"\\b"),
    ] {
        let answer = call("GET", &format!("/notes?note={sent}")).send(server.addr).await;
        assert_eq!(ids(&answer), [id], "{}", text(&answer));
    }
    for none in ["", "?note=", "?note=a%0Ab", "?note=a%0Ddata:%20b", "?note=%00", "?note=%0A"] {
        let answer = call("GET", &format!("/notes{none}")).send(server.addr).await;
        assert!(ids(&answer).is_empty(), "{none}: {}", text(&answer));
        let events: Vec<_> = text(&answer).split_terminator("\n\n").collect();
        assert_eq!(events.len(), 2, "{none}: {}", text(&answer));
        let whole =
            |event: &&str| event.starts_with("event: message\ndata: {") && event.ends_with('}');
        assert!(events.iter().all(whole), "{none}: {}", text(&answer));
    }
}

struct Wrong;

#[service(package = "wrong.v1")]
impl Wrong {
    #[rpc(event_id = "ticks")]
    async fn list(&self) -> impl Stream<Item = Many> + Send {
        stream::iter([])
    }

    #[rpc(event_id = "tick")]
    async fn message(&self) -> impl Stream<Item = Many> + Send {
        stream::iter([])
    }
}

#[message(package = "wrong.v1")]
struct Many {
    ticks: Vec<u64>,
    tick: Tick,
}

#[tokio::test]
async fn an_id_is_one_plain_value() {
    let mistakes = refused(App::new("wrong").service(Wrong)).await;
    for (method, field) in [("List", "ticks"), ("Message", "tick")] {
        let mistake =
            format!("/wrong.v1.Wrong/{method}: `event_id = \"{field}\"`: an id is one number");
        assert!(mistakes.contains(&mistake), "{mistakes}");
    }
}
