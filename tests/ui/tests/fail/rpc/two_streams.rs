#![allow(unused)]

use bident::prelude::*;

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn watch(
        &self,
    ) -> Result<impl Stream<Item = Result<(), Error>> + Send, impl std::error::Error> {
        Ok::<_, std::fmt::Error>(Streaming::<()>::from_iter([]))
    }
}

fn main() {}
