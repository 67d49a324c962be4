//! What an `#[rpc]` method may return.

use crate::call::Reply;
use crate::error::Reason;
use crate::message::Message;
use crate::{Error, Result};

/// What an `#[rpc]` method may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by an `#[rpc]` method",
    label = "expected a `#[message]` type, `Reply<T>`, or a `Result` of one of them whose error has `#[error_reason]`",
    note = "a stream is written `impl Stream<Item = Result<T, E>> + Send`, alone, in a `Reply` or in a `Result`",
    note = "`bident::Error` and `anyhow::Error` are such errors by themselves"
)]
pub trait Outcome: Send {
    /// The reply message on the wire.
    type Message: Message;
    /// The method's own errors, as a client gets them back.
    type Error: Reason;
    /// Whether there may be any number of messages.
    const STREAMS: bool;
}

/// What a method with one reply may return.
pub trait IntoReply: Outcome {
    /// The one shape that the call layer works with.
    ///
    /// # Errors
    /// What the method returned as its error.
    fn into_reply(self) -> Result<Reply<Self::Message>>;
}

#[diagnostic::do_not_recommend]
impl<M: Message> Outcome for M {
    type Message = M;
    type Error = Error;
    const STREAMS: bool = false;
}

impl<M: Message> Outcome for Reply<M> {
    type Message = M;
    type Error = Error;
    const STREAMS: bool = false;
}

impl<M: Message, E: Reason> Outcome for std::result::Result<M, E> {
    type Message = M;
    type Error = E;
    const STREAMS: bool = false;
}

impl<M: Message, E: Reason> Outcome for std::result::Result<Reply<M>, E> {
    type Message = M;
    type Error = E;
    const STREAMS: bool = false;
}

impl<M: Message> IntoReply for M {
    fn into_reply(self) -> Result<Reply<M>> {
        Ok(Reply::new(self))
    }
}

impl<M: Message> IntoReply for Reply<M> {
    fn into_reply(self) -> Result<Self> {
        Ok(self)
    }
}

impl<M: Message, E: Reason> IntoReply for std::result::Result<M, E> {
    fn into_reply(self) -> Result<Reply<M>> {
        self.map(Reply::new).map_err(Reason::into_error)
    }
}

impl<M: Message, E: Reason> IntoReply for std::result::Result<Reply<M>, E> {
    fn into_reply(self) -> Result<Reply<M>> {
        self.map_err(Reason::into_error)
    }
}
