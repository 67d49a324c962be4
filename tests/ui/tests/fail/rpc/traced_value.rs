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
    #[rpc(traced(book = book))]
    async fn put(&self, book: Book) -> Book {
        book
    }
}

fn main() {}
