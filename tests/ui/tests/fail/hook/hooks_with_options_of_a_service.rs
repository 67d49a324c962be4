struct Greeter;

#[bident::service(hooks, package = "a.v1", name = "A", linked, deprecated)]
impl Greeter {
    #[hook(before_start)]
    async fn open(&self) -> bident::Result {
        Ok(())
    }

}

fn main() {}
