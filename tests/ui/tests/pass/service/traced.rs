//! What a method may put on the span of its call. That is use enough of an argument.

#![deny(unused)]

use bident::__private::Attributes;
use bident::message::Message as _;
use bident::prelude::*;
use bident::service::Service;

#[message]
pub struct Book {
    #[field(traced = "book.id")]
    pub id: u64,
    #[field(traced = "book.tags")]
    pub tags: Vec<Tag>,
    pub next: Option<Box<Book>>,
    #[field(oneof)]
    pub state: Option<State>,
}

#[message]
pub struct Tag(String);

#[message]
pub enum State {
    #[field(4)]
    Lent {
        #[field(traced = "book.reader")]
        reader: Option<String>,
    },
    #[field(5)]
    Kept(#[field(traced = "book.shelf")] u64),
}

#[message]
pub struct Plain {
    pub text: String,
    pub many: Vec<Book>,
}

#[message]
pub struct Around {
    pub plain: Plain,
    pub book: Named,
}

/// What is inside is looked at through it.
#[message]
pub struct Named(Book);

struct Books;

#[service(package = "books.v1")]
impl Books {
    #[rpc(traced(
        book.id = book.id,
        "book.type" = "paper",
        book.next = book.next.is_some(),
        tags = ?book.tags,
        by = ctx.header("x-by"),
        first = book.tags.first().map(|tag| tag.0.as_str()),
        reply.id = reply.id,
    ))]
    async fn put(&self, book: Book, ctx: &Context) -> Result<Book, Error> {
        Ok(book)
    }

    #[rpc(traced(id, %name, sum = id + u64::try_from(name.len()).unwrap_or(0)))]
    async fn several(&self, id: u64, name: String) {}

    #[rpc(traced(by = ?ctx.header("x-by"), text = format!("{name}")))]
    async fn beside(&self, ctx: &Context, name: String) {}

    #[rpc(traced(by = ctx.header("x-by"), id = reply.id))]
    async fn after(&self, ctx: &Context) -> Book {
        Book::default()
    }

    #[rpc(traced(none = Option::<bool>::None, big = u64::MAX))]
    async fn stream(&self, books: Streaming<Book>) -> impl Stream<Item = Result<Book, Error>> + Send {
        books
    }
}

fn is_service<S: Service>(_: &S) {}

fn main() {
    let books = Books;
    is_service(&books);
    const { assert!(Book::TRACED && Around::TRACED && !Plain::TRACED) };
    let mut all = Attributes::default();
    let state = Some(State::Kept(7));
    let book = Book { id: 1, tags: vec![Tag("a".to_owned())], next: None, state };
    Around { plain: Plain::default(), book: Named(book) }.trace_fields(&mut all);
    let all = format!("{all:?}");
    for part in ["book.id", "I64(1)", "book.tags", "Texts([\"a\"])", "book.shelf", "I64(7)"] {
        assert!(all.contains(part), "{part} in {all}");
    }
    assert!(!all.contains("book.reader"), "{all}");
}
