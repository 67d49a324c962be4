trait Greeter {}

#[bident::service(package = "a.v1")]
impl dyn Greeter {
    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
