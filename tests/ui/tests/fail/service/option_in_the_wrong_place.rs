struct Greeter;

#[bident::service(package = "a.v1", timeout = "5s")]
impl Greeter {
    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
