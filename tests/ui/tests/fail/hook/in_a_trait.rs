#[bident::service(package = "a.v1")]
trait Ping {
    #[hook(before_start)]
    async fn open(&self) -> bident::Result;

    #[rpc]
    async fn ping(&self);
}

fn main() {}
