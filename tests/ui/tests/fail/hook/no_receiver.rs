struct Greeter;

#[bident::service(hooks)]
impl Greeter {
    #[hook(before_start)]
    async fn open() -> bident::Result {
        Ok(())
    }

}

fn main() {}
