//! Callers over HTTP/1.1 that go while their handler has something else to do than to read, over TLS and without.

use std::future::pending;

use axum::Router;
use axum::routing::post;
use e2e::{Sink, events};
use futures_util::{StreamExt as _, stream};

use super::*;

#[derive(Clone)]
struct Deaf(Sink);

impl Deaf {
    /// Says when it begins, and when it is given up.
    async fn wait(&self) -> Note {
        let _dropped = self.0.on_drop("dropped");
        self.0.tell("started");
        pending().await
    }
}

#[service(package = "e2e.v1")]
impl Deaf {
    #[rpc(post = "/once")]
    async fn once(&self, note: Note) -> Note {
        let _ = note;
        self.wait().await
    }

    #[rpc(post = "/none")]
    async fn none(&self, notes: Streaming<Note>) -> Note {
        let _unread = notes;
        self.wait().await
    }

    #[rpc(post = "/one")]
    async fn one(&self, mut notes: Streaming<Note>) -> Note {
        notes.next().await;
        self.wait().await
    }

    #[rpc(post = "/all")]
    async fn all(&self, notes: Streaming<Note>) -> Note {
        notes.for_each(async |_| {}).await;
        self.wait().await
    }

    #[rpc(post = "/given-up")]
    async fn given_up(&self, notes: Streaming<Note>) -> Note {
        drop(notes);
        self.wait().await
    }

    /// Has nothing to say.
    #[rpc(post = "/feed")]
    async fn feed(&self, note: Note) -> impl Stream<Item = Note> + Send {
        let _ = note;
        let dropped = self.0.on_drop("dropped");
        self.0.tell("started");
        stream::pending().inspect(move |_| {
            let _ = &dropped;
        })
    }

    /// The same, and its requests go on.
    #[rpc(post = "/chat")]
    async fn chat(&self, notes: Streaming<Note>) -> impl Stream<Item = Note> + Send {
        let dropped = self.0.on_drop("dropped");
        self.0.tell("started");
        stream::pending().inspect(move |_| {
            let _ = (&dropped, &notes);
        })
    }
}

#[tokio::test]
async fn a_caller_over_http1_that_goes_is_heard_wherever_its_handler_stands() {
    let authority = Authority::new();
    let folder = Folder::with(&authority);
    for secure in [false, true] {
        let (sink, mut events) = events();
        let deaf = Deaf(sink);
        let own = deaf.clone();
        let ignored = post(move || {
            let own = own.clone();
            async move { own.wait().await.text }
        });
        let more = "  timeout: 60s\n";
        let settings = if secure { settings(&folder, more) } else { format!("server:\n{more}") };
        let app = App::new("gone").service(deaf).routes(Router::new().route("/own", ignored));
        let app = start(app.defaults(settings)).await;
        let (one, many) = (json("x"), json(&"x".repeat(100)) + "\n");
        let many = many.repeat(100);
        for (path, media, body, ends) in [
            ("/once", "application/json", &*one, true),
            ("/feed", "application/json", &one, true),
            ("/none", "application/x-ndjson", "", false),
            ("/none", "application/x-ndjson", &one, true),
            ("/none", "application/x-ndjson", &many, false),
            ("/one", "application/x-ndjson", &(one.clone() + "\n"), false),
            ("/one", "application/x-ndjson", &one, true),
            ("/one", "application/x-ndjson", &many, true),
            ("/all", "application/x-ndjson", &many, true),
            ("/given-up", "application/x-ndjson", &one, false),
            ("/chat", "application/x-ndjson", &one, false),
            ("/own", "text/plain", &many, false),
            ("/own", "text/plain", "x", true),
        ] {
            let mut request = format!(
                "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {media}\r\n\
                 transfer-encoding: chunked\r\n\r\n"
            );
            if !body.is_empty() {
                request.push_str(&format!("{:x}\r\n{body}\r\n", body.len()));
            }
            if ends {
                request.push_str("0\r\n\r\n");
            }
            if secure {
                let mut stream = connect(app.addr, &authority, &[]).await.unwrap();
                stream.write_all(request.as_bytes()).await.unwrap();
                assert_eq!(events.next().await, "started", "{path}");
                // A peer that is killed says no farewell.
                drop(stream);
            } else {
                let mut stream = TcpStream::connect(app.addr).await.unwrap();
                stream.write_all(request.as_bytes()).await.unwrap();
                assert_eq!(events.next().await, "started", "{path}");
            }
            assert_eq!(events.next().await, "dropped", "{path} {secure} {}", body.len());
        }
        app.stop().await.unwrap();
    }
}
