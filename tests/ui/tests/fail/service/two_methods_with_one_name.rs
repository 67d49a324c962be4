struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn ping(&self) {}

    #[rpc(name = "Ping")]
    async fn pong(&self) {}
}

fn main() {}
