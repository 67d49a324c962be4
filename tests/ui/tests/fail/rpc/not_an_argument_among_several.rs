#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn ping(&self, at: std::sync::Arc<str>, count: u32) {}
}

fn main() {}
