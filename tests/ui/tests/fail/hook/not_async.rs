struct Greeter;

#[bident::service(hooks)]
impl Greeter {
    #[hook(before_start)]
    fn open(&self) -> bident::Result {
        Ok(())
    }

}

fn main() {}
