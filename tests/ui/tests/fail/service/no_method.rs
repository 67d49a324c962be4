struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    async fn ping(&self) {}
}

fn main() {}
