struct Greeter;

#[bident::service(package = )]
impl Greeter {
    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
