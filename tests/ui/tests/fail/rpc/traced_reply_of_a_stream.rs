#![allow(unused)]

use bident::prelude::*;

#[message]
struct Book {
    id: u64,
    name: String,
}

struct Books;

#[bident::service(package = "a.v1")]
impl Books {
    #[rpc(traced(book.id = format!("{reply:?}")))]
    async fn list(&self) -> impl Stream<Item = Result<Book, Error>> + Send {
        Streaming::<Book>::from_iter([])
    }
}

fn main() {}
