#![allow(unused)]

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc(post(path = "/{at}/{of}", body = "name", response_body = "text"))]
    async fn ping(&self, at: std::sync::Arc<str>) -> std::sync::Arc<str> {
        at
    }
}

fn main() {}
