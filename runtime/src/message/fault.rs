//! What is wrong with an input, and where.

use std::borrow::Cow;
use std::fmt;

use crate::Error;

/// A decoding mistake with the path of the field it was found in: `items[2].name: invalid UTF-8`.
pub struct Fault(Box<Inner>);

struct Inner {
    /// Innermost segment first; an index is `[2]`.
    path: Vec<Cow<'static, str>>,
    what: Cow<'static, str>,
}

impl Fault {
    /// A mistake at the value at hand.
    #[cold]
    pub fn new(what: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner { path: Vec::new(), what: what.into() }))
    }

    /// The same mistake, seen from one level further out.
    #[cold]
    #[must_use]
    pub fn within(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.0.path.push(field.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.path.iter().rev().enumerate() {
            if position > 0 && !segment.starts_with('[') {
                f.write_str(".")?;
            }
            f.write_str(segment)?;
        }
        if !self.0.path.is_empty() {
            f.write_str(": ")?;
        }
        f.write_str(&self.0.what)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({self})")
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Error::codec(fault.to_string())
    }
}
