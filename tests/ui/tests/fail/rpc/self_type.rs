#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn ping(&self, other: Vec<Self>) -> Option<Self> {
        None
    }
}

fn main() {}
