struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    #[hook(before_start)]
    async fn ping(&self) {}

    #[rpc]
    async fn pong(&self) {}
}

fn main() {}
