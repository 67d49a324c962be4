//! Bounds on what a peer may send and on how long it may take; after each the server still serves.

use bident::prelude::*;
use bytes::Bytes;
use e2e::{Connection, GrpcCall, Raw, Running, WIRES, Wire, call, events, frame, grpc, start};

use crate::common::{Note, Plain, json, wire};

struct Scale {
    sink: e2e::Sink,
    release: tokio::sync::watch::Receiver<bool>,
}

#[service(package = "limits.v1")]
impl Scale {
    #[rpc(post = "/weigh")]
    async fn weigh(&self, note: Note) -> Note {
        Note::new(note.text.len().to_string())
    }

    /// Waits until the test lets it go.
    #[rpc(post = "/hold")]
    async fn hold(&self, note: Note) -> Note {
        self.sink.tell("held");
        self.release.clone().wait_for(|go| *go).await.expect("the test is there");
        note
    }
}

struct Site {
    server: Running,
    events: e2e::Events,
    release: tokio::sync::watch::Sender<bool>,
}

async fn site(settings: &str) -> Site {
    let ((sink, events), (release, released)) = (events(), tokio::sync::watch::channel(false));
    let service = Scale { sink, release: released };
    let server = start(App::new("limits").defaults(settings).service(service)).await;
    Site { server, events, release }
}

impl Site {
    async fn serves(&self) {
        let answer = call("POST", "/weigh").json(json("abc")).send(self.server.addr).await;
        assert_eq!(answer.json()["text"], "3");
        let answer = grpc(self.server.addr, WEIGH, &wire("abc")).await;
        assert_eq!(answer.decode::<Plain>().text, "3");
    }
}

const WEIGH: &str = "/limits.v1.Scale/Weigh";
const MIB: usize = 1024 * 1024;

fn body_of(bytes: usize) -> String {
    let frame = json("").len();
    json(&"x".repeat(bytes - frame))
}

#[tokio::test]
async fn four_mebibytes_fit_and_one_more_byte_does_not() {
    let site = site("").await;
    let addr = site.server.addr;
    let most = body_of(4 * MIB);
    let (more, chunks) = (body_of(4 * MIB + 1), |body: &str| {
        let bytes = Bytes::copy_from_slice(body.as_bytes());
        [bytes.slice(..MIB), bytes.slice(MIB..2 * MIB), bytes.slice(2 * MIB..)]
    });
    for over in WIRES {
        let fits = call("POST", "/weigh").json(most.clone()).over(over).send(addr).await;
        assert_eq!(fits.status, 200, "{over:?}");
        let fits = call("POST", "/weigh").json("").pieces(chunks(&most)).over(over);
        assert_eq!(fits.send(addr).await.status, 200, "{over:?} in chunks");
        let large = call("POST", "/weigh").json("").pieces(chunks(&more)).over(over);
        let large = large.send(addr).await;
        assert_eq!(large.failure(), (413, "BODY_TOO_LARGE".into()), "{over:?} in chunks");
    }
    // One that says its length is refused before it is sent.
    for over in [Wire::Http1] {
        let mut raw = Raw::connect(addr).await;
        raw.send(format!(
            "POST /weigh HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            4 * MIB + 1
        ))
        .await;
        let head = raw.until("BODY_TOO_LARGE").await;
        assert!(head.starts_with("HTTP/1.1 413"), "{over:?} {head}");
    }
    let large = call("POST", "/weigh").json(more).over(Wire::H2c).send(addr).await;
    assert_eq!(large.failure(), (413, "BODY_TOO_LARGE".into()));
    site.serves().await;
}

#[tokio::test]
async fn the_same_holds_for_grpc_messages() {
    let site = site("").await;
    let fits = wire("x".repeat(4 * MIB - 16));
    assert_eq!(grpc(site.server.addr, WEIGH, &fits).await.status, 0);
    let large = grpc(site.server.addr, WEIGH, &wire("x".repeat(4 * MIB))).await;
    assert_eq!(large.failure(), (8, "BODY_TOO_LARGE".into()));
    // A prefix that promises too much is refused without waiting for the rest.
    let mut promise = vec![0];
    promise.extend_from_slice(&u32::MAX.to_be_bytes());
    let answer = GrpcCall::bytes(WEIGH, promise).send(site.server.addr).await;
    assert_eq!(answer.failure(), (8, "BODY_TOO_LARGE".into()));
    site.serves().await;
}

#[tokio::test]
async fn the_limit_is_a_setting() {
    let site = site("server: {max_body: 100}").await;
    let addr = site.server.addr;
    assert_eq!(call("POST", "/weigh").json(body_of(100)).send(addr).await.status, 200);
    let large = call("POST", "/weigh").json(body_of(101)).send(addr).await;
    assert_eq!(large.failure(), (413, "BODY_TOO_LARGE".into()));
    let large = grpc(addr, WEIGH, &wire("x".repeat(101))).await;
    assert_eq!(large.failure(), (8, "BODY_TOO_LARGE".into()));
    site.serves().await;
}

#[tokio::test]
async fn grpc_frames_that_are_none_are_refused() {
    let site = site("").await;
    let two = [frame(b"\x0a\x01a"), frame(b"\x0a\x01b")].concat();
    let compressed = [&[1][..], &frame(b"\x0a\x01a")[1..]].concat();
    let cases: [(&str, Vec<u8>, &[i32]); 5] = [
        ("no frame at all", vec![], &[3, 12, 13]),
        ("a prefix cut short", vec![0, 0, 0], &[3, 13]),
        ("a message cut short", vec![0, 0, 0, 0, 9, 1], &[3, 13]),
        ("two messages for a unary method", two, &[3, 12, 13]),
        ("compression that nobody agreed on", compressed, &[3, 12, 13]),
    ];
    for (what, bytes, statuses) in cases {
        let answer = GrpcCall::bytes(WEIGH, bytes).send(site.server.addr).await;
        assert!(statuses.contains(&answer.status), "{what}: {answer:?}");
        assert!(!answer.error_info().reason.is_empty(), "{what}");
    }
    site.serves().await;
}

#[tokio::test]
async fn headers_that_are_too_large_are_refused() {
    let site = site("").await;
    let mut raw = Raw::connect(site.server.addr).await;
    raw.send("GET /weigh HTTP/1.1\r\nhost: x\r\n").await;
    for _ in 0..1024 {
        raw.send(format!("x-large: {}\r\n", "x".repeat(1024))).await;
    }
    raw.send("\r\n").await;
    let answer = String::from_utf8_lossy(&raw.to_end().await).into_owned();
    // The server may have reset the connection before the answer was read.
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    let huge = GrpcCall::new(WEIGH, &wire("abc")).header("x-large", &"x".repeat(12_000));
    assert_eq!(huge.send(site.server.addr).await.status, 0, "what a peer may send");
    site.serves().await;
}

#[tokio::test]
async fn a_half_sent_head_is_cut() {
    let site = site("server: {header_timeout: 300ms}").await;
    for half in ["", "G", "POST /weigh HTTP/1.1\r\nhost: x\r\nx-half: ", "PRI * HTTP/2.0\r\n\r\n"] {
        let mut raw = Raw::connect(site.server.addr).await;
        raw.send(half).await;
        let answer = String::from_utf8_lossy(&raw.to_end().await).into_owned();
        // A first half of HTTP/2's preface may have been greeted already; none of these is a call.
        assert!(!answer.starts_with("HTTP/1.1 2"), "{half:?}: {answer:?}");
    }
    site.serves().await;
}

#[tokio::test]
async fn a_head_that_trickles_is_cut_as_well() {
    let site = site("server: {header_timeout: 300ms}").await;
    let mut raw = Raw::connect(site.server.addr).await;
    raw.send("POST /weigh HTTP/1.1\r\n").await;
    let start = std::time::Instant::now();
    let mut trickle = tokio::time::interval(std::time::Duration::from_millis(50));
    // Each line comes in time by itself; the head as a whole never ends.
    while raw.is_open() {
        trickle.tick().await;
        raw.send("x-drop: 1\r\n").await;
        assert!(start.elapsed() < e2e::BOUND, "the connection is still open");
    }
    site.serves().await;
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut_by_the_servers_timeout() {
    let mut site = site("server: {timeout: 300ms}").await;
    for over in WIRES {
        let endless = call("POST", "/hold").json("").pieces([r#"{"text":"#]).never_ending();
        let answer = endless.over(over).send(site.server.addr).await;
        assert_eq!(answer.failure(), (504, "DEADLINE_EXCEEDED".into()), "{over:?}");
    }
    site.serves().await;
    assert_eq!(site.events.rest(), Vec::<String>::new(), "no handler was called");
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let mut site = site("server: {idle_timeout: 300ms, header_timeout: 10s}").await;
    let addr = site.server.addr;
    for over in WIRES {
        let mut connection = Connection::open(addr, over).await;
        let answer = call("POST", "/weigh").json(json("abc")).send_on(&mut connection).await;
        assert_eq!(answer.status, 200);
        connection.closed().await;
    }
    // A call that lasts longer than the idle time is no idle connection: another one that is idle goes first.
    for over in WIRES {
        let pending = call("POST", "/hold").json(json("held")).over(over).begin(addr).await;
        assert_eq!(site.events.next().await, "held");
        for _ in 0..2 {
            let mut idle = Connection::open(addr, over).await;
            call("POST", "/weigh").json(json("abc")).send_on(&mut idle).await;
            idle.closed().await;
        }
        site.release.send_replace(true);
        assert_eq!(pending.answer().await.json()["text"], "held", "{over:?}");
        site.release.send_replace(false);
    }
}

#[tokio::test]
async fn one_connection_has_a_cap_on_its_streams() {
    let mut site = site("server: {max_streams: 3}").await;
    let mut connection = Connection::open(site.server.addr, Wire::H2c).await;
    // The client learns the cap with the server's settings, which have come once a call was answered.
    let weigh = GrpcCall::new(WEIGH, &wire("abc"));
    assert_eq!(weigh.send_on(&mut connection).await.status, 0);
    let held: Vec<_> = (0..4)
        .map(|n| GrpcCall::new("/limits.v1.Scale/Hold", &wire(n.to_string())).begin_on(&connection))
        .collect();
    assert_eq!(site.events.take(3).await, ["held"; 3]);
    // While three are open, the fourth does not get in: another connection's call is faster.
    site.serves().await;
    assert_eq!(site.events.rest(), Vec::<String>::new());
    site.release.send_replace(true);
    for call in held {
        assert_eq!(e2e::bounded("a held call", call).await.expect("an answer").status, 0);
    }
}

#[tokio::test]
async fn bytes_that_are_no_http_do_not_hurt() {
    let site = site("").await;
    let garbage: [&[u8]; 6] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"POST /weigh HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    ];
    for bytes in garbage {
        let mut raw = Raw::connect(site.server.addr).await;
        raw.send(bytes).await;
        raw.to_end().await;
        site.serves().await;
    }
}

#[tokio::test]
async fn a_preface_alone_is_answered_and_closed_in_time() {
    let site = site("server: {header_timeout: 300ms, idle_timeout: 300ms}").await;
    let mut raw = Raw::connect(site.server.addr).await;
    raw.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    raw.send([0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
    let settings = raw.to_end().await;
    assert_eq!(settings.get(3), Some(&4), "the server's SETTINGS come first: {settings:?}");
    site.serves().await;
}

#[tokio::test]
async fn a_half_sent_request_does_not_hold_the_stop() {
    let site = site("server: {drain: 300ms}").await;
    let mut raw = Raw::connect(site.server.addr).await;
    raw.send("POST /weigh HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{").await;
    let mut silent = Raw::connect(site.server.addr).await;
    site.serves().await;
    site.server.stop().await.expect("a clean stop");
    raw.to_end().await;
    silent.to_end().await;
}
