#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(get = "/v1/{the id}")]
    async fn ping(&self, id: String) {}
}

fn main() {}
