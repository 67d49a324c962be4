struct Greeter;

#[bident::service(package = "a.v1", pakage = "b")]
impl Greeter {
    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
