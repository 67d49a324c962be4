#[bident::service(package = "a.v1")]
trait Ping: Sized {
    #[construct]
    async fn new(config: &bident::Config) -> bident::Result<Self>;

    #[rpc]
    async fn ping(&self);
}

fn main() {}
