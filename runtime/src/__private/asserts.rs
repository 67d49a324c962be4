//! Bounds with messages of their own, and what generated code asks at compile time.

use crate::message::{Message, TypeRef, Types};
use crate::service::{Input, InputOf, MessageOf, Outcome, RequestOf, Shape, Signature};
use crate::{Context, Error, Result};

/// Whether a method's request has the field `name`, asked in constants.
pub const fn request_has<S: Signature>(name: &str) -> bool {
    has_field(<InputOf<S> as Message>::FIELDS, name)
}

/// The same of its reply.
pub const fn reply_has<S: Signature>(name: &str) -> bool {
    has_field(<MessageOf<S> as Message>::FIELDS, name)
}

/// Whether a method's request is one message.
pub const fn takes_one<S: Signature>() -> bool {
    !<RequestOf<S> as Input>::STREAMS
}

/// Which sides of a method stream.
pub const fn shape<S: Signature>() -> Shape {
    Shape::of(<RequestOf<S> as Input>::STREAMS, <S::Output as Outcome>::STREAMS)
}

/// Whether there are attributes for a method's span: of its own, or of the fields of its messages.
pub const fn is_traced<S: Signature>(own: bool) -> bool {
    own || <InputOf<S> as Message>::TRACED || <MessageOf<S> as Message>::TRACED
}

/// What describes a method's request.
pub const fn request<S: Signature>() -> fn(&mut Types) -> TypeRef {
    Types::enter::<InputOf<S>>
}

/// What describes a method's reply.
pub const fn reply<S: Signature>() -> fn(&mut Types) -> TypeRef {
    Types::enter::<MessageOf<S>>
}

const fn has_field(fields: &[&str], name: &str) -> bool {
    let mut at = 0;
    while at < fields.len() {
        if same(fields[at], name) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether two texts are the same, asked in constants, where `==` is not at hand.
pub(crate) const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// What a reference in a method's signature points to.
#[diagnostic::on_unimplemented(
    message = "`&{Self}` cannot be an argument of an `#[rpc]` method",
    label = "a reference is the call's context: expected `&Context`",
    note = "messages and plain values are taken by value"
)]
pub trait ContextArg {
    /// The call's context.
    fn context(context: &Context) -> &Self;
}

impl ContextArg for Context {
    fn context(context: &Context) -> &Self {
        context
    }
}

/// What a hook returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by a `#[hook]`",
    label = "expected `bident::Result`"
)]
pub trait HookOutcome {
    /// The one shape that the app works with.
    ///
    /// # Errors
    /// The hook's.
    fn into_result(self) -> Result;
}

impl<E: Into<Error>> HookOutcome for std::result::Result<(), E> {
    fn into_result(self) -> Result {
        self.map_err(Into::into)
    }
}

/// What the constructor of a linked service returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by a `#[construct]` function",
    label = "expected `bident::Result<Self>`"
)]
pub trait Constructed<S> {
    /// The one shape that the app works with.
    ///
    /// # Errors
    /// The constructor's.
    fn into_result(self) -> Result<S>;
}

impl<S, E: Into<Error>> Constructed<S> for std::result::Result<S, E> {
    fn into_result(self) -> Result<S> {
        self.map_err(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        const FIELDS: &[&str] = &["name", "id"];
        assert!(has_field(FIELDS, "id") && has_field(FIELDS, "name"));
        assert!(!has_field(FIELDS, "i") && !has_field(FIELDS, "names") && !has_field(&[], "id"));
    }
}
