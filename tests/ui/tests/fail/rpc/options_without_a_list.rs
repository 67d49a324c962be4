#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(custom = "/ping")]
    async fn ping(&self) {}
}

fn main() {}
