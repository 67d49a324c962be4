struct Greeter;

#[bident::service(hooks)]
impl Clone for Greeter {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
