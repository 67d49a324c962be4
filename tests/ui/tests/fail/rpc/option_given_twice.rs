#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(timeout = "5s", timeout = "6s")]
    async fn ping(&self) {}
}

fn main() {}
