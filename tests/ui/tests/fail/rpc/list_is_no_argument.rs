#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn ping(&self, at: Vec<std::sync::Arc<str>>) {}
}

fn main() {}
