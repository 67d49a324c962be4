struct Greeter;

trait Ping {
    async fn ping(&self);
}

#[bident::service(package = "a.v1")]
impl Ping for Greeter {
    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
