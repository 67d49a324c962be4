#![allow(unused)]

use bident::prelude::*;

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn watch(&self) -> Result<impl Stream<Item = Result<(), Error>> + Send, String> {
        Ok(Streaming::<(), Error>::from_iter([]))
    }
}

fn main() {}
