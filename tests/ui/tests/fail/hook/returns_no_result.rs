struct Greeter;

#[bident::service(hooks)]
impl Greeter {
    #[hook(before_start)]
    async fn open(&self) -> u32 {
        1
    }
}

fn main() {}
