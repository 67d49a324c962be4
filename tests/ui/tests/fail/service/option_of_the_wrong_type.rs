struct Greeter;

#[bident::service(package = 1, linked = true)]
impl Greeter {
    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
