struct Greeter;

impl Greeter {
    #[bident::construct]
    async fn new() {}
}

fn main() {}
