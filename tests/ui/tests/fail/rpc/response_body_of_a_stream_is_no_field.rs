#![allow(unused)]

use bident::prelude::*;

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(get = "/v1/notes", response_body = "text")]
    async fn watch(&self) -> impl Stream<Item = Result<(), Error>> + Send {
        Streaming::<(), Error>::from_iter([])
    }
}

fn main() {}
