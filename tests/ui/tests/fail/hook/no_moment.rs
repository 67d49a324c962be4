struct Greeter;

#[bident::service(hooks)]
impl Greeter {
    #[hook]
    async fn open(&self) -> bident::Result {
        Ok(())
    }

}

fn main() {}
