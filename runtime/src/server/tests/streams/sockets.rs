//! Sockets: messages, the control frames of Kratos v3, and how a socket ends.

use futures_util::SinkExt as _;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message as Sent, Role};

use super::super::super::{HttpService, wrap};
use super::*;

const KEY: &str = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const END: &str = "\u{1e}end";

type Socket = WebSocketStream<TcpStream>;

fn asking(path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: test\r\n{KEY}{more}\r\n")
}

impl Harness {
    async fn socket(&self, path: &str) -> Socket {
        self.socket_with(path, "").await
    }

    /// A socket whose request has these headers too.
    async fn socket_with(&self, path: &str, headers: &str) -> Socket {
        let mut client = self.raw().await;
        client.send(&asking(path, headers)).await;
        let (head, _) = client.response().await;
        assert!(head.starts_with("http/1.1 101 "), "{head}");
        assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        WebSocketStream::from_raw_socket(client.0, Role::Client, None).await
    }
}

async fn say(socket: &mut Socket, text: impl Into<String>) {
    soon(socket.send(Sent::text(text.into()))).await.unwrap();
}

async fn hear(socket: &mut Socket) -> Sent {
    soon(socket.next()).await.unwrap().unwrap()
}

async fn text_of(socket: &mut Socket) -> String {
    match hear(socket).await {
        Sent::Text(text) => text.as_str().to_owned(),
        other => panic!("no text but {other:?}"),
    }
}

/// The close that ends a socket, and nothing after it.
async fn close_of(socket: &mut Socket) -> (u16, String) {
    let Sent::Close(Some(frame)) = hear(socket).await else { panic!("no close") };
    assert!(soon(socket.next()).await.is_none());
    (frame.code.into(), frame.reason.as_str().to_owned())
}

/// An error in its control frame.
async fn error_of(socket: &mut Socket) -> serde_json::Value {
    let text = text_of(socket).await;
    serde_json::from_str(text.strip_prefix("\u{1e}error:").expect(&text)).unwrap()
}

fn inner(text: &str, n: u32) -> String {
    format!(r#"{{"id":"x","text":"","n":{n},"inner":{{"text":"{text}"}}}}"#)
}

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
async fn an_error_has_its_frame_and_its_close() {
    let mut harness = start(Options::default()).await;
    let mut socket = harness.socket("/chat/x?text=broken").await;
    say(&mut socket, "{}").await;
    let error = error_of(&mut socket).await;
    assert_eq!((&error["code"], &error["reason"]), (&409.into(), &"BROKEN".into()));
    assert_eq!(error["metadata"]["n"], "0");
    assert_eq!(close_of(&mut socket).await, (1011, "BROKEN".to_owned()));
    assert_eq!(harness.outcome().await.2, "BROKEN");

    let mut socket = harness.socket("/join/x").await;
    say(&mut socket, r#"{"text":7}"#).await;
    assert_eq!(error_of(&mut socket).await["reason"], "CODEC");
    assert_eq!(close_of(&mut socket).await, (1011, "CODEC".to_owned()));
    assert_eq!(harness.outcome().await.1, 400);

    let mut socket = harness.socket("/join/x").await;
    say(&mut socket, format!(r#"{{"text":"{}"}}"#, "x".repeat(2000))).await;
    assert_eq!(error_of(&mut socket).await["reason"], "BODY_TOO_LARGE");
    assert_eq!(close_of(&mut socket).await.0, 1009);
    assert_eq!(harness.outcome().await.1, 413);

    let mut socket = harness.socket("/join/x").await;
    say(&mut socket, "\u{1e}error:I have changed my mind").await;
    assert_eq!(error_of(&mut socket).await["message"], "I have changed my mind");
    assert_eq!(close_of(&mut socket).await.0, 1011);
    assert_eq!(harness.outcome().await.2, "CANCELLED");
}

#[tokio::test]
async fn what_is_wrong_with_the_request_has_a_status() {
    let mut harness = start(Options::default()).await;
    let chat = "/test.v1.Streams/Chat".to_owned();
    let cases = [
        (asking("/chat/x", "").replace(": 13", ": 8"), 426, "UPGRADE_REQUIRED", &chat),
        (asking("/chat/x", "").replace("dGhl", ""), 400, "CODEC", &chat),
        (asking("/chat/x", "origin: https://evil.test\r\n"), 403, "ORIGIN_NOT_ALLOWED", &chat),
        (asking("/chat/x", "grpc-timeout: soon\r\n"), 400, "CODEC", &chat),
        (asking("/nowhere", ""), 404, "ROUTE_NOT_FOUND", &"unmatched".to_owned()),
    ];
    for (request, status, reason, operation) in cases {
        let mut client = harness.raw().await;
        client.send(&request).await;
        let (head, body) = client.response().await;
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{head}");
        for named in ["sec-websocket-version: 13", "upgrade: websocket", "connection: upgrade"] {
            assert_eq!(head.contains(named), status == 426, "{head}");
        }
        assert!(body.contains(reason), "{body}");
        assert_eq!(harness.outcome().await, (operation.clone(), status, reason.to_owned()));
    }
    // A page of the same origin may.
    harness.socket_with("/chat/x", "origin: http://test\r\n").await;
    // A unary method on such a path is what it always was.
    let mut client = harness.raw().await;
    client.send(&asking("/echo/hi", "")).await;
    assert_eq!(client.response().await.1, r#"{"text":"hi"}"#);
    // Where nothing but a socket could bring the messages, plain HTTP is told so.
    client.send("GET /listen/x HTTP/1.1\r\nhost: test\r\n\r\n").await;
    let (head, _) = client.response().await;
    assert!(head.starts_with("http/1.1 426 ") && head.contains("upgrade: websocket"), "{head}");
    // Over HTTP/2 there is nothing that it could be upgraded with.
    let mut statuses = Vec::new();
    for caller in harness.callers() {
        statuses.push(caller.get("/listen/x", "*/*").await.status().as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [405, 426]);
    // An upgrade that the connection does not name is none.
    client.send(&asking("/listen/x", "").replace("connection: Upgrade\r\n", "")).await;
    assert!(client.response().await.0.starts_with("http/1.1 426 "));
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
async fn a_socket_that_grows_old_is_told_before_it_is_cut() {
    let limits = Limits {
        max_age: Some(Duration::from_millis(100)),
        age_grace: Duration::from_millis(900),
        ..Limits::default()
    };
    let harness = start(Options { limits, ..Options::default() }).await;
    let mut socket = harness.socket("/chat/x").await;
    assert_eq!(error_of(&mut socket).await["reason"], "UNAVAILABLE");
    assert_eq!(close_of(&mut socket).await, (1001, "UNAVAILABLE".to_owned()));
}

#[tokio::test]
async fn middleware_that_refuses_answers_over_http() {
    struct Door;
    impl Middleware for Door {
        fn handle<'a>(
            &'a self,
            call: Call,
            next: Next<'a>,
        ) -> crate::call::BoxFuture<'a, Result<Reply>> {
            assert_eq!(call.protocol().name(), "websocket");
            match call.headers().get("x-key") {
                Some(_) => Box::pin(next.run(call)),
                None => Box::pin(async { Err(Error::unauthorized("NO_KEY", "who are you?")) }),
            }
        }
    }
    let harness = start(Options { middleware: vec![Arc::new(Door)], ..Options::default() }).await;
    let mut client = harness.raw().await;
    client.send(&asking("/chat/x", "")).await;
    let (head, body) = client.response().await;
    assert!(head.starts_with("http/1.1 401 ") && body.contains("NO_KEY"), "{head}{body}");
    let mut socket = harness.socket_with("/chat/x", "x-key: 1\r\n").await;
    say(&mut socket, "{}").await;
    assert_eq!(text_of(&mut socket).await, inner("", 0));
}

#[tokio::test]
async fn a_peer_that_goes_away_ends_the_call_at_once() {
    let mut harness = start(Options::default()).await;
    let abnormal = CloseFrame { code: CloseCode::Protocol, reason: "".into() };
    let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    for how in [None, Some(None), Some(Some(abnormal)), Some(Some(normal))] {
        let mut socket = harness.socket("/chat/x?text=wait").await;
        say(&mut socket, "{}").await;
        assert_eq!(harness.event().await, Event::Began);
        match how {
            None => drop(socket),
            Some(frame) => soon(socket.send(Sent::Close(frame))).await.unwrap(),
        }
        assert_eq!(harness.event().await, Event::Dropped);
        assert_eq!(harness.outcome().await.1, 499);
    }
}

#[tokio::test]
async fn a_close_is_the_end_of_the_messages() {
    let mut harness = start(Options::default()).await;
    let mut socket = harness.socket("/join/x").await;
    say(&mut socket, "{}").await;
    let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    soon(socket.send(Sent::Close(Some(normal)))).await.unwrap();
    assert_eq!(close_of(&mut socket).await.0, 1000, "it is answered");
    // The handler had the messages, and came to its own end.
    assert_eq!(harness.outcome().await.1, 200);
}

#[tokio::test]
async fn what_is_no_websocket_ends_the_call_with_an_error() {
    let mut harness = start(Options::default()).await;
    // Text that is not UTF-8, a frame without a mask, a kind of frame that there is none of.
    let faults = [
        (&b"\x81\x82\0\0\0\0\xff\xff"[..], 1007),
        (b"\x81\x02{}", 1002),
        (b"\x83\x80\0\0\0\0", 1002),
    ];
    for (frame, code) in faults {
        let mut socket = harness.socket("/join/x").await;
        soon(socket.get_mut().write_all(frame)).await.unwrap();
        assert_eq!(error_of(&mut socket).await["reason"], "CODEC");
        assert_eq!(close_of(&mut socket).await.0, code);
        assert_eq!(harness.outcome().await.2, "CODEC");
    }
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
async fn the_callers_deadline_ends_the_call() {
    let mut harness = start(Options::default()).await;
    let mut socket = harness.socket_with("/chat/x", "grpc-timeout: 50m\r\n").await;
    assert_eq!(error_of(&mut socket).await["reason"], "DEADLINE_EXCEEDED");
    assert_eq!(close_of(&mut socket).await.0, 1011);
    assert_eq!(harness.event().await, Event::Began);
    assert_eq!(harness.event().await, Event::Dropped);
    assert_eq!(harness.outcome().await.1, 504);
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

#[tokio::test]
async fn a_drain_waits_for_sockets_and_ends_them_in_order() {
    let mut harness = start(Options::default()).await;
    let mut first = harness.socket("/chat/x").await;
    let mut second = harness.socket("/chat/x?text=wait").await;
    say(&mut first, "{}").await;
    assert_eq!(text_of(&mut first).await, inner("", 0));
    say(&mut second, "{}").await;
    for _ in 0..2 {
        assert_eq!(harness.event().await, Event::Began);
    }
    let drain = tokio::spawn(harness.serving.drain(Duration::from_millis(600)));
    say(&mut first, "{}").await;
    assert_eq!(text_of(&mut first).await, inner("", 1));
    say(&mut first, END).await;
    assert_eq!(close_of(&mut first).await.0, 1000);
    let error = error_of(&mut second).await;
    assert_eq!((&error["code"], &error["reason"]), (&503.into(), &"UNAVAILABLE".into()));
    assert_eq!(close_of(&mut second).await, (1001, "UNAVAILABLE".to_owned()));
    assert_eq!(soon(drain).await.unwrap(), 0, "nobody had to be aborted");
}

#[tokio::test]
async fn a_socket_counts_as_a_connection() {
    let limits = Limits { max_connections: 1, ..Limits::default() };
    let harness = start(Options { limits, ..Options::default() }).await;
    let mut socket = harness.socket("/chat/x").await;
    let mut waiting = harness.raw().await;
    waiting.send("GET /echo/hi HTTP/1.1\r\nhost: t\r\n\r\n").await;
    for n in 0..20 {
        say(&mut socket, "{}").await;
        assert_eq!(text_of(&mut socket).await, inner("", n));
        assert!(waiting.0.try_read(&mut [0; 1]).is_err());
    }
    say(&mut socket, END).await;
    assert_eq!(close_of(&mut socket).await.0, 1000);
    drop(socket);
    assert_eq!(waiting.response().await.1, r#"{"text":"hi"}"#);
}

#[tokio::test]
async fn a_socket_may_stand_behind_the_layers_of_a_user() {
    let layer = tower_layer::layer_fn(|inner: HttpService| {
        tower::ServiceExt::<Request<Body>>::map_response(inner, |mut response| {
            response.headers_mut().insert("x-layer", "seen".parse().unwrap());
            response
        })
    });
    let mut harness = start(Options { layers: vec![wrap(layer)], ..Options::default() }).await;
    let mut client = harness.raw().await;
    client.send(&asking("/chat/x", "")).await;
    let (head, _) = client.response().await;
    assert!(head.starts_with("http/1.1 101 ") && head.contains("x-layer: seen"), "{head}");
    let mut socket = WebSocketStream::from_raw_socket(client.0, Role::Client, None).await;
    say(&mut socket, "{}").await;
    assert_eq!(text_of(&mut socket).await, inner("", 0));
    assert_eq!(harness.event().await, Event::Began);
    drop(socket);
    assert_eq!(harness.event().await, Event::Dropped);
    assert_eq!(harness.outcome().await.1, 499);
}
