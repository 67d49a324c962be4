#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(get = "/v1/{name}")]
    async fn one(&self, name: String) {}

    #[rpc(get = "/v1/{id}")]
    async fn two(&self, id: String) {}
}

fn main() {}
