//! The floor: the Greeter written by hand on hyper, JSON over HTTP/1.1 and h2c, nothing that is not needed.
//!
//! With `--yield` each connection gives way once per wake-up, so that ready streams share one write. bident does the same
//! on h2, and a fair table shows how much of the difference is that remedy.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bench::peer;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct HelloRequest {
    name: String,
}

#[derive(Serialize)]
struct HelloReply {
    message: String,
}

fn main() -> io::Result<()> {
    let yielding = std::env::args().any(|argument| argument == "--yield");
    peer::run(move |listener| async move {
        loop {
            let stream = peer::accept(&listener).await;
            tokio::spawn(async move {
                let builder = auto::Builder::new(TokioExecutor::new());
                let connection = builder.serve_connection(TokioIo::new(stream), service_fn(handle));
                if yielding {
                    YieldFirst { connection: Box::pin(connection), yielded: false }.await
                } else {
                    connection.await
                }
                // A broken connection is its client's to notice: the load client fails on it.
                .ok();
            });
        }
    })
}

async fn handle(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    match (request.method(), request.uri().path()) {
        (&Method::POST, "/v1/hello") => {
            let body = request.into_body().collect().await?.to_bytes();
            Ok(match serde_json::from_slice::<HelloRequest>(&body) {
                Ok(request) => hello(&request.name),
                Err(_) => status(StatusCode::BAD_REQUEST),
            })
        }
        (&Method::GET, path) => Ok(match path.strip_prefix("/helloworld/") {
            Some(name) if !name.contains('/') => hello(name),
            _ => status(StatusCode::NOT_FOUND),
        }),
        _ => Ok(status(StatusCode::NOT_FOUND)),
    }
}

fn hello(name: &str) -> Response<Full<Bytes>> {
    let reply = HelloReply { message: format!("Hello {name}") };
    match serde_json::to_vec(&reply) {
        Ok(json) => {
            let mut response = Response::new(Full::new(Bytes::from(json)));
            response
                .headers_mut()
                .insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
            response
        }
        Err(_) => status(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn status(code: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = code;
    response
}

/// Goes to the back of the run queue once per wake-up before it polls the connection.
struct YieldFirst<C> {
    connection: Pin<Box<C>>,
    yielded: bool,
}

impl<C: Future> Future for YieldFirst<C> {
    type Output = C::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        if !self.yielded {
            self.yielded = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.yielded = false;
        self.connection.as_mut().poll(cx)
    }
}
