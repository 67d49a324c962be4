struct Greeter;

#[bident::service(package = "a.v1",, linked)]
impl Greeter {
    #[rpc]
    async fn ping(&self) {}
}

fn main() {}
