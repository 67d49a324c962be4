//! Plain values as arguments: each is the one field of the request message that the macro generates.
//!
//! Messages are arguments by the impl beside [`Arg`]; `#[message]` writes the impls for its enums and newtypes.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use super::{Arg, Wraps};

/// `impl Arg` for a type that is not a message by itself.
macro_rules! plain_arg {
    ($([$($parameter:ident),*] $value:ty),* $(,)?) => {
        $(impl<G: Wraps<$value>, $($parameter),*> Arg<G> for $value {
            type Request = G;

            fn from_request(request: G) -> Self {
                request.unwrap()
            }

            fn into_request(self) -> G {
                G::wrap(self)
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
