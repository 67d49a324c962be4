#[bident::service(package = "a.v1")]
trait Ping {
    #[rpc]
    #[bident::traced]
    async fn ping(&self) {}
}

fn main() {}
