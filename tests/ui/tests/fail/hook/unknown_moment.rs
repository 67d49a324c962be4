struct Greeter;

#[bident::service(hooks)]
impl Greeter {
    #[hook(before_lunch)]
    async fn open(&self) -> bident::Result {
        Ok(())
    }

}

fn main() {}
