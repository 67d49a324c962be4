#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn ping(&self, at: std::cell::Cell<u32>) {}
}

fn main() {}
