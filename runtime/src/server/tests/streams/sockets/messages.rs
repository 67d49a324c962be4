//! What goes over a socket while it is open: messages, control frames and pings.

use super::*;

#[tokio::test]
async fn messages_go_both_ways_and_the_path_and_the_query_are_part_of_each() {
    let mut harness = start(Options::default()).await;
    let mut socket = harness.socket("/chat/x?text=query").await;
    for (n, text) in ["one", "two"].into_iter().enumerate() {
        say(&mut socket, format!(r#"{{"text":"{text}"}}"#)).await;
        let expected = inner(text, n as u32).replace(r#""text":"","#, r#""text":"query","#);
        assert_eq!(text_of(&mut socket).await, expected);
    }
    soon(socket.send(Sent::binary(&br#"{"text":"three"}"#[..]))).await.unwrap();
    assert!(text_of(&mut socket).await.contains("three"));
    say(&mut socket, END).await;
    assert_eq!(close_of(&mut socket).await, (1000, String::new()));
    assert_eq!(harness.event().await, Event::Began);
    assert_eq!(harness.event().await, Event::Dropped);
    let ended = ("/test.v1.Streams/Chat".to_owned(), 200, String::new());
    assert_eq!(harness.outcome().await, ended);
    assert!(harness.ended.try_recv().is_err(), "the middleware saw one call");
}

#[tokio::test]
async fn many_messages_have_one_answer() {
    let mut harness = start(Options::default()).await;
    for path in ["/join/x", "/test.v1.Streams/Join"] {
        let mut socket = harness.socket(path).await;
        for text in ["a", "b", "c"] {
            say(&mut socket, format!(r#"{{"text":"{text}"}}"#)).await;
        }
        say(&mut socket, END).await;
        let id = if path == "/join/x" { "x" } else { "" };
        let expected = format!(r#"{{"id":"{id}","text":"abc","n":3}}"#);
        assert_eq!(text_of(&mut socket).await, expected);
        assert_eq!(close_of(&mut socket).await, (1000, String::new()));
        assert_eq!(harness.outcome().await.1, 200);
    }
    let mut socket = harness.socket("/join/x").await;
    say(&mut socket, END).await;
    assert_eq!(text_of(&mut socket).await, r#"{"id":"","text":"","n":0}"#);
}

#[tokio::test]
async fn each_side_names_the_format_of_its_messages() {
    let harness = start(Options::default()).await;
    let item = Item { text: "a".into(), ..Item::default() };
    let bytes = crate::message::encode(&item);
    for headers in ["content-type: application/proto\r\n", "accept: application/proto\r\n"] {
        let mut socket = harness.socket_with("/join/x", headers).await;
        soon(socket.send(Sent::binary(bytes.clone()))).await.unwrap();
        soon(socket.send(Sent::binary(Bytes::new()))).await.unwrap();
        say(&mut socket, END).await;
        let Sent::Binary(answer) = hear(&mut socket).await else { panic!("not binary") };
        let answer: Item = crate::message::decode(answer).unwrap();
        assert_eq!(answer, Item { id: "x".into(), n: 2, ..item.clone() });
    }
    let headers = "content-type: application/proto\r\naccept: application/protojson\r\n";
    let mut socket = harness.socket_with("/join/x", headers).await;
    soon(socket.send(Sent::binary(bytes))).await.unwrap();
    say(&mut socket, END).await;
    assert_eq!(text_of(&mut socket).await, r#"{"id":"x","text":"a","n":1}"#);
}

#[tokio::test]
async fn bytes_are_never_taken_for_a_control_frame() {
    let harness = start(Options::default()).await;
    let mut socket = harness.socket("/upload/x").await;
    for bytes in [&b"\x1eend"[..], b"\x1eerror:no"] {
        soon(socket.send(Sent::binary(bytes))).await.unwrap();
    }
    say(&mut socket, END).await;
    assert!(text_of(&mut socket).await.contains(r#""n":13"#));
}

#[tokio::test]
async fn a_silent_socket_is_sent_pings() {
    let harness = start(Options::default()).await;
    let mut socket = harness.socket("/chat/x").await;
    // From here on the clock runs as fast as everybody waits.
    tokio::time::pause();
    for _ in 0..3 {
        let began = tokio::time::Instant::now();
        assert!(socket.next().await.unwrap().unwrap().is_ping());
        let waited = began.elapsed().as_secs();
        assert!((29..=31).contains(&waited), "{waited} s");
    }
    socket.send(Sent::text("{}")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Sent::text(inner("", 0)));
}

#[tokio::test]
async fn pings_are_answered_while_the_handler_waits() {
    let mut harness = start(Options::default()).await;
    let mut socket = harness.socket("/chat/x?text=wait").await;
    say(&mut socket, "{}").await;
    assert_eq!(harness.event().await, Event::Began);
    soon(socket.send(Sent::Ping("there?".into()))).await.unwrap();
    assert_eq!(hear(&mut socket).await, Sent::Pong("there?".into()));
    harness.go.add_permits(1);
    assert!(text_of(&mut socket).await.contains("wait"));
}

#[tokio::test]
async fn nobody_runs_ahead_of_a_slow_side() {
    let harness = start(Options { max_body: 64 * 1024, ..Options::default() }).await;
    // Each message comes back, and nobody reads: neither what is sent nor what comes back fits any more.
    let socket = harness.socket("/chat/x").await;
    let (mut write, mut read) = socket.split();
    let large = format!(r#"{{"text":"{}"}}"#, "x".repeat(32 * 1024));
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let sending = tokio::spawn(async move {
        for _ in 0..1536 {
            write.send(Sent::text(large.clone())).await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
        }
        write.send(Sent::text(END)).await.unwrap();
    });
    let mut client = harness.raw().await;
    let (mut before, mut still) = (0, 0);
    while still < 50 {
        client.send("GET /echo/hi HTTP/1.1\r\nhost: t\r\n\r\n").await;
        client.response().await;
        let now = sent.load(Ordering::SeqCst);
        still = if now == before { still + 1 } else { 0 };
        before = now;
        assert!(!sending.is_finished(), "48 MiB for nobody");
    }
    for _ in 0..1536 {
        assert!(soon(read.next()).await.unwrap().unwrap().is_text());
    }
    assert!(soon(read.next()).await.unwrap().unwrap().is_close());
    soon(sending).await.unwrap();
}
