#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(response_body = "name")]
    async fn ping(&self) {}
}

fn main() {}
