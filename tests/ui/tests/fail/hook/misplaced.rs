struct Greeter;

impl Greeter {
    #[bident::hook(before_start)]
    async fn open(&self) {}
}

fn main() {}
