struct Greeter;

#[bident::service(package = "a.v1", crate)]
impl Greeter {
    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
