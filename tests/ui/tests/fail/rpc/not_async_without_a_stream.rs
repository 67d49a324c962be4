#![allow(unused)]

use bident::prelude::*;

type Boxed = std::pin::Pin<Box<dyn Stream<Item = ()> + Send>>;

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    fn watch(&self) -> Boxed {
        loop {}
    }
}

fn main() {}
