#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(post = "/ping", body = "a.b")]
    async fn ping(&self) {}
}

fn main() {}
