#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(name = "Say Hello")]
    async fn ping(&self) {}
}

fn main() {}
