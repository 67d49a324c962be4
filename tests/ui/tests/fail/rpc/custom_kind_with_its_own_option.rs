#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(custom(kind = "GET", path = "/ping"))]
    async fn ping(&self) {}
}

fn main() {}
