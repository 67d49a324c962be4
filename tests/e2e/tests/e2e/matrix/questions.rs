//! What is asked of every cell.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use e2e::Feed;

use super::bench::{Asked, Bench, ask_all, timeout};
use super::reader::{End, Failure};
use super::service::{BLOCK, Cell};
use super::table::{Question, Shape, Surface, Way, cells, takes_turns};

/// Asserts that a call failed so, in the words of its surface.
fn failed(way: Way, end: End, http: u16, grpc: u16, connect: &str, reason: &str) -> Failure {
    let End::Failed(failure) = end else { panic!("{reason}, but {end:?}") };
    let code = match way.surface {
        Surface::Grpc | Surface::Web => grpc.to_string(),
        Surface::Connect => connect.to_owned(),
        Surface::Rest | Surface::Socket => http.to_string(),
    };
    assert_eq!((&failure.code, &*failure.reason), (&code, reason));
    failure
}

#[tokio::test]
async fn messages_arrive_in_order() {
    ask_all(Question::Order, "", async |bench, way, shape| order(&bench, way, shape).await).await;
}

async fn order(bench: &Bench, way: Way, shape: Shape) {
    let numbers: Vec<String> = (0..500).map(|n| n.to_string()).collect();
    let said: Vec<&str> = numbers.iter().map(String::as_str).collect();
    match shape {
        Shape::Unary => {
            let answer = bench.ask(way, shape, &["one"]).await.rest().await;
            assert_eq!(answer, (vec!["one".to_owned()], End::Well));
        }
        Shape::ServerStream => {
            let answer = bench.ask(way, shape, &["count 500"]).await.rest().await;
            assert_eq!(answer, (numbers, End::Well));
        }
        Shape::ClientStream => {
            let answer = bench.ask(way, shape, &said).await.rest().await;
            assert_eq!(answer, (vec![numbers.join(" ")], End::Well));
        }
        Shape::Bidi if takes_turns(way) => {
            let mut exchange = bench.begin(way, shape).await.exchange;
            for number in &said[..20] {
                exchange.say(number);
                assert_eq!(exchange.message().await, *number);
            }
            for number in &said[20..] {
                exchange.say(number);
            }
            exchange.finish();
            assert_eq!(exchange.rest().await, (numbers[20..].to_vec(), End::Well));
        }
        Shape::Bidi => {
            let answer = bench.ask(way, shape, &said).await.rest().await;
            assert_eq!(answer, (numbers, End::Well));
        }
    }
}

#[tokio::test]
async fn an_error_in_the_middle_has_its_reason() {
    ask_all(Question::Error, "", async |bench, way, shape| error(&bench, way, shape).await).await;
}

/// The requests stay open where there may be more: the error does not wait for them.
async fn error(bench: &Bench, way: Way, shape: Shape) {
    let mut exchange = bench.begin(way, shape).await.exchange;
    let (said, heard): (&[&str], &[&str]) = match shape {
        Shape::Unary => (&["broken"], &[]),
        Shape::ServerStream => (&["broken 2"], &["0", "1"]),
        Shape::ClientStream => (&["a", "b", "broken"], &[]),
        Shape::Bidi => (&["a", "b", "broken"], &["a", "b"]),
    };
    for message in said {
        exchange.say(message);
    }
    if !shape.asks() {
        exchange.finish();
    }
    let (messages, end) = exchange.rest().await;
    assert_eq!(messages, heard);
    let failure = failed(way, end, 409, 10, "aborted", "BROKE");
    assert_eq!(failure.metadata["sent"], if shape == Shape::Unary { "0" } else { "2" });
}

/// A call whose handler waits for its caller.
async fn hanging(bench: &Bench, way: Way, shape: Shape, timed: &[(String, String)]) -> Asked {
    let mut asked = bench.begin_with(way, shape, timed).await;
    if shape == Shape::Bidi {
        asked.exchange.say("a");
    }
    asked.exchange.say("hang");
    if !shape.asks() {
        asked.exchange.finish();
    }
    match shape {
        Shape::ServerStream => assert_eq!(asked.exchange.message().await, "0"),
        Shape::Bidi => assert_eq!(asked.exchange.message().await, "a"),
        Shape::Unary | Shape::ClientStream => {}
    }
    assert_eq!(asked.events.next().await, "began");
    asked
}

/// How soon a handler hears that its caller has gone.
const HEARD_WITHIN: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_handler_hears_at_once_that_its_caller_has_gone() {
    let bench = Bench::open("").await;
    let mut worst = (Duration::ZERO, String::new());
    let cells = cells(Question::Cancel);
    for (way, shape) in &cells {
        let resets: &[bool] = if way.wire == e2e::Wire::H2c { &[false, true] } else { &[false] };
        for resets in resets {
            let cell = format!("Cancel of {shape:?} over {way:?}, reset: {resets}");
            println!("{cell}");
            // A busy machine delays some of them, and the server none: the best of five is the server's own.
            let mut best = Duration::MAX;
            for _ in 0..5 {
                best = best.min(cancelled(&bench, *way, *shape, *resets).await);
                if best < HEARD_WITHIN {
                    break;
                }
            }
            assert!(best < HEARD_WITHIN, "{cell}: {best:?}");
            worst = worst.max((best, cell));
        }
    }
    let calls = bench.finish().await.len();
    println!(
        "Cancel: {} cells, {calls} calls, heard within {:?} ({})",
        cells.len(),
        worst.0,
        worst.1
    );
}

async fn cancelled(bench: &Bench, way: Way, shape: Shape, resets: bool) -> Duration {
    let Asked { exchange, mut events, .. } = hanging(bench, way, shape, &[]).await;
    let gone = Instant::now();
    let kept = if resets {
        Some(exchange.give_up())
    } else {
        exchange.hang_up();
        None
    };
    assert_eq!(events.next().await, "dropped");
    let heard = gone.elapsed();
    drop(kept);
    heard
}

#[tokio::test]
async fn a_deadline_ends_a_call() {
    ask_all(Question::Deadline, "", async |bench, way, shape| {
        let mut asked = hanging(&bench, way, shape, &[timeout(way, 2000)]).await;
        let end = asked.exchange.end().await;
        failed(way, end, 504, 4, "deadline_exceeded", "DEADLINE_EXCEEDED");
        assert_eq!(asked.events.next().await, "dropped");
    })
    .await;
}

#[tokio::test]
async fn a_stream_may_be_empty() {
    ask_all(Question::Empty, "", async |bench, way, shape| {
        let said: &[&str] = match shape {
            // A message without anything in it.
            Shape::Unary => &[""],
            Shape::ServerStream => &["count 0"],
            Shape::ClientStream | Shape::Bidi => &[],
        };
        let answer = bench.ask(way, shape, said).await.rest().await;
        let heard = if shape.answers() { vec![] } else { vec![String::new()] };
        assert_eq!(answer, (heard, End::Well));
    })
    .await;
}

/// 3 MB in which no piece looks like another.
fn large() -> String {
    (0..3_000_000_u32).map(|n| char::from(b'a' + ((n ^ (n >> 7)) % 26) as u8)).collect()
}

#[tokio::test]
async fn large_messages_arrive_whole() {
    let large: Arc<str> = large().into();
    ask_all(Question::Large, "", |bench, way, shape| {
        let large = Arc::clone(&large);
        async move {
            let said: Vec<String> = match shape {
                Shape::Unary => vec![large.to_string()],
                Shape::ServerStream => vec![format!("twice {large}")],
                _ => vec![large.to_string(), "small".to_owned(), large.to_string()],
            };
            let heard = match shape {
                Shape::ServerStream => vec![large.to_string(), large.to_string()],
                Shape::ClientStream => vec![said.join(" ")],
                Shape::Unary | Shape::Bidi => said.clone(),
            };
            let mut exchange = bench.begin(way, shape).await.exchange;
            for message in &said {
                exchange.say(message);
            }
            exchange.finish();
            let (messages, end) = exchange.rest().await;
            assert_eq!(end, End::Well);
            assert!(messages == heard, "{} messages", messages.len());
        }
    })
    .await;
}

#[tokio::test]
async fn a_message_above_the_limit_is_refused() {
    let settings = "server: {max_body: 262144}";
    ask_all(Question::TooLarge, settings, async |bench, way, shape| {
        let mut exchange = bench.begin(way, shape).await.exchange;
        if shape.asks() {
            exchange.say("a");
        }
        if shape == Shape::Bidi && takes_turns(way) {
            assert_eq!(exchange.message().await, "a");
        }
        exchange.say(&"x".repeat(512 * 1024));
        exchange.finish();
        let (_, end) = exchange.rest().await;
        failed(way, end, 413, 8, "resource_exhausted", "BODY_TOO_LARGE");
    })
    .await;
}

/// What either side may make ahead of a reader that has stopped: 32 KiB and a message of our own, a window of HTTP/2, and
/// what the kernel keeps for both ends of a connection, which is by far the most.
const AHEAD: usize = 16 * 1024 * 1024;

#[tokio::test]
async fn a_producer_waits_for_a_reader_that_stops() {
    let worst = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&worst);
    ask_all(Question::BackPressure, "", move |bench, way, shape| {
        let worst = Arc::clone(&seen);
        async move {
            if shape.answers() {
                worst.fetch_max(replies_wait(&bench, way, shape).await, Ordering::Relaxed);
            }
            if shape.asks() {
                worst.fetch_max(requests_wait(&bench, way, shape).await, Ordering::Relaxed);
            }
        }
    })
    .await;
    println!("BackPressure: at most {} KiB ahead", worst.load(Ordering::Relaxed) / 1024);
}

/// Bytes that have been made once nothing more is.
async fn quiet(cell: &Cell) -> usize {
    let silence = async {
        while tokio::time::timeout(Duration::from_millis(500), cell.making.notified()).await.is_ok()
        {
            assert!(cell.made.load(Ordering::Relaxed) * BLOCK < AHEAD, "it does not wait");
        }
    };
    e2e::bounded("a producer that waits", silence).await;
    cell.made.load(Ordering::Relaxed) * BLOCK
}

async fn replies_wait(bench: &Bench, way: Way, shape: Shape) -> usize {
    let mut asked = bench.begin(way, shape).await;
    asked.exchange.say("flood");
    if !shape.asks() {
        asked.exchange.finish();
    }
    assert_eq!(asked.exchange.message().await.len(), BLOCK);
    let ahead = quiet(&asked.cell).await;
    assert!(ahead > 0);
    for _ in 0..ahead / BLOCK + 20 {
        assert_eq!(asked.exchange.message().await.len(), BLOCK, "and goes on when it is read");
    }
    asked.exchange.hang_up();
    assert_eq!(asked.events.next().await, "dropped");
    ahead
}

async fn requests_wait(bench: &Bench, way: Way, shape: Shape) -> usize {
    let over = Arc::new(AtomicBool::new(false));
    let ends = Arc::clone(&over);
    let feed = move |cell: Arc<Cell>| {
        let mut first = Some(Bytes::from(way.encode(shape, "hold")));
        let block = Bytes::from(way.encode(shape, &"x".repeat(BLOCK)));
        Feed::new(move |_| {
            if ends.load(Ordering::Relaxed) {
                return Poll::Ready(None);
            }
            Poll::Ready(first.take().or_else(|| {
                cell.made();
                Some(block.clone())
            }))
        })
    };
    let Asked { mut exchange, cell, mut events } = bench.fed(way, shape, feed).await;
    assert_eq!(events.next().await, "began");
    let ahead = quiet(&cell).await;
    assert!(ahead > 0);
    cell.gate.add_permits(1);
    let more = async {
        while cell.made.load(Ordering::Relaxed) * BLOCK < ahead + 20 * BLOCK {
            cell.making.notified().await;
        }
    };
    e2e::bounded("a producer that goes on", more).await;
    over.store(true, Ordering::Relaxed);
    let read: usize = exchange.message().await.parse().expect("a number");
    // The last one may have been made and not been taken.
    assert_eq!(read, cell.made.load(Ordering::Relaxed));
    assert_eq!(exchange.end().await, End::Well);
    ahead
}
