#[bident::service(package = "a.v1")]
trait Ping<T> {
    #[rpc]
    async fn ping(&self);
}

fn main() {}
