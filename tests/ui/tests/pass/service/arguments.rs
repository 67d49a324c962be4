//! One message, one plain value, many, none; the context anywhere.

use bident::service::Service as _;
use bident::{Context, message, service};

#[message]
struct Book {
    id: u64,
    title: String,
}

#[message]
enum Genre {
    Unknown,
    Novel,
}

#[message]
struct Isbn(String);

struct Books;

#[service(package = "books.v1")]
impl Books {
    #[rpc]
    async fn one_message(&self, book: Book) {
        drop(book);
    }

    #[rpc]
    async fn one_value(&self, id: u64, ctx: &Context) -> Book {
        Book { id, title: ctx.operation().to_owned() }
    }

    #[rpc]
    async fn many(&self, ctx: &Context, mut id: u64, titles: Vec<String>, of: Option<Genre>) {
        id += titles.len() as u64;
        drop((ctx, id, of));
    }

    #[rpc]
    async fn messages(&self, one: Book, other: Book) -> Book {
        drop(one);
        other
    }

    #[rpc]
    async fn newtype(&self, isbn: Isbn) -> Isbns {
        Isbns { isbns: vec![isbn] }
    }

    #[rpc]
    async fn enumeration(&self, genre: Genre) {
        drop(genre);
    }

    #[rpc]
    async fn none(&self) {}
}

#[message]
struct Isbns {
    isbns: Vec<Isbn>,
}

fn main() {
    let mut types = bident::message::Types::default();
    let mut name = |input: fn(&mut _) -> _| {
        let input = input(&mut types);
        types.name(&input).to_owned()
    };
    let names: Vec<_> = Books::SPEC.methods.iter().map(|method| name(method.input)).collect();
    let expected = [
        "Book",
        "OneValueRequest",
        "ManyRequest",
        "MessagesRequest",
        "NewtypeRequest",
        "EnumerationRequest",
        "Empty",
    ];
    assert_eq!(names, expected);
}
