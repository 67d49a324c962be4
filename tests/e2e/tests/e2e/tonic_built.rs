//! A service as tonic's generator would have written it over prost's types: unary, failing, and a stream of replies.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::server::{Grpc, NamedService, ServerStreamingService, UnaryService};
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::common::{Note, Plain, wire};

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Replies = Pin<Box<dyn futures_core::Stream<Item = Result<Plain, Status>> + Send>>;

pub(crate) const ECHO: &str = "/legacy.v1.Legacy/Echo";
pub(crate) const ECHO_MESSAGE: &str = "/legacy.v1.Legacy/EchoMessage";
pub(crate) const FAIL: &str = "/legacy.v1.Legacy/Fail";
pub(crate) const COUNT: &str = "/legacy.v1.Legacy/Count";
/// What [`FAIL`] sends as its details: bytes that are no `google.rpc.Status`.
pub(crate) const DETAILS: &[u8] = b"\xffopaque";

#[derive(Clone)]
pub(crate) struct Legacy;

impl NamedService for Legacy {
    const NAME: &'static str = "legacy.v1.Legacy";
}

struct Echo;

impl UnaryService<Plain> for Echo {
    type Response = Plain;
    type Future = BoxFuture<Result<Response<Plain>, Status>>;

    fn call(&mut self, request: Request<Plain>) -> Self::Future {
        let seen = request.metadata().get("x-in").cloned();
        let mut response = Response::new(request.into_inner());
        if let Some(seen) = seen {
            response.metadata_mut().insert("x-seen", seen);
        }
        Box::pin(async { Ok(response) })
    }
}

/// The same with the kit's own messages in tonic's codec.
impl UnaryService<Note> for Echo {
    type Response = Note;
    type Future = BoxFuture<Result<Response<Note>, Status>>;

    fn call(&mut self, request: Request<Note>) -> Self::Future {
        Box::pin(async { Ok(Response::new(request.into_inner())) })
    }
}

struct Fail;

impl UnaryService<Plain> for Fail {
    type Response = Plain;
    type Future = BoxFuture<Result<Response<Plain>, Status>>;

    fn call(&mut self, _: Request<Plain>) -> Self::Future {
        let mut status = Status::with_details(Code::DataLoss, "lost", DETAILS.into());
        status.metadata_mut().insert("x-why", "rust".parse().expect("a value"));
        Box::pin(async { Err(status) })
    }
}

struct Count;

impl ServerStreamingService<Plain> for Count {
    type Response = Plain;
    type ResponseStream = Replies;
    type Future = BoxFuture<Result<Response<Replies>, Status>>;

    fn call(&mut self, request: Request<Plain>) -> Self::Future {
        let up_to = request.into_inner().text.parse().unwrap_or(0);
        Box::pin(async move { Ok(Response::new(Box::pin(Numbers { next: 0, up_to }) as Replies)) })
    }
}

struct Numbers {
    next: u32,
    up_to: u32,
}

impl futures_core::Stream for Numbers {
    type Item = Result<Plain, Status>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.next == self.up_to {
            return Poll::Ready(None);
        }
        self.next += 1;
        Poll::Ready(Some(Ok(wire(self.next.to_string()))))
    }
}

impl tower_service::Service<http::Request<Body>> for Legacy {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<Plain, Plain>::default());
            let mut messages = Grpc::new(ProstCodec::<Note, Note>::default());
            Ok(match request.uri().path() {
                ECHO => grpc.unary(Echo, request).await,
                ECHO_MESSAGE => messages.unary(Echo, request).await,
                FAIL => grpc.unary(Fail, request).await,
                COUNT => grpc.server_streaming(Count, request).await,
                _ => Status::unimplemented("").into_http(),
            })
        })
    }
}
