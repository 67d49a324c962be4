#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async extern "C" fn ping(&self) {}
}

fn main() {}
