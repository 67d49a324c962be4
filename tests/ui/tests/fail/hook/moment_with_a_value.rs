struct Greeter;

#[bident::service(hooks)]
impl Greeter {
    #[hook(before_start = 1)]
    async fn open(&self) -> bident::Result {
        Ok(())
    }

}

fn main() {}
