//! Conversions into [`Error`]: named ones only, so that a reason is never lost by accident.

use super::{BoxError, Error, Result, reasons};

fn internal(source: impl Into<BoxError>) -> Error {
    let source = source.into();
    // A kit error that travelled inside a boxed one keeps its code and reason.
    match source.downcast::<Error>() {
        Ok(error) => *error,
        Err(source) => Error::internal(reasons::INTERNAL, source.to_string()).with_source(source),
    }
}

/// An error of the kit keeps its code and reason, whatever context was put around it; any other is 500, `INTERNAL`.
///
/// Any other: a `#[error_reason]` type too, once `?` has made it an `anyhow::Error`. Where reasons matter, a method returns
/// its own reason type or [`Error`].
impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        let bare = error.chain().next().is_some_and(|outermost| outermost.is::<Self>());
        match error.downcast_ref::<Self>() {
            // The context stays below it, for the log.
            Some(known) if !bare => known.repeated().with_source(error),
            _ => error.downcast().unwrap_or_else(internal),
        }
    }
}

impl From<BoxError> for Error {
    fn from(error: BoxError) -> Self {
        internal(error)
    }
}

macro_rules! from_std {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                internal(error)
            }
        })*
    };
}

from_std! {
    std::io::Error,
    std::fmt::Error,
    std::num::ParseIntError,
    std::num::ParseFloatError,
    std::num::TryFromIntError,
    std::str::Utf8Error,
    std::string::FromUtf8Error,
    std::net::AddrParseError,
    std::time::SystemTimeError,
    serde_json::Error,
    tokio::task::JoinError,
}

/// Turns any error into an [`Error`] on purpose.
pub trait ResultExt<T> {
    /// The error becomes a 500 with the reason `INTERNAL`; its text is logged and not shown to callers.
    ///
    /// # Errors
    /// The converted error.
    fn internal(self) -> Result<T>;
}

impl<T, E: Into<BoxError>> ResultExt<T> for std::result::Result<T, E> {
    fn internal(self) -> Result<T> {
        self.map_err(internal)
    }
}
