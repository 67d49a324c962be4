#![allow(unused)]

struct Greeter;

#[bident::service(hooks)]
impl Greeter {
    #[hook(before_start)]
    async fn open(&self, at: u32) -> bident::Result {
        Ok(())
    }

}

fn main() {}
