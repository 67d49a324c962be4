struct Greeter;

#[bident::service(hooks)]
impl Greeter {
    #[hook(before_start, before_start)]
    async fn open(&self) -> bident::Result {
        Ok(())
    }

}

fn main() {}
