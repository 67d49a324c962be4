//! A unary call from its undecoded body to its encoded reply.

use std::future::Future;

use super::{BoxFuture, Call, Context, Reply};
use crate::message::Message;
use crate::service::Outcome;
use crate::{Error, Result};

pub(crate) fn serve_unary<Req, Out, F, Fut>(call: Call, f: F) -> BoxFuture<'static, Result<Reply>>
where
    Req: Message,
    Out: Outcome,
    F: Fn(Context, Req) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Out> + Send + 'static,
{
    let _ = (call, f);
    Box::pin(async { Err(Error::method_not_found()) })
}
