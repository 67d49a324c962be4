#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(post = "/ping/{id}", body = "id")]
    async fn ping(&self, id: String) {}
}

fn main() {}
