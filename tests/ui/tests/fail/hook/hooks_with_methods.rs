#![allow(unused)]

struct Greeter;

#[bident::service(hooks)]
impl Greeter {
    #[hook(before_start)]
    async fn open(&self) -> bident::Result {
        Ok(())
    }

    #[rpc]
    async fn ping(&self) {}

    #[construct]
    async fn new(config: &bident::Config) -> bident::Result<Self> {
        Ok(Self)
    }
}

fn main() {}
