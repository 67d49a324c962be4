//! Reasons as types: what `#[error_reason]` implements, and what a client gets back.

use std::fmt;

use super::{Error, reasons};

/// A type whose values are reasons: `#[error_reason]` writes this impl.
///
/// A reason becomes an [`Error`] by `From`, with its `Display` text as the message and its named fields as metadata; a
/// client rebuilds the value from the error that came over the wire.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error that a method can return",
    label = "expected a `#[error_reason]` type, `bident::Error` or `anyhow::Error`",
    note = "put `#[error_reason]` on the enum, or return `bident::Error`"
)]
pub trait Reason: Sized + Send + 'static {
    /// Whether every error is of this type, as with [`Error`] itself: a transparent variant over such a type passes errors
    /// on and is never rebuilt from one.
    const CATCHES_ALL: bool = false;

    /// The reason alone: `error.type` on spans.
    fn reason(&self) -> &str;

    /// The error as it leaves a handler.
    fn into_error(self) -> Error;

    /// The value that an error from the wire stands for, or the error itself where it is none of this type's.
    ///
    /// # Errors
    /// The same error, when its domain or reason is not of this type or its metadata does not parse.
    fn from_error(error: Error) -> Result<Self, Error>;
}

impl Reason for Error {
    const CATCHES_ALL: bool = true;

    fn reason(&self) -> &str {
        Self::reason(self)
    }

    fn into_error(self) -> Error {
        self
    }

    fn from_error(error: Error) -> Result<Self, Error> {
        Ok(error)
    }
}

impl Reason for anyhow::Error {
    const CATCHES_ALL: bool = true;

    fn reason(&self) -> &str {
        self.downcast_ref::<Error>().map_or(reasons::INTERNAL, Error::reason)
    }

    fn into_error(self) -> Error {
        self.into()
    }

    fn from_error(error: Error) -> Result<Self, Error> {
        Ok(error.into())
    }
}

/// A method that cannot fail by itself.
impl Reason for std::convert::Infallible {
    fn reason(&self) -> &str {
        match *self {}
    }

    fn into_error(self) -> Error {
        match self {}
    }

    fn from_error(error: Error) -> Result<Self, Error> {
        Err(error)
    }
}

/// What a client's call fails with.
pub enum CallError<E> {
    /// One of the method's own reasons.
    Reason(E),
    /// Anything else: another reason, a broken connection, a deadline.
    Other(Error),
}

impl<E: Reason> CallError<E> {
    /// Sorts an error that came from the wire.
    pub fn from_error(error: Error) -> Self {
        match E::from_error(error) {
            Ok(reason) => Self::Reason(reason),
            Err(error) => Self::Other(error),
        }
    }
}

impl<E: From<Error>> CallError<E> {
    /// The method's own error type, where that has a place for every other error: what forwards a call answers with the
    /// same type.
    pub fn flatten(self) -> E {
        match self {
            Self::Reason(reason) => reason,
            Self::Other(error) => error.into(),
        }
    }
}

/// A handler may pass on what a call of its own failed with, code and reason kept.
impl<E: Reason> Reason for CallError<E> {
    const CATCHES_ALL: bool = true;

    fn reason(&self) -> &str {
        match self {
            Self::Reason(reason) => reason.reason(),
            Self::Other(error) => error.reason(),
        }
    }

    fn into_error(self) -> Error {
        self.into()
    }

    fn from_error(error: Error) -> Result<Self, Error> {
        Ok(Self::from_error(error))
    }
}

/// `?` in a handler passes the error on with its code and reason.
impl<E: Reason> From<CallError<E>> for Error {
    fn from(error: CallError<E>) -> Self {
        match error {
            CallError::Reason(reason) => reason.into_error(),
            CallError::Other(error) => error,
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reason(reason) => f.debug_tuple("Reason").field(reason).finish(),
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reason(reason) => reason.fmt(f),
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for CallError<E> {}
