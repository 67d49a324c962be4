//! What `#[error_reason]` asks of a type and of its fields.

use std::fmt::Display;
use std::str::FromStr;

use crate::Error;

/// A reason's text for people.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no text: a reason is shown by its `Display`",
    label = "expected an implementation of `Display`",
    note = "derive `thiserror::Error`, with `#[error(\"...\")]` on each variant"
)]
pub trait Text {
    /// The text.
    fn text(&self) -> String;
}

#[diagnostic::do_not_recommend]
impl<T: Display> Text for T {
    fn text(&self) -> String {
        self.to_string()
    }
}

/// A field that travels as metadata.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent with a reason",
    label = "a field that is sent needs `Display` and `FromStr`",
    note = "leave it out with `#[error_reason(skip)]`"
)]
pub trait Sent: Sized {
    /// The value as text.
    fn sent(&self) -> String;

    /// The value in an error's metadata, if it is there and can be read.
    fn rebuild(error: &Error, key: &str) -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Display + FromStr> Sent for T {
    fn sent(&self) -> String {
        self.to_string()
    }

    fn rebuild(error: &Error, key: &str) -> Option<Self> {
        error.metadata().get(key)?.parse().ok()
    }
}

/// Whether an error's reason belongs to `domain`. An empty one, on either side, matches any: Kratos sends none.
pub fn is_of_domain(error: &Error, domain: &str) -> bool {
    error.domain().is_empty() || domain.is_empty() || error.domain() == domain
}
