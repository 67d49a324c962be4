//! The service under test, a method of each shape, and what the tests hear from inside: a cell for every call.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bident::prelude::*;
use e2e::Sink;
use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::{Notify, Semaphore};

use crate::common::Note;

#[derive(Debug, thiserror::Error)]
#[error_reason(domain = "matrix.v1")]
enum Trouble {
    #[error("broke after {sent}")]
    #[error_reason(code = 409)]
    Broke { sent: usize },
}

/// The request header that names a call's cell.
pub(super) const CELL: &str = "x-cell";
/// What floods consist of.
pub(super) const BLOCK: usize = 64 * 1024;

/// One call, as it is seen from inside.
pub(super) struct Cell {
    pub(super) sink: Sink,
    /// Messages that a flood has made, in either direction.
    pub(super) made: AtomicUsize,
    /// Something was made.
    pub(super) making: Notify,
    /// Lets a call go on that holds.
    pub(super) gate: Semaphore,
    /// What the middleware saw.
    pub(super) seen: Mutex<Vec<String>>,
}

impl Cell {
    pub(super) fn made(&self) {
        self.made.fetch_add(1, Ordering::Relaxed);
        self.making.notify_one();
    }

    pub(super) fn see(&self, what: String) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }
}

/// The cells of a server, by name.
#[derive(Clone, Default)]
pub(super) struct Cells(Arc<Mutex<HashMap<String, Arc<Cell>>>>);

impl Cells {
    pub(super) fn add(&self, name: &str, sink: Sink) -> Arc<Cell> {
        let cell = Arc::new(Cell {
            sink,
            made: AtomicUsize::new(0),
            making: Notify::new(),
            gate: Semaphore::new(0),
            seen: Mutex::default(),
        });
        let before = self.lock().insert(name.to_owned(), Arc::clone(&cell));
        assert!(before.is_none(), "{name} twice");
        cell
    }

    pub(super) fn get(&self, name: Option<&str>) -> Option<Arc<Cell>> {
        self.lock().get(name?).cloned()
    }

    pub(super) fn all(&self) -> Vec<(String, Arc<Cell>)> {
        self.lock().iter().map(|(name, cell)| (name.clone(), Arc::clone(cell))).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Cell>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Notes = Pin<Box<dyn Stream<Item = bident::Result<Note>> + Send>>;

/// What it does with a message is the message's first word.
pub(super) struct Matrix(pub(super) Cells);

impl Matrix {
    fn cell(&self, ctx: &Context) -> bident::Result<Arc<Cell>> {
        let cell = self.0.get(ctx.header(CELL));
        cell.ok_or_else(|| Error::bad_request("NO_CELL", "a call of nobody"))
    }
}

#[service(package = "matrix.v1")]
impl Matrix {
    #[rpc(post = "/one")]
    async fn one(&self, ctx: &Context, note: Note) -> bident::Result<Note> {
        let cell = self.cell(ctx)?;
        match &*note.text {
            "broken" => Err(Trouble::Broke { sent: 0 }.into()),
            "hang" => hang(&cell).await,
            "explode" => panic!("on purpose"),
            _ => Ok(note),
        }
    }

    #[rpc(post = "/many")]
    async fn many(
        &self,
        ctx: &Context,
        note: Note,
    ) -> bident::Result<impl Stream<Item = bident::Result<Note>> + Send> {
        let cell = self.cell(ctx)?;
        let (what, rest) = note.text.split_once(' ').unwrap_or((&note.text, ""));
        let count = rest.parse().unwrap_or(0);
        let numbers = stream::iter(0..count).map(|n: usize| Ok(Note::new(n.to_string())));
        let notes: Notes = match what {
            "broken" => {
                let broken = async move { Err(Trouble::Broke { sent: count }.into()) };
                Box::pin(numbers.chain(stream::once(broken)))
            }
            "hang" => {
                let stuck = stream::once(async move { hang(&cell).await });
                Box::pin(stream::iter([Ok(Note::new("0"))]).chain(stuck))
            }
            "explode" => Box::pin(numbers.chain(stream::once(async { panic!("on purpose") }))),
            "flood" => flood(cell),
            "twice" => Box::pin(stream::iter([Note::new(rest), Note::new(rest)]).map(Ok)),
            _ => Box::pin(numbers),
        };
        Ok(notes)
    }

    #[rpc(post = "/join")]
    async fn join(&self, ctx: &Context, mut notes: Streaming<Note>) -> bident::Result<Note> {
        let cell = self.cell(ctx)?;
        let mut all = Vec::new();
        while let Some(note) = notes.next().await {
            let note = note?;
            match &*note.text {
                "broken" => return Err(Trouble::Broke { sent: all.len() }.into()),
                "hang" => return listen(&cell, &mut notes).await,
                "hold" => return hold(&cell, &mut notes).await,
                "explode" => panic!("on purpose"),
                _ => all.push(note.text),
            }
        }
        Ok(Note::new(all.join(" ")))
    }

    #[rpc(post = "/chat")]
    async fn chat(
        &self,
        ctx: &Context,
        notes: Streaming<Note>,
    ) -> bident::Result<impl Stream<Item = bident::Result<Note>> + Send> {
        let cell = self.cell(ctx)?;
        let talk = stream::unfold((cell, notes, 0), async |(cell, mut notes, sent)| {
            let answer = answer(&cell, &mut notes, sent).await?;
            Some((answer, (cell, notes, sent + 1)))
        });
        Ok(talk.flatten())
    }
}

/// What a chat answers to its next message; `None` behind the last.
async fn answer(cell: &Arc<Cell>, notes: &mut Streaming<Note>, sent: usize) -> Option<Notes> {
    let note = match notes.next().await? {
        Ok(note) => note,
        Err(error) => return Some(one(Err(error))),
    };
    Some(match &*note.text {
        "broken" => one(Err(Trouble::Broke { sent }.into())),
        "explode" => panic!("on purpose"),
        "flood" => flood(Arc::clone(cell)),
        "hang" => one(listen(cell, notes).await),
        "hold" => one(hold(cell, notes).await),
        _ => one(Ok(note)),
    })
}

fn one(note: bident::Result<Note>) -> Notes {
    Box::pin(stream::iter([note]))
}

/// For ever, and tells when it is dropped.
async fn hang(cell: &Cell) -> bident::Result<Note> {
    let _dropped = cell.sink.on_drop("dropped");
    cell.sink.tell("began");
    std::future::pending().await
}

/// The same for a call that goes on listening: it ends with whatever it hears.
async fn listen(cell: &Cell, notes: &mut Streaming<Note>) -> bident::Result<Note> {
    let _dropped = cell.sink.on_drop("dropped");
    cell.sink.tell("began");
    notes.next().await.unwrap_or_else(|| Ok(Note::new("the end")))
}

/// Reads nothing until it is let; then says how many messages there were.
async fn hold(cell: &Cell, notes: &mut Streaming<Note>) -> bident::Result<Note> {
    cell.sink.tell("began");
    let _permit =
        cell.gate.acquire().await.map_err(|closed| Error::from(anyhow::Error::from(closed)))?;
    let mut count = 0;
    while let Some(note) = notes.next().await {
        assert_eq!(note?.text.len(), BLOCK);
        count += 1;
    }
    Ok(Note::new(count.to_string()))
}

/// Blocks without an end, as fast as they are taken.
fn flood(cell: Arc<Cell>) -> Notes {
    let dropped = cell.sink.on_drop("dropped");
    Box::pin(stream::repeat_with(move || {
        let _ = &dropped;
        cell.made();
        Ok(Note::new("x".repeat(BLOCK)))
    }))
}
