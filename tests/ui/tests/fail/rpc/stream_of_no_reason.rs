#![allow(unused)]

use bident::prelude::*;

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn watch(&self) -> impl Stream<Item = Result<(), String>> + Send {
        Streaming::<(), String>::from_iter([])
    }
}

fn main() {}
