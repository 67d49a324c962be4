struct Greeter;

#[bident::service()]
impl Greeter {
    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
