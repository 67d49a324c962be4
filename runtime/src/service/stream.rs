//! What a method with streams takes and returns, in types. Nothing is told by its spelling but the keyword `impl`: where a
//! type must be named, the macro writes [`StreamOf`] in place of `impl Stream<Item = X>`.

use std::future::Future;
use std::marker::PhantomData;

use futures_core::Stream;

use super::{Arg, Outcome};
use crate::Result;
use crate::call::{Body, Reply, Streaming};
use crate::error::Reason;
use crate::message::Message;
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

    /// As a client sends it.
    #[doc(hidden)]
    fn given(self) -> Given<Self::Message>;
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
        incoming.codec.read(incoming.body, incoming.limit).await
    }

    fn given(self) -> Given<M> {
        Given::One(self)
    }
}

impl<M: Message> Input for Streaming<M> {
    type Message = M;
    const STREAMS: bool = true;

    async fn read(incoming: Incoming<'_>) -> Result<Self> {
        incoming.codec.requests(std::mem::take(incoming.body), incoming.limit)
    }

    fn given(self) -> Given<M> {
        Given::Many(self)
    }
}

#[diagnostic::do_not_recommend]
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
pub struct StreamOf<X>(PhantomData<fn() -> X>);

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

/// What a method that streams may return, with [`StreamOf`] for the stream.
pub trait Streams: Outcome {
    /// The errors that end the stream; [`Outcome::Error`] is those in place of one.
    type ItemError: Reason;
}

/// The two impls of one form of a return type.
macro_rules! streams {
    ($([$($error:ident)?] $form:ty, $errors:ty;)*) => {
        $(impl<X: Item, $($error: Reason)?> Outcome for $form {
            type Message = X::Message;
            type Error = $errors;
            const STREAMS: bool = true;
        }

        impl<X: Item, $($error: Reason)?> Streams for $form {
            type ItemError = X::Error;
        })*
    };
}

streams! {
    [] StreamOf<X>, X::Error;
    [] Reply<StreamOf<X>>, X::Error;
    [E] std::result::Result<StreamOf<X>, E>, E;
    [E] std::result::Result<Reply<StreamOf<X>>, E>, E;
}

/// What a method that streams did return. `Kind` tells the forms apart, so that one may be implemented beside the other; it
/// is always inferred.
pub trait IntoItems<Kind> {
    /// One item.
    type Item: Item;
    /// All of them.
    type Items: Stream<Item = Self::Item> + Send;

    /// The one shape that the call layer works with.
    ///
    /// # Errors
    /// What the method returned in place of a stream.
    fn into_items(self) -> Result<Reply<Self::Items>>;
}

/// The stream alone.
pub struct Alone(());
/// In a [`Reply`].
pub struct InReply(());
/// In a `Result`.
pub struct InResult(());
/// In a [`Reply`] in a `Result`.
pub struct InResultOfReply(());

impl<S> IntoItems<Alone> for S
where
    S: Stream<Item: Item> + Send,
{
    type Item = S::Item;
    type Items = S;

    fn into_items(self) -> Result<Reply<S>> {
        Ok(Reply::new(self))
    }
}

impl<S> IntoItems<InReply> for Reply<S>
where
    S: Stream<Item: Item> + Send,
{
    type Item = S::Item;
    type Items = S;

    fn into_items(self) -> Result<Self> {
        Ok(self)
    }
}

impl<S, E: Reason> IntoItems<InResult> for std::result::Result<S, E>
where
    S: Stream<Item: Item> + Send,
{
    type Item = S::Item;
    type Items = S;

    fn into_items(self) -> Result<Reply<S>> {
        self.map(Reply::new).map_err(Reason::into_error)
    }
}

impl<S, E: Reason> IntoItems<InResultOfReply> for std::result::Result<Reply<S>, E>
where
    S: Stream<Item: Item> + Send,
{
    type Item = S::Item;
    type Items = S;

    fn into_items(self) -> Result<Reply<S>> {
        self.map_err(Reason::into_error)
    }
}
