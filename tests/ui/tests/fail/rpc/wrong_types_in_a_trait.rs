#![allow(unused)]

#[bident::service(package = "a.v1")]
trait Greeter: Send + Sync + 'static {
    #[rpc]
    async fn ping(&self, at: std::sync::Arc<str>) -> Result<std::sync::Arc<str>, bident::Error>;

    #[rpc]
    async fn pong(&self) -> Result<(), String>;
}

fn main() {}
