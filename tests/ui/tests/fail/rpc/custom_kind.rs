#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(custom(kind = "no verb", path = "/ping"))]
    async fn ping(&self) {}
}

fn main() {}
