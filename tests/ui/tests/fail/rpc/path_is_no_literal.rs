#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(get = PATH)]
    async fn ping(&self) {}
}

fn main() {}
