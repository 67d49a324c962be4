//! The user's middleware: one trait, implemented for every `async fn(Call, Next<'_>) -> Result<Reply>`.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{BoxFuture, Call, Caught, Reply};
use crate::Result;

/// Something that wraps every call.
///
/// An `async fn(Call, Next<'_>) -> bident::Result<Reply>` is one; a struct with state implements the trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a middleware",
    label = "expected an `async fn(Call, Next<'_>) -> bident::Result<Reply>`"
)]
pub trait Middleware: Send + Sync + 'static {
    /// Handles the call, usually by way of `next.run(call)`. A panic or a passed deadline below is an `Err` here.
    fn handle<'a>(&'a self, call: Call, next: Next<'a>) -> BoxFuture<'a, Result<Reply>>;
}

/// A function that returns a future for every lifetime of its `Next`.
pub trait MiddlewareFn<'a>: Fn(Call, Next<'a>) -> Self::Future {
    /// What the function returns.
    type Future: Future<Output = Result<Reply>> + Send + 'a;
}

impl<'a, F, Fut> MiddlewareFn<'a> for F
where
    F: Fn(Call, Next<'a>) -> Fut,
    Fut: Future<Output = Result<Reply>> + Send + 'a,
{
    type Future = Fut;
}

#[diagnostic::do_not_recommend]
impl<F> Middleware for F
where
    F: for<'a> MiddlewareFn<'a> + Send + Sync + 'static,
{
    fn handle<'a>(&'a self, call: Call, next: Next<'a>) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(self(call, next))
    }
}

/// What is below a middleware: the others, then the handler.
pub struct Next<'a> {
    pub(crate) rest: &'a [Arc<dyn Middleware>],
    pub(crate) end: &'a (dyn Fn(Call) -> BoxFuture<'static, Result<Reply>> + Send + Sync),
}

impl<'a> Next<'a> {
    /// Runs what is below. A panic in there is an `Err`, as a passed deadline is.
    pub fn run(self, call: Call) -> Run<'a> {
        Run(Caught::begin(|| match self.rest.split_first() {
            Some((first, rest)) => first.handle(call, Next { rest, end: self.end }),
            None => (self.end)(call),
        }))
    }
}

/// The future of what is below a middleware: see [`Next::run`].
#[must_use = "nothing below runs until this is awaited"]
pub struct Run<'a>(Caught<'a, Reply>);

impl Future for Run<'_> {
    type Output = Result<Reply>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Reply>> {
        Pin::new(&mut self.0).poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn audit(call: Call, next: Next<'_>) -> Result<Reply> {
        next.run(call).await
    }

    #[test]
    fn an_async_fn_is_a_middleware() {
        let middleware: Arc<dyn Middleware> = Arc::new(audit);
        drop(middleware);
    }
}
