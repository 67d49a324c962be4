//! What an `#[rpc]` method may return.

use std::convert::Infallible;

use crate::call::Reply;
use crate::error::Reason;
use crate::message::Message;
use crate::{Error, Result};

/// What an `#[rpc]` method may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by an `#[rpc]` method",
    label = "expected a `#[message]` type, `Reply<T>`, or a `Result` of one of them whose error has `#[error_reason]`",
    note = "a stream (`StreamOf` in here) is written `impl Stream<Item = Result<T, E>> + Send`, alone, in a `Reply` or in a `Result`; its items are messages, or `Result`s of one whose error has `#[error_reason]`",
    note = "`bident::Error` and `anyhow::Error` are such errors by themselves"
)]
pub trait Outcome: Form + Send {
    /// The reply message on the wire.
    type Message: Message;
    /// The method's own errors, as a client gets them back.
    type Error: Reason;
    /// Those that end a stream.
    type ItemError: Reason;
    /// Whether there may be any number of messages.
    const STREAMS: bool;

    /// The one shape that the call layer works with. Nothing of the kind is there to be asked where it streams.
    ///
    /// # Errors
    /// What the method returned as its error.
    fn into_reply(self) -> Result<Reply<Self::Message>>;

    /// The one reply, where there is one.
    #[doc(hidden)]
    fn message(&self) -> Option<&Self::Message> {
        None
    }

    /// The message of one item, which is the one that describes the reply.
    ///
    /// # Errors
    /// The item itself, where it is one.
    #[doc(hidden)]
    fn item(item: Self::Item) -> Result<Self::Message>;

    /// What was returned in place of a stream.
    #[doc(hidden)]
    fn refusal(refusal: Self::Refusal) -> Error;
}

/// The parts of what a method returns, whether or not they may be that: asking for them reports no mistake once more.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by an `#[rpc]` method",
    label = "expected a `#[message]` type, `Reply<T>`, or a `Result` of one of them whose error has `#[error_reason]`",
    note = "a stream (`StreamOf` in here) is written `impl Stream<Item = Result<T, E>> + Send`, alone, in a `Reply` or in a `Result`; its items are messages, or `Result`s of one whose error has `#[error_reason]`",
    note = "`bident::Error` and `anyhow::Error` are such errors by themselves"
)]
pub trait Form {
    /// One message, or an item of the stream.
    type Item;
    /// What may be returned in place of a reply or a stream.
    type Refusal;
}

/// The two impls of one form of a return type with one message.
macro_rules! one {
    ($([$($error:ident)?] $form:ty, $errors:ty, $refusal:ty, $into:expr, $message:expr;)*) => {
        $(#[diagnostic::do_not_recommend]
        impl<M: Message, $($error)?> Form for $form {
            type Item = M;
            type Refusal = $refusal;
        }

        #[diagnostic::do_not_recommend]
        impl<M: Message, $($error: Reason)?> Outcome for $form {
            type Message = M;
            type Error = $errors;
            type ItemError = $errors;
            const STREAMS: bool = false;

            fn into_reply(self) -> Result<Reply<M>> {
                let into: fn(Self) -> Result<Reply<M>> = $into;
                into(self)
            }

            fn message(&self) -> Option<&M> {
                let message: fn(&Self) -> Option<&M> = $message;
                message(self)
            }

            fn item(message: M) -> Result<M> {
                Ok(message)
            }

            fn refusal(refusal: $refusal) -> Error {
                refusal.into_error()
            }
        })*
    };
}

one! {
    [] M, Error, Infallible, |message| Ok(Reply::new(message)), |message| Some(message);
    [] Reply<M>, Error, Infallible, Ok, |reply| Some(&reply.message);
    [E] std::result::Result<M, E>, E, E, |result| result.map(Reply::new).map_err(Reason::into_error), |result| result.as_ref().ok();
    [E] std::result::Result<Reply<M>, E>, E, E, |result| result.map_err(Reason::into_error), |result| result.as_ref().ok().map(|reply| &reply.message);
}
