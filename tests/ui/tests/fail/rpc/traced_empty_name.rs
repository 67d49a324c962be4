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
    #[rpc(traced("" = id))]
    async fn get(&self, id: u64, name: String) -> Book {
        Book { id, name }
    }
}

fn main() {}
