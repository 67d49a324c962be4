#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1", linked)]
impl Greeter {
    #[construct(first)]
    async fn new(config: &bident::Config) -> bident::Result<Self> {
        Ok(Self)
    }

    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
