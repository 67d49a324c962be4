#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn ping() {}
    
    #[rpc]
    async fn pong(id: u32) {}
}

fn main() {}
