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
    #[rpc(traced(book.id = reply.id))]
    async fn put(&self, reply: Book) -> Book {
        reply
    }
}

fn main() {}
