//! Every shape of a call, on an impl and on a trait, whatever the types are called.

use bident::prelude::*;
use bident::service::{Service as _, Shape};
use bident::{CallError, Stream as Flow};

#[message]
pub struct Note {
    pub text: String,
}

#[error_reason(code = 404)]
#[derive(Debug)]
pub struct Gone;

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("gone")
    }
}

type Notes = Streaming<Note>;
type Found<T> = Result<T, Gone>;

fn notes<E: Send + 'static>() -> Streaming<Note, E> {
    [Note::default()].into_iter().collect()
}

struct Board;

#[service(package = "board.v1")]
impl Board {
    #[rpc]
    async fn one(&self, note: Note) -> Note {
        note
    }

    #[rpc(get = "/board/{text}", response_body = "text")]
    async fn many(&self, text: String) -> impl Flow<Item = Result<Note, Gone>> + Send {
        let _ = text;
        notes()
    }

    #[rpc(timeout = "1h", idempotent, event_id = "text")]
    fn plainly(&self, ctx: &Context) -> impl Flow<Item = bident::Result<Note>> + Send + use<> {
        let _ = ctx;
        notes()
    }

    #[rpc]
    async fn perhaps(&self) -> Found<impl Flow<Item = Found<Note>> + Send> {
        Ok(notes())
    }

    #[cfg(any())]
    #[rpc]
    async fn never(&self, nothing: Nothing) -> impl Flow<Item = Nothing> + Send {}

    #[cfg(all())]
    #[rpc]
    async fn beside(&self) -> Reply<impl Flow<Item = Found<Note>> + Send> {
        Reply::new(notes()).header("x-one", "1")
    }

    #[rpc]
    async fn perhaps_beside(&self) -> Found<Reply<impl Flow<Item = Found<Note>> + Send>> {
        Ok(Reply::new(notes()))
    }

    #[rpc(post = "/board")]
    async fn take(&self, mut notes: Notes, ctx: &Context) -> Found<Note> {
        let _ = ctx;
        notes.next().await.and_then(Result::ok).ok_or(Gone)
    }

    /// A reference to a stream may be held across an `.await`.
    #[rpc]
    async fn heed(&self, notes: Notes) {
        let headers = notes.headers();
        std::future::ready(()).await;
        let _ = headers.len();
    }

    #[rpc(get = "/board")]
    async fn both(&self, notes: Notes) -> impl Flow<Item = bident::Result<Note>> + Send {
        notes
    }
}

#[service(package = "wall.v1")]
pub trait Wall {
    #[rpc]
    async fn one(&self, note: Note) -> Note;

    /// Its stream is `Send` without saying so.
    #[rpc]
    async fn many(&self, text: String) -> Found<impl Flow<Item = Found<Note>>>;

    #[rpc]
    fn plainly(&self) -> impl Flow<Item = Found<Note>> + Send;

    /// Has a body of its own.
    #[rpc]
    async fn beside(&self) -> Reply<impl Flow<Item = Found<Note>>> {
        Reply::new(notes())
    }

    #[rpc]
    async fn take(&self, notes: Notes) -> Note;

    #[rpc]
    async fn both(&self, notes: Notes) -> impl Flow<Item = bident::Result<Note>>;
}

struct Brick;

impl Wall for Brick {
    async fn one(&self, note: Note) -> Note {
        note
    }

    async fn many(&self, _text: String) -> Found<impl Flow<Item = Found<Note>>> {
        Ok(notes())
    }

    fn plainly(&self) -> impl Flow<Item = Found<Note>> + Send {
        notes()
    }

    async fn take(&self, mut notes: Notes) -> Note {
        notes.next().await.and_then(Result::ok).unwrap_or_default()
    }

    async fn both(&self, notes: Notes) -> impl Flow<Item = bident::Result<Note>> {
        notes
    }
}

/// The client takes what the method takes, and gives its streams with the method's own errors.
#[allow(dead_code)]
async fn typed(board: BoardClient, wall: WallClient) -> Result<(), CallError<Gone>> {
    let many: Result<Streaming<Note, CallError<Gone>>, CallError<Gone>> =
        board.many("a".to_owned()).await;
    let _: Streaming<Note, CallError<Gone>> = wall.many("a".to_owned()).await?;
    let _: Option<Result<Note, CallError<Gone>>> = many?.next().await;
    let _: Note = board.take(notes()).await?;
    let _: Result<Streaming<Note, CallError<Error>>, CallError<Error>> = board.both(notes()).await;
    Ok(())
}

fn main() {
    let shapes = |methods: &[bident::service::MethodSpec]| {
        methods.iter().map(|method| method.shape).collect::<Vec<_>>()
    };
    use Shape::{Bidi, ClientStream, ServerStream, Unary};
    let many = ServerStream;
    let expected = [Unary, many, many, many, many, many, ClientStream, ClientStream, Bidi];
    assert_eq!(shapes(Board::SPEC.methods), expected);
    let expected = [Unary, many, many, many, ClientStream, Bidi];
    assert_eq!(shapes(WallServer::<Brick>::SPEC.methods), expected);
}
