#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(package = "a.v1", path = "/ping")]
    async fn ping(&self) {}
}

fn main() {}
