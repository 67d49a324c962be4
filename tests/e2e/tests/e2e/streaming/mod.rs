//! Methods that stream: every form in which they are written, called by the clients that come out of them.

mod behaviour;
mod forms;
mod routes;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bident::prelude::*;
use bident::{CallError, Result as Plain};
use e2e::{Running, Sink, start};
use futures_util::{Stream, StreamExt as _, stream};

use crate::common::Note;

#[derive(Debug, PartialEq, thiserror::Error)]
#[error_reason(domain = "streaming.v1")]
enum Trouble {
    #[error("nothing is called {name}")]
    #[error_reason(code = 404)]
    Unknown { name: String },
    #[error("broke after {sent}")]
    #[error_reason(code = 409)]
    Broke { sent: u32 },
}

type Notes = Streaming<Note>;

/// What the tests hear from inside, and count there.
struct Library {
    sink: Sink,
    produced: Arc<AtomicUsize>,
    shelf: Vec<String>,
}

#[service(package = "streaming.v1")]
impl Library {
    /// A stream that borrows from the service.
    #[rpc(get = "/library")]
    async fn shelf(&self) -> impl Stream<Item = Note> + Send {
        stream::iter(self.shelf.iter().map(Note::new))
    }

    /// A stream from a plain function.
    #[rpc]
    fn count(&self, to: u32) -> impl Stream<Item = Result<Note, Trouble>> + Send {
        stream::iter(1..=to).map(|n| Ok(Note::new(n.to_string())))
    }

    /// As many notes as the text says, then trouble; or trouble at once.
    #[rpc(get = "/library/{text}/broken")]
    async fn broken(
        &self,
        note: Note,
    ) -> Result<impl Stream<Item = Result<Note, Trouble>> + Send, Trouble> {
        let Ok(sent) = note.text.parse::<u32>() else {
            return Err(Trouble::Unknown { name: note.text });
        };
        let notes = stream::iter(0..sent).map(|n| Ok(Note::new(n.to_string())));
        Ok(notes.chain(stream::once(async move { Err(Trouble::Broke { sent }) })))
    }

    /// Headers before, trailers behind.
    #[rpc]
    async fn beside(
        &self,
        ctx: &Context,
    ) -> Result<Reply<impl Stream<Item = Note> + Send>, Trouble> {
        let later = ctx.clone();
        let notes = stream::iter(["a", "b"]).map(move |text| {
            later.set_trailer("x-last", text);
            Note::new(text)
        });
        Ok(Reply::new(notes).header("x-first", "yes").trailer("x-said", "yes"))
    }

    /// Many in, one out.
    #[rpc]
    async fn join(&self, mut notes: Notes) -> Result<Note, Trouble> {
        let mut all = Vec::new();
        while let Some(note) = notes.next().await {
            match note {
                Ok(note) if note.text == "unknown" => {
                    return Err(Trouble::Unknown { name: note.text });
                }
                Ok(note) => all.push(note.text),
                Err(error) => {
                    self.sink.tell(format!("heard {}", error.reason()));
                    break;
                }
            }
        }
        Ok(Note::new(all.join(" ")))
    }

    /// Answers each note at once.
    #[rpc]
    async fn echo(&self, notes: Notes) -> impl Stream<Item = Plain<Note>> + Send {
        notes
    }

    /// Never ends by itself, and counts what it has produced.
    #[rpc]
    async fn endless(&self, note: Note) -> impl Stream<Item = Note> + Send {
        let dropped = self.sink.on_drop("dropped");
        let produced = self.produced.clone();
        stream::repeat(note).map(move |note| {
            let _ = &dropped;
            produced.fetch_add(1, Ordering::Relaxed);
            note
        })
    }

    /// Waits for ever after its first note.
    #[rpc(timeout = "300ms")]
    async fn stuck(&self) -> impl Stream<Item = Note> + Send {
        let dropped = self.sink.on_drop("dropped");
        stream::once(async { Note::new("one") }).chain(stream::pending()).inspect(move |_| {
            let _ = &dropped;
        })
    }
}

/// The same by contract.
#[service(package = "streaming.v1")]
trait Clock {
    #[rpc]
    async fn ticks(&self, to: u32) -> impl Stream<Item = Result<Note, Trouble>> + Send;

    #[rpc]
    fn tocks(&self, to: u32) -> impl Stream<Item = Note>;

    #[rpc]
    async fn sum(&self, notes: Streaming<Note>) -> Note;

    #[rpc]
    async fn swing(
        &self,
        notes: Streaming<Note>,
    ) -> Result<impl Stream<Item = Result<Note, bident::Error>>, Trouble>;
}

struct Wall {
    name: String,
}

impl Clock for Wall {
    async fn ticks(&self, to: u32) -> impl Stream<Item = Result<Note, Trouble>> + Send {
        stream::iter(1..=to).map(|n| Ok(Note::new(format!("{} {n}", self.name))))
    }

    fn tocks(&self, to: u32) -> impl Stream<Item = Note> {
        stream::iter(1..=to).map(|n| Note::new(format!("{} {n}", self.name)))
    }

    async fn sum(&self, notes: Streaming<Note>) -> Note {
        Note::new(notes.filter_map(async |note| note.ok()).count().await.to_string())
    }

    async fn swing(
        &self,
        notes: Streaming<Note>,
    ) -> Result<impl Stream<Item = Result<Note, bident::Error>>, Trouble> {
        Ok(notes.map(|note| note.map(|note| Note::new(format!("{} {}", self.name, note.text)))))
    }
}

struct Opened {
    server: Running,
    library: LibraryClient,
    clock: ClockClient,
    events: e2e::Events,
    produced: Arc<AtomicUsize>,
}

/// Over which every client of all four shapes goes.
const PRONGS: [&str; 2] = ["grpc", "http"];

async fn open(scheme: &str, settings: &str) -> Opened {
    let (sink, events) = e2e::events();
    let produced = Arc::new(AtomicUsize::new(0));
    let shelf = vec!["one".to_owned(), "two".to_owned()];
    let library = Library { sink, produced: produced.clone(), shelf };
    let app = App::new("streaming").defaults(settings).service(library);
    let server = start(app.service(ClockServer(Wall { name: "wall".into() }))).await;
    let target = format!("{scheme}://{}", server.addr);
    let library = LibraryClient::connect(&target).await.unwrap();
    let clock = ClockClient::connect(&target).await.unwrap();
    Opened { server, library, clock, events, produced }
}

fn notes(texts: &[&str]) -> Notes {
    texts.iter().copied().map(Note::new).collect()
}

/// The texts of a stream, and what ended it.
async fn texts<E>(mut notes: Streaming<Note, CallError<E>>) -> (Vec<String>, Option<CallError<E>>) {
    let mut all = Vec::new();
    while let Some(note) = e2e::bounded("the next note", notes.next()).await {
        match note {
            Ok(note) => all.push(note.text),
            Err(error) => return (all, Some(error)),
        }
    }
    (all, None)
}
