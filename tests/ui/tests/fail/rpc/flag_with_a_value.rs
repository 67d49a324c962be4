#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(idempotent = true)]
    async fn ping(&self) {}
}

fn main() {}
