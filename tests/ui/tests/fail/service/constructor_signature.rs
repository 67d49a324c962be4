struct Greeter;

#[bident::service(package = "a.v1", linked)]
impl Greeter {
    #[construct]
    fn new() -> bident::Result<Self> {
        Ok(Self)
    }

    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
