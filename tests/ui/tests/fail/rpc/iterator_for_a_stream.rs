#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn watch(&self) -> impl Iterator<Item = ()> + Send {
        [()].into_iter()
    }
}

fn main() {}
