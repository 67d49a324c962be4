#[bident::service(package = "a.v1")]
trait Greeting {
    #[rpc]
    async fn ping(&self);
}

struct Greeter;

impl Greeting for Greeter {
    async fn ping(&self) {}
}

fn main() {
    bident::App::new("a").service(GreetingServer(Greeter).with_hooks());
}
