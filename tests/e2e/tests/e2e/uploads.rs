//! Forms with files: a method that takes their parts, whoever sends them and however.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use bident::call::BoxFuture;
use bident::prelude::*;
use bident::{FormPart, Result};
use bytes::Bytes;
use e2e::{Call, Duplex, Feed, Running, Sink, WIRES, call, events, frame, start};
use futures_util::{Stream, StreamExt as _};
use tokio::sync::Semaphore;

use crate::common::Note;

#[message(package = "uploads.v1")]
struct Upload {
    album: String,
    public: bool,
    part: FormPart,
}

struct Albums {
    sink: Sink,
    go: Arc<Semaphore>,
}

fn told(part: &FormPart) -> String {
    let FormPart { name, file_name, content_type, data, more } = part;
    format!(
        "{name} {file_name:?} {content_type} {}{}",
        data.len(),
        if *more { " more" } else { "" }
    )
}

#[service(package = "uploads.v1")]
impl Albums {
    /// What has come, a line each.
    #[rpc(post = "/albums/{album}", body = "part")]
    async fn store(&self, mut uploads: Streaming<Upload>) -> Result<Note> {
        let mut lines = Vec::new();
        while let Some(Upload { album, public, part }) = uploads.next().await.transpose()? {
            lines.push(format!("{album} {public} {}", told(&part)));
        }
        Ok(Note::new(lines.join("\n")))
    }

    /// A line for each part at once.
    #[rpc(post = "/follow", body = "*")]
    async fn follow(&self, parts: Streaming<FormPart>) -> impl Stream<Item = Result<Note>> + Send {
        parts.map(|part| Ok(Note::new(told(&part?))))
    }

    /// Waits after its first part until it is let go, then takes the rest: how many bytes there were.
    #[rpc(post = "/weigh", body = "*")]
    async fn weigh(&self, mut parts: Streaming<FormPart>) -> Result<Note> {
        let _gone = self.sink.on_drop("gone");
        let mut bytes = 0;
        while let Some(part) = parts.next().await.transpose()? {
            if bytes == 0 {
                self.sink.tell("began");
                self.go.acquire().await.expect("the test is there").forget();
            }
            bytes += part.data.len();
        }
        Ok(Note::new(bytes.to_string()))
    }

    #[rpc(post = "/late", body = "*", timeout = "200ms")]
    async fn late(&self, mut parts: Streaming<FormPart>) -> Result<Note> {
        while parts.next().await.transpose()?.is_some() {}
        Ok(Note::new("in time"))
    }

    /// One part is a message.
    #[rpc(post = "/one", body = "*")]
    async fn one(&self, part: FormPart) -> Result<Note> {
        Ok(Note::new(part.text()?))
    }

    #[rpc(post = "/notes", body = "*")]
    async fn notes(&self, mut notes: Streaming<Note>) -> Result<Note> {
        notes.next().await.transpose().map(Option::unwrap_or_default)
    }
}

/// Counts the calls that come in.
struct Counting(Arc<AtomicUsize>);

impl Middleware for Counting {
    fn handle<'a>(&'a self, call: bident::Call, next: Next<'a>) -> BoxFuture<'a, Result<Reply>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(next.run(call))
    }
}

/// Tells what content type each call has.
struct Telling(Sink);

impl Middleware for Telling {
    fn handle<'a>(&'a self, call: bident::Call, next: Next<'a>) -> BoxFuture<'a, Result<Reply>> {
        let media = call.headers().get("content-type").and_then(|media| media.to_str().ok());
        self.0.tell(media.unwrap_or_default());
        Box::pin(next.run(call))
    }
}

struct Opened {
    server: Running,
    events: e2e::Events,
    go: Arc<Semaphore>,
    calls: Arc<AtomicUsize>,
}

async fn open(settings: &str) -> Opened {
    let ((sink, events), go) = (events(), Arc::new(Semaphore::new(0)));
    let calls = Arc::new(AtomicUsize::new(0));
    let app = App::new("uploads").defaults(settings).middleware(Counting(calls.clone()));
    let server = start(app.service(Albums { sink, go: go.clone() })).await;
    Opened { server, events, go, calls }
}

/// A form as curl writes it: a field, then two files under one name.
const FORM: &str = "--X\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nSky\r\n\
    --X\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\u{1}\r\n\u{2}\r\n\
    --X\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"b.txt\"\r\nContent-Type: text/plain\r\n\r\n\r\n--X--\r\n";

const MULTIPART: &str = "multipart/form-data; boundary=X";

/// The head of a form's only file; its data follows.
const FILE: &str = "--X\r\nContent-Disposition: form-data; name=\"film\"; filename=\"f\"\r\n\r\n";

fn form(path: &str, body: impl Into<Bytes>) -> Call {
    call("POST", path).header("content-type", MULTIPART).body(body)
}

/// The same parts as messages.
fn parts() -> [FormPart; 3] {
    [
        FormPart::field("title", "Sky"),
        FormPart::file("photo", "a.png", "image/png", "\u{1}\r\n\u{2}"),
        FormPart::file("photo", "b.txt", "text/plain", ""),
    ]
}

const LINES: [&str; 3] =
    ["title None  3", "photo Some(\"a.png\") image/png 4", "photo Some(\"b.txt\") text/plain 0"];

#[tokio::test]
async fn a_form_with_a_field_and_two_files_is_parts_to_its_method() {
    let it = open("").await;
    for wire in WIRES {
        let whole = form("/albums/sky?public=true", FORM).over(wire);
        let chunks = FORM.as_bytes().chunks(7).map(Bytes::from_static);
        let pieces = form("/albums/sky?public=true", "").pieces(chunks).over(wire);
        for sent in [whole, pieces] {
            let answer = sent.send(it.server.addr).await;
            let text = LINES.map(|line| format!("sky true {line}")).join("\n");
            assert_eq!(answer.json()["text"], *text, "{wire:?}");
        }
        let followed = form("/follow", FORM).header("accept", "application/x-ndjson").over(wire);
        let answer = followed.send(it.server.addr).await.text();
        let lines = LINES.map(|line| serde_json::json!({ "text": line }).to_string());
        assert_eq!(answer.trim_end(), lines.join("\n"), "{wire:?}");
    }
    assert_eq!(it.calls.load(Ordering::Relaxed), 6, "each call meets the middleware once");
}

#[tokio::test]
async fn the_same_method_takes_parts_as_messages_over_every_protocol() {
    let it = open("").await;
    for scheme in ["grpc", "http"] {
        let target = format!("{scheme}://{}", it.server.addr);
        let client = AlbumsClient::connect(&target).await.unwrap();
        let uploads = parts().map(|part| Upload { album: "sea".into(), public: false, part });
        let stored = client.store(uploads.into_iter().collect()).await.unwrap();
        assert_eq!(stored.text, LINES.map(|line| format!("sea false {line}")).join("\n"));
        let mut followed = client.follow(parts().into_iter().collect()).await.unwrap();
        for line in LINES {
            let note = e2e::bounded("a line", followed.next()).await.unwrap().unwrap();
            assert_eq!(note.text, line, "{scheme}");
        }
        assert!(followed.next().await.is_none());
    }
    let json = br#"{"album":"sea","part":{"name":"title","data":"U2t5"}}"#;
    for path in ["/albums/sea", "/uploads.v1.Albums/Store"] {
        let line = if path.starts_with("/albums") {
            &br#"{"name":"title","data":"U2t5"}"#[..]
        } else {
            json
        };
        let lines = call("POST", path).header("content-type", "application/x-ndjson").body(line);
        let answer = lines.send(it.server.addr).await;
        assert_eq!(answer.json()["text"], "sea false title None  3", "{path}");
    }
    for wire in WIRES {
        let connect = call("POST", "/uploads.v1.Albums/Store")
            .header("content-type", "application/connect+json")
            .body(frame(json))
            .over(wire);
        let answer = connect.send(it.server.addr).await.text();
        assert!(answer.contains("sea false title None  3"), "{wire:?}: {answer}");
    }
}

#[tokio::test]
async fn a_client_over_http_sends_a_form_where_every_message_is_a_part_of_one() {
    let (sink, mut media) = events();
    let app = App::new("uploads").middleware(Telling(sink.clone()));
    let server = start(app.service(Albums { sink, go: Arc::new(Semaphore::new(0)) })).await;
    let client = AlbumsClient::connect(format!("http://{}", server.addr)).await.unwrap();

    let name = "a \"b\" \\ ü";
    let piece = |length: usize, more| FormPart {
        more,
        ..FormPart::file(name, name, "video/mp4", vec![b'-'; length])
    };
    let parts = [piece(70_000, true), piece(20, false), FormPart::field("title", "\r\n--")];
    let mut followed = client.follow(parts.into_iter().collect()).await.unwrap();
    let mut lines = Vec::new();
    while let Some(note) = e2e::bounded("a line", followed.next()).await {
        lines.push(note.unwrap().text);
    }
    assert!(media.next().await.starts_with("multipart/form-data; boundary="));
    let (last, film) = lines.split_last().unwrap();
    assert_eq!(last, "title None  4");
    assert!(film.iter().all(|line| line.starts_with(&format!("{name} Some({name:?}) video/mp4 "))));

    let upload = Upload { part: FormPart::field("title", "Sky"), ..Upload::default() };
    client.store([upload].into_iter().collect()).await.unwrap();
    assert_eq!(media.next().await, "application/x-ndjson", "the path is in the messages");

    let cut: Streaming<FormPart> = [piece(1, true)].into_iter().collect();
    let error: bident::Error = client.late(cut).await.unwrap_err().into();
    assert!(error.message().contains("there is more of it"), "{error}");
}

#[tokio::test]
async fn a_file_larger_than_any_message_waits_for_its_method() {
    const BLOCK: usize = 16 * 1024;
    const BLOCKS: usize = 64 * 1024 * 1024 / BLOCK;
    let mut it = open("server: {max_body: 131072}").await;
    for wire in WIRES {
        let made = Arc::new(AtomicUsize::new(0));
        let making = Arc::new(tokio::sync::Notify::new());
        let (count, tell) = (made.clone(), making.clone());
        let block = Bytes::from(vec![b'\r'; BLOCK]);
        let feed = Feed::new(move |_| {
            let n = count.fetch_add(1, Ordering::Relaxed);
            tell.notify_one();
            Poll::Ready(match n {
                0 => Some(Bytes::from_static(FILE.as_bytes())),
                n if n <= BLOCKS => Some(block.clone()),
                n if n == BLOCKS + 1 => Some(Bytes::from_static(b"\r\n--X--")),
                _ => None,
            })
        });
        let headers = [("content-type".to_owned(), MULTIPART.to_owned())];
        let mut upload = Duplex::post(it.server.addr, wire, "/weigh", &headers, feed).await;
        assert_eq!(it.events.next().await, "began");
        let quiet = async {
            let half_a_second = Duration::from_millis(500);
            while tokio::time::timeout(half_a_second, making.notified()).await.is_ok() {}
        };
        e2e::bounded("a sender that waits", quiet).await;
        let ahead = made.load(Ordering::Relaxed) * BLOCK;
        // What the kernel keeps on both sides of a socket, and HTTP/2's window.
        assert!(ahead < 16 * 1024 * 1024, "{wire:?}: {ahead} bytes");
        it.go.add_permits(1);
        assert_eq!(upload.head().await.0, 200);
        let e2e::Part::Data(data) = upload.part().await else { panic!("no answer") };
        let bytes = format!(r#"{{"text":"{}"}}"#, BLOCKS * BLOCK);
        assert_eq!(String::from_utf8_lossy(&data), bytes, "{wire:?}");
        assert_eq!(it.events.next().await, "gone");
    }
}

#[tokio::test]
async fn a_method_hears_of_a_caller_that_goes_away_in_the_middle_of_a_file() {
    let mut it = open("").await;
    for wire in WIRES {
        for resets in [false, true] {
            let (send, feed) = Feed::channel();
            send.send(Bytes::from([FILE.as_bytes(), &[7; 100_000]].concat())).unwrap();
            let headers = [("content-type".to_owned(), MULTIPART.to_owned())];
            let upload = Duplex::post(it.server.addr, wire, "/weigh", &headers, feed).await;
            assert_eq!(it.events.next().await, "began");
            it.go.add_permits(1);
            let _connection = if resets {
                Some(upload.give_up())
            } else {
                upload.hang_up();
                None
            };
            drop(send);
            assert_eq!(it.events.next().await, "gone", "{wire:?} {resets}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_form_has_a_status_and_a_reason() {
    let it = open("").await;
    let many = format!("{FILE}\r\n").repeat(1001);
    let long_head = format!("--X\r\nx: {}", "y".repeat(9000));
    let mixed = "multipart/mixed; boundary=X";
    for (path, media, body, status, reason) in [
        ("/albums/a", "multipart/form-data", FORM, 400, "CODEC"),
        ("/albums/a", "multipart/form-data; boundary=Y", FORM, 400, "CODEC"),
        ("/albums/a", MULTIPART, &FORM[..100], 400, "CODEC"),
        ("/albums/a", MULTIPART, "", 400, "CODEC"),
        ("/albums/a", MULTIPART, "--X\r\n\r\n\r\n--X--", 400, "CODEC"),
        ("/albums/a", MULTIPART, &many, 413, "BODY_TOO_LARGE"),
        ("/albums/a", MULTIPART, &long_head, 413, "BODY_TOO_LARGE"),
        ("/albums/a", mixed, FORM, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("/albums/a", "image/png", FORM, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("/one", MULTIPART, FORM, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("/notes", MULTIPART, FORM, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("/uploads.v1.Albums/Store", MULTIPART, FORM, 415, "UNSUPPORTED_MEDIA_TYPE"),
    ] {
        for wire in WIRES {
            let body = Bytes::copy_from_slice(body.as_bytes());
            let sent = call("POST", path).header("content-type", media).body(body).over(wire);
            let answer = sent.send(it.server.addr).await;
            assert_eq!(answer.failure(), (status, reason.to_owned()), "{wire:?} {path} {media}");
        }
    }
    assert_eq!(it.calls.load(Ordering::Relaxed), 24, "each goes through the middleware once");
    for wire in WIRES {
        let form = form("/late", "").pieces([FILE]).never_ending().over(wire);
        let answer = form.send(it.server.addr).await;
        assert_eq!(answer.failure(), (504, "DEADLINE_EXCEEDED".to_owned()), "{wire:?}");
    }
}
