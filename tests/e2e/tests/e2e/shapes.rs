//! Every form that a method's arguments and its answer may have.

use bident::prelude::*;
use e2e::{Running, call, grpc, start};

use crate::common::{Note, Plain, wire};

type Outcome<T> = Result<T, ShapeError>;
type Alias = Note;
type Ctx = Context;

#[error_reason(domain = "shapes.v1")]
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShapeError {
    #[error("no shape")]
    #[error_reason(code = 404)]
    NoShape,
}

struct Shapes {
    prefix: &'static str,
}

#[service(package = "shapes.v1")]
impl Shapes {
    #[rpc(post = "/message")]
    async fn message(&self, note: Note) -> Note {
        self.prefixed(&note.text)
    }

    #[rpc(get = "/values/{id}")]
    async fn values(
        &self,
        id: String,
        verbose: bool,
        tags: Vec<String>,
        most: Option<u32>,
    ) -> Note {
        self.prefixed(&format!("{id} {verbose} {tags:?} {most:?}"))
    }

    #[rpc(get = "/single/{number}")]
    async fn single(&self, number: i64) -> Note {
        self.prefixed(&number.to_string())
    }

    #[rpc(get = "/first/{id}")]
    async fn context_first(&self, ctx: &Context, id: String) -> Note {
        self.prefixed(&format!("{} {id}", ctx.operation()))
    }

    #[rpc(get = "/between/{id}")]
    async fn context_between(&self, id: String, ctx: &Ctx, on: bool) -> Note {
        self.prefixed(&format!("{} {id} {on}", ctx.operation()))
    }

    #[rpc(post = "/last")]
    async fn context_last(&self, note: Note, ctx: &Context) -> Note {
        self.prefixed(&format!("{} {}", ctx.operation(), note.text))
    }

    #[rpc(get = "/nothing")]
    async fn nothing(&self) {}

    #[rpc(get = "/only_context")]
    async fn only_context(&self, ctx: &Context) -> Note {
        self.prefixed(ctx.operation())
    }

    #[rpc(post = "/unit_result/{fail}")]
    async fn unit_result(&self, fail: bool) -> Result<(), ShapeError> {
        if fail { Err(ShapeError::NoShape) } else { Ok(()) }
    }

    #[rpc(post = "/replied")]
    async fn replied(&self, note: Note) -> Reply<Note> {
        Reply::new(self.prefixed(&note.text))
    }

    #[rpc(post = "/replied_result")]
    async fn replied_result(&self, note: Note) -> Outcome<Reply<Note>> {
        if note.text.is_empty() {
            return Err(ShapeError::NoShape);
        }
        Ok(Reply::new(self.prefixed(&note.text)))
    }

    #[rpc(post = "/aliases")]
    async fn aliases(&self, note: Alias) -> Outcome<Alias> {
        if note.text.is_empty() { Err(ShapeError::NoShape) } else { Ok(self.prefixed(&note.text)) }
    }

    #[rpc(post = "/anyhow")]
    async fn anyhow(&self, note: Note) -> anyhow::Result<Note> {
        let number: u8 = note.text.parse()?;
        Ok(self.prefixed(&number.to_string()))
    }

    #[rpc(post = "/kit")]
    async fn kit(&self, note: Note) -> bident::Result<Note> {
        let number: u8 = note.text.parse().map_err(|_| Error::bad_request("NO_NUMBER", "no"))?;
        Ok(self.prefixed(&number.to_string()))
    }

    #[rpc(name = "Renamed", post = "/renamed")]
    async fn named_otherwise(&self, note: Note) -> Note {
        note
    }

    #[rpc]
    async fn by_its_path_only(&self, r#type: String) -> Note {
        Note::new(r#type)
    }

    #[rpc(get = "/pattern/{id}")]
    async fn borrows(&self, id: String) -> Outcome<Note> {
        let helper = Self::helper();
        self.waits(&id).await;
        Ok(Note::new(format!("{helper} {id}")))
    }

    fn prefixed(&self, text: &str) -> Note {
        Note::new(format!("{}{text}", self.prefix))
    }

    async fn waits(&self, _text: &str) {
        tokio::task::yield_now().await;
    }

    const fn helper() -> &'static str {
        "helped"
    }
}

async fn shapes() -> Running {
    start(App::new("shapes").service(Shapes { prefix: "~" })).await
}

fn method(name: &str) -> String {
    format!("/shapes.v1.Shapes/{name}")
}

/// The text of a method's answer over GET or POST with `text` as the message.
async fn http(server: &Running, verb: &str, path: &str, text: &str) -> String {
    let mut request = call(verb, path);
    if verb == "POST" {
        request = request.json(crate::common::json(text));
    }
    let answer = request.send(server.addr).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()["text"].as_str().unwrap_or_default().to_owned()
}

#[derive(Clone, PartialEq, prost::Message)]
struct ValuesRequest {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(bool, tag = "2")]
    verbose: bool,
    #[prost(string, repeated, tag = "3")]
    tags: Vec<String>,
    #[prost(uint32, optional, tag = "4")]
    most: Option<u32>,
}

#[tokio::test]
async fn a_message_or_a_list_of_values_is_the_request() {
    let server = shapes().await;
    assert_eq!(http(&server, "POST", "/message", "m").await, "~m");
    assert_eq!(
        grpc(server.addr, &method("Message"), &wire("m")).await.decode::<Plain>().text,
        "~m"
    );

    let query = "/values/x?verbose=true&tags=a&tags=b&most=7";
    assert_eq!(http(&server, "GET", query, "").await, r#"~x true ["a", "b"] Some(7)"#);
    assert_eq!(http(&server, "GET", "/values/x", "").await, "~x false [] None");
    let tags = vec!["a".to_owned(), "b".to_owned()];
    let values = ValuesRequest { id: "x".into(), verbose: true, tags, most: Some(0) };
    let answer = grpc(server.addr, &method("Values"), &values).await;
    assert_eq!(answer.decode::<Plain>().text, r#"~x true ["a", "b"] Some(0)"#);
    let body = r#"{"id":"x","verbose":true,"tags":["a"],"most":1}"#;
    let answer = call("POST", &method("Values")).json(body).send(server.addr).await;
    assert_eq!(answer.json()["text"], r#"~x true ["a"] Some(1)"#);

    assert_eq!(http(&server, "GET", "/single/-5", "").await, "~-5");
    let answer = grpc(server.addr, &method("Single"), &-5_i64).await;
    assert_eq!(answer.decode::<Plain>().text, "~-5");
}

#[tokio::test]
async fn the_context_stands_anywhere() {
    let server = shapes().await;
    let first = format!("~{} x", method("ContextFirst"));
    assert_eq!(http(&server, "GET", "/first/x", "").await, first);
    let answer = grpc(server.addr, &method("ContextFirst"), &wire("x")).await;
    assert_eq!(answer.decode::<Plain>().text, first);

    let between = format!("~{} x true", method("ContextBetween"));
    assert_eq!(http(&server, "GET", "/between/x?on=true", "").await, between);
    let values = ValuesRequest { id: "x".into(), verbose: true, ..Default::default() };
    let answer = grpc(server.addr, &method("ContextBetween"), &values).await;
    assert_eq!(answer.decode::<Plain>().text, between);

    let last = format!("~{} x", method("ContextLast"));
    assert_eq!(http(&server, "POST", "/last", "x").await, last);
    let answer = grpc(server.addr, &method("ContextLast"), &wire("x")).await;
    assert_eq!(answer.decode::<Plain>().text, last);

    let only = format!("~{}", method("OnlyContext"));
    assert_eq!(http(&server, "GET", "/only_context", "").await, only);
    let answer = grpc(server.addr, &method("OnlyContext"), &()).await;
    assert_eq!(answer.decode::<Plain>().text, only);
}

#[tokio::test]
async fn nothing_is_an_empty_message() {
    let server = shapes().await;
    let answer = call("GET", "/nothing").send(server.addr).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "{}"));
    grpc(server.addr, &method("Nothing"), &()).await.decode::<()>();
    // Fields that nobody knows are skipped.
    grpc(server.addr, &method("Nothing"), &wire("more")).await.decode::<()>();

    let answer = call("POST", "/unit_result/false").send(server.addr).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "{}"));
    let answer = call("POST", "/unit_result/true").send(server.addr).await;
    assert_eq!(answer.failure(), (404, "NO_SHAPE".into()));
    grpc(server.addr, &method("UnitResult"), &false).await.decode::<()>();
    let answer = grpc(server.addr, &method("UnitResult"), &true).await;
    assert_eq!(answer.failure(), (5, "NO_SHAPE".into()));
}

#[tokio::test]
async fn replies_results_and_aliases_answer_alike() {
    let server = shapes().await;
    let forms =
        [("/replied", "Replied"), ("/replied_result", "RepliedResult"), ("/aliases", "Aliases")];
    for (path, name) in forms {
        assert_eq!(http(&server, "POST", path, "x").await, "~x", "{name}");
        let answer = grpc(server.addr, &method(name), &wire("x")).await;
        assert_eq!(answer.decode::<Plain>().text, "~x", "{name}");
    }
    for (path, name) in &forms[1..] {
        let answer = call("POST", path).send(server.addr).await;
        assert_eq!(answer.failure(), (404, "NO_SHAPE".into()), "{name}");
        let answer = grpc(server.addr, &method(name), &()).await;
        assert_eq!(answer.failure(), (5, "NO_SHAPE".into()), "{name}");
    }
}

#[tokio::test]
async fn errors_of_anyhow_and_of_the_kit_are_errors() {
    let server = shapes().await;
    for (path, name) in [("/anyhow", "Anyhow"), ("/kit", "Kit")] {
        assert_eq!(http(&server, "POST", path, "8").await, "~8", "{name}");
        let answer = grpc(server.addr, &method(name), &wire("8")).await;
        assert_eq!(answer.decode::<Plain>().text, "~8", "{name}");
    }
    let body = crate::common::json("many");
    let answer = call("POST", "/anyhow").json(body.clone()).send(server.addr).await;
    assert_eq!(answer.failure(), (500, "INTERNAL".into()));
    assert!(!answer.text().contains("digit"), "{}", answer.text());
    let answer = grpc(server.addr, &method("Anyhow"), &wire("many")).await;
    assert_eq!(answer.failure(), (13, "INTERNAL".into()));
    let answer = call("POST", "/kit").json(body).send(server.addr).await;
    assert_eq!(answer.failure(), (400, "NO_NUMBER".into()));
    let answer = grpc(server.addr, &method("Kit"), &wire("many")).await;
    assert_eq!(answer.failure(), (3, "NO_NUMBER".into()));
}

#[tokio::test]
async fn names_and_helpers() {
    let server = shapes().await;
    assert_eq!(http(&server, "POST", "/renamed", "x").await, "x");
    assert_eq!(grpc(server.addr, &method("Renamed"), &wire("x")).await.decode::<Plain>().text, "x");
    for name in ["NamedOtherwise", "Prefixed", "Waits", "Helper"] {
        let answer = grpc(server.addr, &method(name), &wire("x")).await;
        assert_eq!(answer.failure(), (12, "METHOD_NOT_FOUND".into()), "{name}");
    }
    let answer =
        call("POST", &method("ByItsPathOnly")).json(r#"{"type":"raw"}"#).send(server.addr).await;
    assert_eq!(answer.json()["text"], "raw");
    let answer = grpc(server.addr, &method("ByItsPathOnly"), &wire("raw")).await;
    assert_eq!(answer.decode::<Plain>().text, "raw");
    assert_eq!(http(&server, "GET", "/pattern/x", "").await, "helped x");
}

/// What a generic service is generic over.
trait Store: Send + Sync + 'static {
    fn read(&self, key: &str) -> String;
}

struct Upper;

impl Store for Upper {
    fn read(&self, key: &str) -> String {
        key.to_uppercase()
    }
}

struct Cache<S> {
    store: S,
}

#[service(package = "shapes.v1")]
impl<S: Store> Cache<S> {
    #[rpc(get = "/cache/{key}")]
    async fn read(&self, key: String) -> Note {
        Note::new(self.store.read(&key))
    }
}

#[tokio::test]
async fn a_service_may_be_generic() {
    let server = start(App::new("shapes").service(Cache { store: Upper })).await;
    assert_eq!(http(&server, "GET", "/cache/abc", "").await, "ABC");
    let answer = grpc(server.addr, "/shapes.v1.Cache/Read", &wire("abc")).await;
    assert_eq!(answer.decode::<Plain>().text, "ABC");
}

/// A contract that a crate of its own could hold.
#[service(package = "shapes.v1")]
pub(crate) trait Directory {
    /// Finds somebody.
    #[rpc(get = "/directory/{name}")]
    async fn find(&self, name: String) -> Result<Note, ShapeError>;

    #[rpc(post = "/directory")]
    async fn add(&self, ctx: &Context, note: Note) -> Note;
}

struct Memory;

impl Directory for Memory {
    async fn find(&self, name: String) -> Result<Note, ShapeError> {
        if name == "ghost" { Err(ShapeError::NoShape) } else { Ok(Note::new(name)) }
    }

    async fn add(&self, ctx: &Context, note: Note) -> Note {
        tokio::task::yield_now().await;
        Note::new(format!("{} {}", ctx.operation(), note.text))
    }
}

#[tokio::test]
async fn a_trait_is_served_by_its_implementation() {
    let app = App::new("shapes").service(DirectoryServer(Memory)).service(Shapes { prefix: "~" });
    let server = start(app).await;
    assert_eq!(http(&server, "GET", "/directory/ada", "").await, "ada");
    let ghost = call("GET", "/directory/ghost").send(server.addr).await;
    assert_eq!(ghost.failure(), (404, "NO_SHAPE".into()));
    let add = "/shapes.v1.Directory/Add";
    assert_eq!(http(&server, "POST", "/directory", "x").await, format!("{add} x"));
    assert_eq!(grpc(server.addr, add, &wire("x")).await.decode::<Plain>().text, format!("{add} x"));
    let ghost = grpc(server.addr, "/shapes.v1.Directory/Find", &wire("ghost")).await;
    assert_eq!(ghost.failure(), (5, "NO_SHAPE".into()));
}
