#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(post(path = "/ping", verb = "x"))]
    async fn ping(&self) {}
}

fn main() {}
