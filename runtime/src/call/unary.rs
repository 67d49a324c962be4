//! A call from its undecoded body to its encoded reply, around a method of the user's: one boxed future.

use std::future::Future;

use super::guard::Guard;
use super::reply::{Encoded, EncodedBody};
use super::{BoxFuture, Call, Context, Reply};
use crate::Result;
use crate::message::Message;
use crate::service::{Incoming, Input, Outcome, trace_fields};

/// One message out, for one or many in.
pub(crate) fn serve_unary<In, Out, F, Fut>(call: Call, f: F) -> BoxFuture<'static, Result<Reply>>
where
    In: Input,
    Out: Outcome,
    F: FnOnce(Context, In) -> Fut + Send + 'static,
    Fut: Future<Output = Out> + Send + 'static,
{
    let (context, mut body, limit, codec) = call.into_parts();
    Box::pin(Guard::new(context.clone(), async move {
        let request = In::read(Incoming::new(&codec, &mut body, limit)).await?;
        drop(body);
        context.show(&request);
        request.trace(&context);
        let traced = <Out::Message as Message>::TRACED.then(|| context.clone());
        let mut reply = f(context, request).await.into_reply()?;
        if let Some(context) = traced {
            trace_fields(&context, &reply.message);
        }
        let bytes = codec.write(&reply.message, &mut reply.meta)?;
        Ok(Reply { message: Encoded { body: EncodedBody::Unary(bytes) }, meta: reply.meta })
    }))
}
