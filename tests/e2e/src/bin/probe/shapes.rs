//! Every shape of a call, on every surface: what goes in comes out, or fails as it is asked to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bident::FormPart;
use bident::prelude::*;
use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::watch;

use crate::ProbeError;

#[message]
pub(crate) struct Note {
    pub text: String,
}

/// How far a stream that lingers has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Released,
    Done,
    Dropped,
}

type Line = Arc<watch::Sender<Stage>>;

/// The streams that linger, by name.
#[derive(Default)]
pub(crate) struct Shapes(Mutex<HashMap<String, Line>>);

impl Shapes {
    fn line(&self, name: String) -> Line {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.entry(name).or_insert_with(|| Arc::new(watch::Sender::new(Stage::Waiting))).clone()
    }
}

/// Tells when the stream that holds it is gone.
struct Held(Line);

impl Drop for Held {
    fn drop(&mut self) {
        let done = *self.0.borrow() == Stage::Released;
        self.0.send_replace(if done { Stage::Done } else { Stage::Dropped });
    }
}

#[service(package = "probe.v1")]
impl Shapes {
    /// Numbers up to `to`, from the one after the caller's last event; then trouble, if it is asked for.
    #[rpc(get = "/v1/count", event_id = "text")]
    async fn count(
        &self,
        ctx: &Context,
        to: u32,
        fail: bool,
    ) -> Reply<impl Stream<Item = Result<Note, ProbeError>> + Send> {
        let last = ctx.header("last-event-id").and_then(|id| id.parse().ok()).unwrap_or(0);
        let tenant = ctx.header("x-md-global-tenant").unwrap_or("none").to_owned();
        let notes = stream::iter(last + 1..=to).map(|n| Ok(Note { text: n.to_string() }));
        let trouble = fail.then_some(Err(ProbeError::StockShort { missing: to }));
        let all = notes.chain(stream::iter(trouble));
        Reply::new(all).header("x-probe", tenant).trailer("x-probe-end", "done")
    }

    /// All texts in one; `missing` is an error.
    #[rpc(post = "/v1/join")]
    async fn join(&self, ctx: &Context, notes: Streaming<Note>) -> Result<Reply<Note>, ProbeError> {
        let tenant = ctx.header("x-md-global-tenant").unwrap_or("none").to_owned();
        let mut notes = found(notes);
        let mut all = Vec::new();
        while let Some(note) = notes.next().await {
            all.push(note?.text);
        }
        let joined = Note { text: all.join(" ") };
        Ok(Reply::new(joined).header("x-probe", tenant).trailer("x-probe-end", "done"))
    }

    /// Each note at once; `missing` is an error.
    #[rpc(post = "/v1/echo")]
    async fn echo(
        &self,
        ctx: &Context,
        notes: Streaming<Note>,
    ) -> Reply<impl Stream<Item = Result<Note, ProbeError>> + Send> {
        let tenant = ctx.header("x-md-global-tenant").unwrap_or("none").to_owned();
        Reply::new(found(notes)).header("x-probe", tenant).trailer("x-probe-end", "done")
    }

    /// What a form has in it, a note for each message: `name, file name, type, bytes, checksum`, with `+` where more follows.
    #[rpc(post = "/v1/forms", body = "*")]
    async fn form(
        &self,
        parts: Streaming<FormPart>,
    ) -> impl Stream<Item = Result<Note, ProbeError>> + Send {
        parts.map(|part| {
            let FormPart { name, file_name, content_type, data, more } =
                part.map_err(ProbeError::Kit)?;
            let sum: u64 = data.iter().copied().map(u64::from).sum();
            let (file, more) = (file_name.unwrap_or("-".into()), if more { "+" } else { "" });
            let text = format!("{name}, {file}, {content_type}, {}, {sum}{more}", data.len());
            Ok(Note { text })
        })
    }

    /// One note, and another once it is released.
    #[rpc(get = "/v1/linger/{name}")]
    async fn linger(&self, name: String) -> impl Stream<Item = Note> + Send {
        let held = Held(self.line(name));
        stream::once(async { Note { text: "waiting".into() } }).chain(stream::once(async move {
            // The sender is held here, so that the wait never fails.
            let _ = held.0.subscribe().wait_for(|stage| *stage == Stage::Released).await;
            Note { text: "released".into() }
        }))
    }

    /// Lets the stream of this name go on.
    #[rpc(post = "/v1/linger/{name}:release")]
    async fn release(&self, name: String) {
        self.line(name).send_replace(Stage::Released);
    }

    /// How the stream of this name came to its end, once it has.
    #[rpc(get = "/v1/linger/{name}:ended")]
    async fn ended(&self, name: String) -> Note {
        let line = self.line(name);
        let mut stages = line.subscribe();
        let ended = stages.wait_for(|stage| matches!(stage, Stage::Done | Stage::Dropped)).await;
        Note { text: ended.map_or(String::new(), |stage| format!("{:?}", *stage).to_lowercase()) }
    }
}

fn found(notes: Streaming<Note>) -> impl Stream<Item = Result<Note, ProbeError>> + Send {
    notes.map(|note| match note.map_err(ProbeError::Kit)? {
        note if note.text == "missing" => Err(ProbeError::BookNotFound { title: "Dune".into() }),
        note => Ok(note),
    })
}
