#![allow(unused)]

use bident::prelude::*;

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(post = "/v1/notes", form)]
    async fn send(&self, notes: Streaming<()>) {}
}

fn main() {}
