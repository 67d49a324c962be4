//! Variants of every kind, structs, generics, and what is never sent.

use bident::error::Reason;
use bident::{CallError, Error, error_reason};

macro_rules! text {
    ($($ty:ty),*) => {
        $(impl std::fmt::Display for $ty {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("wrong")
            }
        })*
    };
}

#[error_reason(domain = "a.v1")]
#[derive(Debug)]
enum Wrong {
    #[error_reason(code = 404)]
    Unit,
    #[error_reason(code = 400)]
    Empty(),
    #[error_reason(code = 409, reason = "TAKEN", grpc = "ALREADY_EXISTS", expose)]
    Named { id: u64, name: String },
    #[error_reason(code = 500)]
    Tuple(#[error_reason(skip)] u32, #[error_reason(skip)] Vec<u8>),
    #[error_reason(code = 503)]
    Caused { at: u32, source: std::io::Error },
    #[error_reason(transparent)]
    Inner(Limited),
    #[error_reason(transparent)]
    Called { call: CallError<Limited> },
    #[error_reason(transparent)]
    Any(Error),
}

#[error_reason(code = 429, reason = "LIMITED", domain = "b.v1")]
#[derive(Debug)]
struct Limited {
    limit: u32,
}

#[error_reason(transparent)]
#[derive(Debug)]
struct Wrapped(Limited);

#[error_reason(code = 400)]
#[derive(Debug)]
struct Generic<T: std::fmt::Display + std::str::FromStr + Send + 'static> {
    value: T,
}

text!(Wrong, Limited, Wrapped);

impl<T: std::fmt::Display + std::str::FromStr + Send + 'static> std::fmt::Display for Generic<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is wrong", self.value)
    }
}

fn main() {
    assert_eq!(Wrong::Unit.into_error().reason(), "UNIT");
    assert_eq!(Wrong::Inner(Limited { limit: 1 }).into_error().domain(), "b.v1");
    assert_eq!(Wrapped(Limited { limit: 1 }).reason(), "LIMITED");
    assert_eq!(Error::from(Generic { value: 7_u8 }).message(), "7 is wrong");
    let again = Generic::<u8>::from_error(Error::from(Generic { value: 7_u8 }));
    assert_eq!(again.map(|generic| generic.value).ok(), Some(7));
    drop((Wrong::Empty(), Wrong::Tuple(1, vec![]), Wrong::Any(Error::internal("A", "a"))));
    drop(Wrong::Called { call: CallError::Reason(Limited { limit: 2 }) });
    drop(Wrong::Caused { at: 1, source: std::io::Error::other("x") });
    drop(Wrong::Named { id: 1, name: String::new() });
}
