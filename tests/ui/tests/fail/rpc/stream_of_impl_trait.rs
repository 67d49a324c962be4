#![allow(unused)]

use bident::prelude::*;

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn watch(&self) -> impl Stream<Item = impl Send> + Send {
        Streaming::<(), Error>::from_iter([])
    }
}

fn main() {}
