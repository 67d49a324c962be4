#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1", linked)]
impl Greeter {
    #[construct]
    async fn new(config: &bident::Config) -> u32 {
        1
    }

    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
