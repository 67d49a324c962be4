#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(get = "/v1/ping*")]
    async fn ping(&self) {}
}

fn main() {}
