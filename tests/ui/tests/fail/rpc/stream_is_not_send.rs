#![allow(unused)]

use bident::prelude::*;

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn watch(&self) -> impl Stream<Item = ()> {
        Local(std::rc::Rc::new(1))
    }
}

struct Local(std::rc::Rc<u32>);

impl Stream for Local {
    type Item = ();

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<()>> {
        std::task::Poll::Pending
    }
}

fn main() {}
