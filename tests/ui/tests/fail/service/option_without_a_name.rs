struct Greeter;

#[bident::service("a.v1")]
impl Greeter {
    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
