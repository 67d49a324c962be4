#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(get = "/v1/{name=users/{id}}")]
    async fn ping(&self, name: String) {}
}

fn main() {}
