#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(post = "/v1/{name}", body = "bok")]
    async fn ping(&self, name: String, book: String) {}
}

fn main() {}
