//! A method's types, asked about in one place: a type that may not stand in a method is reported there and nowhere else.

use super::{Arg, Input, Outcome};
use crate::call::Streaming;
use crate::error::CallError;

/// What a method takes and returns. The macro writes one such type per method.
///
/// Everything else that generated code needs to know of the two types it asks of this one, which always has the answer.
pub trait Signature: Sized + 'static {
    /// The only argument; `()` for none, and a message with a field for each where there are several.
    type Input: Arg<Self>;
    /// What the method returns.
    type Output: Outcome;
}

/// How the request of a method arrives.
pub(crate) type RequestOf<S> = <<S as Signature>::Input as Arg<S>>::Request;

/// The request message of a method.
pub(crate) type InputOf<S> = <RequestOf<S> as Input>::Message;

/// The reply message of a method.
pub(crate) type MessageOf<S> = <<S as Signature>::Output as Outcome>::Message;

/// What a client's call of a method gives that answers with a stream.
pub type StreamAnswer<S> = std::result::Result<
    Streaming<MessageOf<S>, CallError<<<S as Signature>::Output as Outcome>::ItemError>>,
    CallError<<<S as Signature>::Output as Outcome>::Error>,
>;

/// What a client's call of a method gives.
pub type Answer<S> =
    std::result::Result<MessageOf<S>, CallError<<<S as Signature>::Output as Outcome>::Error>>;
