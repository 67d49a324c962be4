#![allow(unused)]

use bident::prelude::*;

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn send(&self, name: String, notes: Streaming<()>) {}
}

fn main() {}
