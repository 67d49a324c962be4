#![allow(unused)]

struct Greeter;

impl Greeter {
    #[bident::rpc(get = "/ping")]
    async fn ping(&self) {}
}

fn main() {}
