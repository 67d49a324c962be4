#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1", pakage = "b")]
impl Greeter {
    #[rpc(gett = "/a", timeout = "soon")]
    fn one(self, value: impl Copy) {}

    #[rpc(get = "/v1//x")]
    async fn two(&self) {}

    #[hook(someday)]
    async fn three(&self) {}
}

impl Greeter {
    fn still_there(self) {
        self.one(1);
    }
}

fn main() {}
