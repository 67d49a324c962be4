//! What may be an argument of an `#[rpc]` method: messages, and plain values, each the one field of a request around it.
//!
//! `#[message]` writes the impls for its enums and newtypes.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use super::{Input, RequestNames, Wrapped};
use crate::message::{Field, Message};

/// A type that may be the only argument of an `#[rpc]` method, given the names `N` that a request around it would have: a
/// message is its own request, any other value is the one field of a [`Wrapped`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of an `#[rpc]` method",
    label = "expected a `#[message]` type, a plain value, or a `Streaming` of messages",
    note = "a type of your own needs `#[message]` above its definition, also inside `Vec`, `Option` or a map"
)]
pub trait Arg<N>: Sized {
    /// How the request arrives.
    type Request: Input;

    /// The argument that the handler gets.
    fn from_request(request: Self::Request) -> Self;

    /// The request that a client sends.
    fn into_request(self) -> Self::Request;
}

#[diagnostic::do_not_recommend]
impl<N, M: Message> Arg<N> for M {
    type Request = M;

    fn from_request(request: M) -> M {
        request
    }

    fn into_request(self) -> M {
        self
    }
}

/// `impl Arg` for a type that is not a message by itself.
macro_rules! plain_arg {
    ($([$($parameter:ident),*] $value:ty),* $(,)?) => {
        $(#[diagnostic::do_not_recommend]
        impl<N: RequestNames, $($parameter),*> Arg<N> for $value
        where
            $value: Field,
        {
            type Request = Wrapped<N, $value>;

            fn from_request(request: Self::Request) -> Self {
                request.value
            }

            fn into_request(self) -> Self::Request {
                Wrapped::new(self)
            }
        })*
    };
}

plain_arg! {
    [] bool,
    [] i8, [] i16, [] i32, [] i64,
    [] u8, [] u16, [] u32, [] u64,
    [] f32, [] f64,
    [] String,
    [] bytes::Bytes,
    [] Duration,
    [] SystemTime,
    [T] Vec<T>,
    [T] Option<T>,
    [K, V, S] HashMap<K, V, S>,
    [K, V] BTreeMap<K, V>,
}

#[cfg(feature = "chrono")]
plain_arg! { [] chrono::DateTime<chrono::Utc>, [] chrono::TimeDelta }
#[cfg(feature = "decimal")]
plain_arg! { [] rust_decimal::Decimal }
#[cfg(feature = "jiff")]
plain_arg! { [] jiff::Timestamp, [] jiff::SignedDuration }
#[cfg(feature = "uuid")]
plain_arg! { [] uuid::Uuid }
