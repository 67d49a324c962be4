//! Every name that generated code could lean on means something else here.
#![allow(non_camel_case_types, dead_code, reason = "the names are taken, not used")]

mod std {}
mod core {}
mod bident {}
mod kit {}
mod alloc {}
mod tracing {}
struct Option;
struct Result;
struct String;
struct Vec;
struct Box;
struct Arc;
struct Send;
struct Future;
struct Default;
struct Clone;
struct Context;
struct Error;
struct Message;
struct Service;
struct Stream;
struct Streaming;
struct Sending;
struct Item;
struct Mount;
struct Some;
struct None;
struct Ok;
struct Err;

/// Another string.
#[::kit::message(crate = ::kit)]
pub struct T {
    /// Named as a local of generated code might be.
    pub error: i64,
    /// As another.
    pub request: i64,
    /// As another.
    pub context: i64,
    /// As another.
    pub out: i64,
    /// As another.
    pub types: i64,
    /// As another.
    pub cx: i64,
}

/// What goes wrong.
#[::kit::error_reason(crate = ::kit)]
#[derive(Debug)]
pub enum E {
    /// Its fields are named as locals of generated code might be.
    #[error_reason(code = 400)]
    Wrong {
        /// One.
        error: i64,
        /// Another.
        text: i64,
        /// Another.
        inner: i64,
    },
}

impl ::std::fmt::Display for E {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.write_str("wrong")
    }
}

/// A service.
pub struct S;

#[::kit::service(package = "taken.v1", crate = ::kit)]
impl S {
    /// Its arguments are named as locals of generated code might be.
    #[rpc(
        get = "/taken/{service}/{request}",
        traced(service, to = request, context = context + mount, outcome = reply.error, client)
    )]
    pub async fn one(
        &self,
        service: i64,
        request: i64,
        context: i64,
        mount: i64,
        client: i64,
    ) -> T {
        let _ = (service, request, context, mount, client);
        ::std::default::Default::default()
    }

    /// So is its only one.
    ///
    /// # Errors
    /// Never.
    #[rpc]
    pub async fn request(&self, request: T) -> ::std::result::Result<T, E> {
        ::std::result::Result::Ok(request)
    }

    /// So is a stream.
    ///
    /// # Errors
    /// Never.
    #[rpc]
    pub async fn answers(
        &self,
        answers: ::kit::Streaming<T>,
    ) -> ::std::result::Result<
        impl ::kit::Stream<Item = ::std::result::Result<T, ::kit::Error>> + ::std::marker::Send,
        E,
    > {
        ::std::result::Result::Ok(answers)
    }

    /// It is called like a function of generated code.
    #[rpc]
    pub async fn mount(&self, context: i64) {
        let _ = context;
    }

    /// Its locals are named as those of generated code might be.
    #[::kit::traced(crate = ::kit, fields(span, result))]
    pub fn traced(&self, span: i64, result: i64) -> i64 {
        let site = span;
        site + result
    }
}

/// A contract with a parameter's name for a type.
#[::kit::service(package = "taken.v1", crate = ::kit)]
pub trait Contract {
    /// Takes and gives it.
    #[rpc]
    async fn give(&self, value: T) -> T;

    /// Gives many.
    #[rpc]
    async fn flow(&self, answers: ::kit::Streaming<T>) -> impl ::kit::Stream<Item = T>;
}
