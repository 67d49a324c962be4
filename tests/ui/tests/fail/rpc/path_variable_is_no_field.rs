#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(get = "/v1/{nmae}/{at.line}")]
    async fn ping(&self, name: String, at: u32) {}
}

fn main() {}
