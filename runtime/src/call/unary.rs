//! A call from its undecoded body to its encoded reply, around a method of the user's: one boxed future.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use pin_project_lite::pin_project;

use super::guard::{Guard, GuardedStream};
use super::reply::{Encoded, EncodedBody};
use super::{BoxFuture, Call, Context, Reply};
use crate::message::Message;
use crate::service::Outcome;
use crate::surface::{Encoder, Requests};
use crate::{Error, Result};

/// One message in, one message out.
pub(crate) fn serve_unary<Req, Out, F, Fut>(call: Call, f: F) -> BoxFuture<'static, Result<Reply>>
where
    Req: Message,
    Out: Outcome,
    F: FnOnce(Context, Req) -> Fut + Send + 'static,
    Fut: Future<Output = Out> + Send + 'static,
{
    let (context, body, limit, codec) = call.into_parts();
    Box::pin(Guard::new(context.clone(), async move {
        let request = codec.read::<Req>(body, limit).await?;
        let reply = f(context, request).await.into_reply()?;
        let bytes = codec.write(&reply.message)?;
        Ok(Reply { message: Encoded { body: EncodedBody::Unary(bytes) }, meta: reply.meta })
    }))
}

/// Many messages out, for any number in. Over a surface that has no streams this is an error.
pub(crate) fn serve_stream<Req, Rep, F, S>(call: Call, f: F) -> BoxFuture<'static, Result<Reply>>
where
    Req: Message,
    Rep: Message,
    F: FnOnce(Context, Requests<Req>) -> S + Send + 'static,
    S: Stream<Item = Result<Rep>> + Send + 'static,
{
    let (context, body, limit, codec) = call.into_parts();
    Box::pin(Guard::new(context.clone(), async move {
        let Some((requests, encoder)) = codec.stream(body, limit) else {
            return Err(Error::needs_streams());
        };
        let stream = Encoding { stream: f(context.clone(), requests), encoder };
        let stream = EncodedBody::Stream(Box::pin(GuardedStream::new(context, stream)));
        Ok(Reply::new(Encoded { body: stream }))
    }))
}

pin_project! {
    /// A stream of messages as a stream of what goes on the wire.
    struct Encoding<S> {
        #[pin]
        stream: S,
        encoder: Encoder,
    }
}

impl<S, M> Stream for Encoding<S>
where
    S: Stream<Item = Result<M>>,
    M: Message,
{
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Option<Result<Bytes>>> {
        let this = self.project();
        let item = ready!(this.stream.poll_next(cx));
        Poll::Ready(item.map(|item| item.and_then(|message| this.encoder.write(&message))))
    }
}
