#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(timeout = "5 seconds")]
    async fn ping(&self) {}
}

fn main() {}
