//! What a method with streams takes and returns, in types. Nothing is told by its spelling but the keyword `impl`: where a
//! type must be named, the macro writes [`StreamOf`] in place of `impl Stream<Item = X>`.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::task::{Context as Task, Poll};

use futures_core::Stream;

use super::{Arg, Form, Outcome, Signature};
use crate::__private::record;
use crate::Result;
use crate::call::{Answers, Body, Context, Meta, Reply, Streaming};
use crate::error::Reason;
use crate::message::{Message, shown};
use crate::surface::Codec;

/// How the request of a method arrives: as one message, or as a stream of them.
pub trait Input: Sized + Send + 'static {
    /// The message on the wire.
    type Message: Message;
    /// Whether there may be any number of them.
    const STREAMS: bool;

    /// Reads it.
    #[doc(hidden)]
    fn read(incoming: Incoming<'_>) -> impl Future<Output = Result<Self>> + Send;

    /// For the log, without secrets; `None` for a stream.
    #[doc(hidden)]
    fn shown(&self) -> Option<String> {
        None
    }

    /// Puts its `traced` fields on the call's span. Many messages are many values, of which none is the call's.
    #[doc(hidden)]
    fn trace(&self, _context: &Context) {}

    /// As a client sends it.
    #[doc(hidden)]
    fn given(self) -> Given<Self::Message>;
}

/// Puts the `traced` fields of a message on the call's span. Whose message has none pays nothing.
#[inline]
pub(crate) fn trace_fields<M: Message>(context: &Context, message: &M) {
    if <M as Message>::TRACED {
        record(context, |to| Message::trace_fields(message, to));
    }
}

/// A request that has not been sent.
#[doc(hidden)]
pub enum Given<M> {
    One(M),
    Many(Streaming<M>),
}

/// A request that has not been read.
#[doc(hidden)]
pub struct Incoming<'a> {
    codec: &'a Codec,
    body: &'a mut Body,
    limit: usize,
}

impl<'a> Incoming<'a> {
    pub(crate) fn new(codec: &'a Codec, body: &'a mut Body, limit: usize) -> Self {
        Self { codec, body, limit }
    }
}

#[diagnostic::do_not_recommend]
impl<M: Message> Input for M {
    type Message = M;
    const STREAMS: bool = false;

    async fn read(incoming: Incoming<'_>) -> Result<M> {
        let read = incoming.codec.read(incoming.body, incoming.limit).await;
        if read.is_err() {
            Box::pin(std::mem::take(incoming.body).drain()).await;
        }
        read
    }

    fn shown(&self) -> Option<String> {
        Some(shown(self))
    }

    #[inline]
    fn trace(&self, context: &Context) {
        trace_fields(context, self);
    }

    fn given(self) -> Given<M> {
        Given::One(self)
    }
}

impl<M: Message> Input for Streaming<M> {
    type Message = M;
    const STREAMS: bool = true;

    async fn read(incoming: Incoming<'_>) -> Result<Self> {
        incoming.codec.requests(std::mem::take(incoming.body).attended(), incoming.limit)
    }

    fn given(self) -> Given<M> {
        Given::Many(self)
    }
}

impl<N, M: Message> Arg<N> for Streaming<M> {
    type Request = Self;

    fn from_request(request: Self) -> Self {
        request
    }

    fn into_request(self) -> Self {
        self
    }
}

/// Stands for `impl Stream<Item = X>` where that cannot be written.
pub struct StreamOf<X>(Infallible, PhantomData<fn() -> X>);

/// An item of a method's stream: a message, or a `Result` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an item of a stream that an `#[rpc]` method returns",
    label = "expected a `#[message]` type, or a `Result` of one whose error has `#[error_reason]`"
)]
pub trait Item: Send {
    /// The message on the wire.
    type Message: Message;
    /// The errors that end the stream, as a client gets them back.
    type Error: Reason;

    /// The message, or what ends the stream.
    ///
    /// # Errors
    /// The item itself, where it is one.
    fn into_message(self) -> Result<Self::Message>;
}

#[diagnostic::do_not_recommend]
impl<M: Message> Item for M {
    type Message = M;
    type Error = crate::Error;

    fn into_message(self) -> Result<M> {
        Ok(self)
    }
}

impl<M: Message, E: Reason> Item for std::result::Result<M, E> {
    type Message = M;
    type Error = E;

    fn into_message(self) -> Result<M> {
        self.map_err(Reason::into_error)
    }
}

/// The two impls of one form of a return type with a stream.
macro_rules! streams {
    ($([$($error:ident)?] $form:ty, $errors:ty, $refusal:ty, $into:expr;)*) => {
        $(#[diagnostic::do_not_recommend]
        impl<X, $($error)?> Form for $form {
            type Item = X;
            type Refusal = $refusal;
        }

        #[diagnostic::do_not_recommend]
        impl<X: Item, $($error: Reason)?> Outcome for $form {
            type Message = X::Message;
            type Error = $errors;
            type ItemError = X::Error;
            const STREAMS: bool = true;

            fn into_reply(self) -> Result<Reply<X::Message>> {
                let into: fn(Self) -> Result<Reply<X::Message>> = $into;
                into(self)
            }

            fn item(item: X) -> Result<X::Message> {
                item.into_message()
            }

            fn refusal(refusal: $refusal) -> crate::Error {
                refusal.into_error()
            }
        })*
    };
}

streams! {
    [] StreamOf<X>, X::Error, Infallible, |stream| match stream.0 {};
    [] Reply<StreamOf<X>>, X::Error, Infallible, |reply| match reply.message.0 {};
    [E] std::result::Result<StreamOf<X>, E>, E, E, |result| match result {
        Ok(stream) => match stream.0 {},
        Err(error) => Err(error.into_error()),
    };
    [E] std::result::Result<Reply<StreamOf<X>>, E>, E, E, |result| match result {
        Ok(reply) => match reply.message.0 {},
        Err(error) => Err(error.into_error()),
    };
}

/// Where the stream goes that a method returned.
pub struct Sending<S> {
    answers: Answers,
    signature: PhantomData<fn() -> S>,
}

impl<S: Signature> Sending<S> {
    pub(crate) fn to(answers: Answers) -> Self {
        Self { answers, signature: PhantomData }
    }

    /// Sends what a method returned, to the end.
    ///
    /// # Errors
    /// The method's own, the stream's, or that of a message which has no encoding. Each ends the call.
    pub async fn send<Kind, Returned>(self, returned: Returned) -> Result<()>
    where
        Returned: IntoItems<Kind, <S::Output as Form>::Refusal, Item = <S::Output as Form>::Item>,
    {
        let Reply { message: items, meta } =
            returned.into_items().map_err(<S::Output as Outcome>::refusal)?;
        let mut head = self.answers.begin(meta);
        let mut items = pin!(items);
        poll_fn(|cx| self.poll_send::<Kind, Returned>(cx, items.as_mut(), &mut head)).await
    }

    /// Apart from the future above: what that names has to be right before the compiler looks into it, and a mistake would
    /// be told twice.
    fn poll_send<Kind, Returned>(
        &self,
        cx: &mut Task<'_>,
        items: Pin<&mut Returned::Items>,
        head: &mut Option<Meta>,
    ) -> Poll<Result<()>>
    where
        Returned: IntoItems<Kind, <S::Output as Form>::Refusal, Item = <S::Output as Form>::Item>,
    {
        self.answers.poll_send(cx, items, head, <S::Output as Outcome>::item)
    }
}

/// What a method that streams did return. `Kind` tells the forms apart, so that one may be implemented beside the other; it
/// is always inferred. What may be an item or an error is asked of the signature, and not once more in here.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no stream that an `#[rpc]` method can return",
    label = "expected `impl Stream<Item = Result<T, E>> + Send`, alone, in a `Reply` or in a `Result`"
)]
pub trait IntoItems<Kind, E> {
    /// One item.
    type Item;
    /// The stream.
    type Items: Stream<Item = Self::Item>;

    /// The one shape that is sent.
    ///
    /// # Errors
    /// What the method returned in place of a stream.
    fn into_items(self) -> Result<Reply<Self::Items>, E>;
}

/// The stream alone.
pub struct Alone(());
/// In a [`Reply`].
pub struct InReply(());
/// In a `Result`.
pub struct InResult(());
/// In a [`Reply`] in a `Result`.
pub struct InResultOfReply(());

#[diagnostic::do_not_recommend]
impl<S: Stream, E> IntoItems<Alone, E> for S {
    type Item = S::Item;
    type Items = S;

    fn into_items(self) -> Result<Reply<S>, E> {
        Ok(Reply::new(self))
    }
}

#[diagnostic::do_not_recommend]
impl<S: Stream, E> IntoItems<InReply, E> for Reply<S> {
    type Item = S::Item;
    type Items = S;

    fn into_items(self) -> Result<Self, E> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<S: Stream, E> IntoItems<InResult, E> for std::result::Result<S, E> {
    type Item = S::Item;
    type Items = S;

    fn into_items(self) -> Result<Reply<S>, E> {
        self.map(Reply::new)
    }
}

#[diagnostic::do_not_recommend]
impl<S: Stream, E> IntoItems<InResultOfReply, E> for std::result::Result<Reply<S>, E> {
    type Item = S::Item;
    type Items = S;

    fn into_items(self) -> Self {
        self
    }
}
