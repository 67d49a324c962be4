#![allow(unused)]

use bident::prelude::*;

struct Greeter;

#[bident::service(package = "a.v1")]
impl Greeter {
    #[rpc]
    async fn watch(&self) -> impl Stream<Item = std::sync::Arc<str>> + Send {
        Endless(std::marker::PhantomData)
    }
}

fn main() {}

struct Endless<T>(std::marker::PhantomData<T>);

impl<T> Stream for Endless<T> {
    type Item = T;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<T>> {
        std::task::Poll::Pending
    }
}
