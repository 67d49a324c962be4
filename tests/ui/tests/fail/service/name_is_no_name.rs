struct Greeter;

#[bident::service(package = "a.v1", name = "Hello World")]
impl Greeter {
    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
