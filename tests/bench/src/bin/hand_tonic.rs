//! The gRPC peer: the Greeter on tonic, with prost's derives and the service that tonic's generator would have written.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bench::{peer, workload};
use futures_util::{Stream, StreamExt as _, stream};
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, ServerStreamingService, StreamingService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower_service::Service;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

#[derive(Clone, PartialEq, prost::Message)]
struct HelloRequest {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct HelloReply {
    #[prost(string, tag = "1")]
    message: String,
}

struct Greeter;

impl Greeter {
    async fn say_hello(
        &self,
        request: Request<HelloRequest>,
    ) -> Result<Response<HelloReply>, Status> {
        let message = format!("Hello {}", request.into_inner().name);
        Ok(Response::new(HelloReply { message }))
    }

    async fn say_many(&self, request: Request<HelloRequest>) -> Result<Response<Replies>, Status> {
        let name = request.into_inner().name;
        let replies = stream::iter(0..workload::MESSAGES)
            .map(move |_| Ok(HelloReply { message: format!("Hello {name}") }));
        Ok(Response::new(Box::pin(replies)))
    }

    async fn say_each(
        &self,
        requests: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<Replies>, Status> {
        let replies = requests.into_inner().map(|request| {
            request.map(|request| HelloReply { message: format!("Hello {}", request.name) })
        });
        Ok(Response::new(Box::pin(replies)))
    }
}

type Replies = Pin<Box<dyn Stream<Item = Result<HelloReply, Status>> + Send>>;

fn main() -> io::Result<()> {
    peer::run(|listener| async move {
        tonic::transport::Server::builder()
            .add_service(GreeterServer(Arc::new(Greeter)))
            .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)))
            .await
            .map_err(io::Error::other)
    })
}

#[derive(Clone)]
struct GreeterServer(Arc<Greeter>);

impl NamedService for GreeterServer {
    const NAME: &'static str = "helloworld.v1.Greeter";
}

struct SayHello(Arc<Greeter>);

impl UnaryService<HelloRequest> for SayHello {
    type Response = HelloReply;
    type Future = BoxFuture<Result<Response<HelloReply>, Status>>;

    fn call(&mut self, request: Request<HelloRequest>) -> Self::Future {
        let greeter = Arc::clone(&self.0);
        Box::pin(async move { greeter.say_hello(request).await })
    }
}

struct SayMany(Arc<Greeter>);

impl ServerStreamingService<HelloRequest> for SayMany {
    type Response = HelloReply;
    type ResponseStream = Replies;
    type Future = BoxFuture<Result<Response<Replies>, Status>>;

    fn call(&mut self, request: Request<HelloRequest>) -> Self::Future {
        let greeter = Arc::clone(&self.0);
        Box::pin(async move { greeter.say_many(request).await })
    }
}

struct SayEach(Arc<Greeter>);

impl StreamingService<HelloRequest> for SayEach {
    type Response = HelloReply;
    type ResponseStream = Replies;
    type Future = BoxFuture<Result<Response<Replies>, Status>>;

    fn call(&mut self, requests: Request<Streaming<HelloRequest>>) -> Self::Future {
        let greeter = Arc::clone(&self.0);
        Box::pin(async move { greeter.say_each(requests).await })
    }
}

impl Service<http::Request<Body>> for GreeterServer {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let greeter = Arc::clone(&self.0);
        match request.uri().path() {
            workload::GRPC_PATH => {
                Box::pin(async move { Ok(grpc().unary(SayHello(greeter), request).await) })
            }
            workload::STREAM_PATH => {
                Box::pin(
                    async move { Ok(grpc().server_streaming(SayMany(greeter), request).await) },
                )
            }
            workload::BIDI_PATH => {
                Box::pin(async move { Ok(grpc().streaming(SayEach(greeter), request).await) })
            }
            _ => Box::pin(async { Ok(Status::unimplemented("").into_http()) }),
        }
    }
}

fn grpc() -> Grpc<ProstCodec<HelloReply, HelloRequest>> {
    Grpc::new(ProstCodec::default())
}
