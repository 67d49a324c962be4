//! The service that the tests call: every way to answer, to fail and to pass a call on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bident::prelude::*;

use e2e::{Running, start};
use tokio::sync::Notify;

pub(super) const PRONGS: [&str; 2] = ["grpc", "http"];

#[message]
pub(crate) struct Note {
    pub id: String,
    pub text: String,
    pub tags: Vec<String>,
    pub labels: BTreeMap<String, i64>,
    pub size: Option<u64>,
    pub raw: Vec<u8>,
    pub wait: Duration,
}

#[message]
pub(crate) struct FileNote {
    pub name: String,
    pub note: Option<Note>,
    pub force: bool,
    pub labels: BTreeMap<String, i64>,
    pub author: Option<Author>,
    pub raw: Vec<u8>,
    pub wait: Option<Duration>,
    pub at: SystemTime,
    pub color: Color,
    pub ratio: f64,
}

#[message]
#[derive(Copy, Eq)]
pub(crate) enum Color {
    Red,
    DeepBlue,
}

#[message]
pub(crate) struct Author {
    pub name: String,
    pub years: Vec<i32>,
}

/// What a server saw of a call.
#[message]
pub(crate) struct Seen {
    pub metadata: BTreeMap<String, String>,
    pub millis_left: Option<u64>,
}

#[error_reason(domain = "probe.v1")]
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum ProbeError {
    #[error("note {id} is missing after {tries} tries")]
    #[error_reason(code = 404)]
    NoteMissing { id: String, tries: u32 },
    #[error("a teapot")]
    #[error_reason(code = 418)]
    Teapot,
    #[error("the password {word} is wrong")]
    #[error_reason(code = 500)]
    Broken { word: String },
}

#[derive(Default)]
pub(crate) struct Probe {
    next: Option<ProbeClient>,
    /// Told when a handler that hangs is dropped.
    pub(super) dropped: Arc<Notify>,
}

impl Probe {
    pub(super) fn before(next: ProbeClient) -> Self {
        Self { next: Some(next), ..Self::default() }
    }

    fn next(&self) -> Result<&ProbeClient, Error> {
        self.next.as_ref().ok_or_else(|| Error::not_found("LAST", "nobody comes after this one"))
    }
}

struct OnDrop(Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[service(package = "probe.v1")]
impl Probe {
    /// Every way to fail, and one to succeed.
    #[rpc(get = "/v1/notes/{id}")]
    async fn get_note(&self, id: String) -> Result<Note, ProbeError> {
        match id.as_str() {
            "missing" => Err(ProbeError::NoteMissing { id, tries: 3 }),
            "teapot" => Err(ProbeError::Teapot),
            "broken" => Err(ProbeError::Broken { word: "hunter2".to_owned() }),
            _ => Ok(Note { text: format!("note {id}"), id, ..Note::default() }),
        }
    }

    /// Answers with what it was sent, by way of every part of a request.
    #[rpc(put = "/v1/{name=shelves/**}:file", body = "note")]
    async fn file(&self, req: FileNote) -> FileNote {
        req
    }

    /// The reply's body is one field.
    #[rpc(post = "/v1/authors", response_body = "author")]
    async fn author(&self, author: Author) -> Result<FileNote, Error> {
        Ok(FileNote { author: Some(author), ..FileNote::default() })
    }

    #[rpc(get = "/v1/seen")]
    async fn seen(&self, ctx: &Context) -> Result<Reply<Seen>, Error> {
        let metadata = ctx
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect();
        let left = ctx.deadline().map(|at| at.saturating_duration_since(Instant::now()));
        let millis_left = left.and_then(|left| u64::try_from(left.as_millis()).ok());
        Ok(Reply::new(Seen { metadata, millis_left })
            .header("x-answer", "yes")
            .trailer("x-end", "it is"))
    }

    /// Asks the next server, without a word about what flows on.
    #[rpc]
    async fn relay(&self) -> Result<Seen, Error> {
        Ok(self.next()?.seen().await?)
    }

    /// Fails as the next server does.
    #[rpc]
    async fn relay_note(&self, id: String) -> Result<Note, Error> {
        Ok(self.next()?.get_note(id).await?)
    }

    #[rpc]
    async fn hang(&self) -> Result<Note, ProbeError> {
        let _dropped = OnDrop(self.dropped.clone());
        std::future::pending().await
    }

    /// Hangs because the next server does.
    #[rpc]
    async fn relay_hang(&self) -> Result<Note, Error> {
        Ok(self.next()?.hang().await?)
    }
}

pub(super) async fn probe(scheme: &str) -> (Running, ProbeClient) {
    let serving = start(App::new("probe").service(Probe::default())).await;
    let client = ProbeClient::connect(format!("{scheme}://{}", serving.addr)).await.unwrap();
    (serving, client)
}

/// A client of a server that asks another one, each hop over this prong.
pub(super) async fn chain(scheme: &str) -> ([Running; 2], ProbeClient) {
    let (last, next) = probe(scheme).await;
    let first = start(App::new("first").service(Probe::before(next))).await;
    let client = ProbeClient::connect(format!("{scheme}://{}", first.addr)).await.unwrap();
    ([last, first], client)
}
