#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn ping(&self) -> std::cell::Cell<u32> {
        std::cell::Cell::new(1)
    }
}

fn main() {}
