//! The wire below a client, against servers that misbehave on purpose.

mod goaway;
mod streams;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};

use super::target::Target;
use super::transport::{Answer, Transport};
use crate::call::Body;
use crate::error::{Code, reasons};
use crate::telemetry::Outbound;
use crate::{Error, Result};

const SECOND: Duration = Duration::from_secs(1);

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn transport(scheme: &str, address: SocketAddr) -> Transport {
    let target = Target::parse(&format!("{scheme}://{address}")).unwrap();
    #[cfg(feature = "tls")]
    return Transport::new(target, &super::Tls::new());
    #[cfg(not(feature = "tls"))]
    Transport::new(target)
}

async fn call(transport: &Transport, within: Duration, limit: usize) -> Result<Answer> {
    let request = match transport.target().protocol {
        crate::call::Protocol::Grpc => super::grpc::post(HeaderMap::new(), Body::empty()),
        _ => Request::new(Body::default()),
    };
    let deadline = Some(Instant::now() + within);
    transport.exchange(request, "/a.B/C", deadline, limit, &mut Outbound::default()).await
}

async fn serve<F, Fut>(stream: TcpStream, http2: bool, f: F)
where
    F: Fn(Request<Incoming>) -> Fut + Send + 'static,
    Fut: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let service = service_fn(move |request| {
        let answer = f(request);
        async move { Ok::<_, std::convert::Infallible>(answer.await) }
    });
    let io = TokioIo::new(stream);
    // How the connection ends is what the tests are about; the client's side of it is asserted.
    let _ = match http2 {
        true => {
            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(io, service)
                .await
        }
        false => hyper::server::conn::http1::Builder::new().serve_connection(io, service).await,
    };
}

async fn hello(request: Request<Incoming>) -> Response<Full<Bytes>> {
    Response::new(Full::from(format!("{} {}", request.method(), request.uri().path())))
}

#[tokio::test]
async fn both_protocols_carry_a_call() {
    for (scheme, said) in [("grpc", "POST /a.B/C"), ("http", "GET /a.B/C")] {
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            serve(stream, scheme == "grpc", hello).await;
        });
        let transport = transport(scheme, address);
        for _ in 0..3 {
            let answer = call(&transport, SECOND, 100).await.unwrap();
            assert_eq!(answer.body, said);
        }
    }
}

#[tokio::test]
async fn nobody_there_is_unavailable_and_names_the_endpoint() {
    for scheme in ["grpc", "http"] {
        let (listener, address) = listen().await;
        drop(listener);
        let error = call(&transport(scheme, address), SECOND, 100).await.err().unwrap();
        assert_eq!((error.code(), error.grpc_code()), (503, Code::Unavailable));
        assert_eq!(error.reason(), reasons::UNAVAILABLE);
        assert!(error.message().contains(&format!("{scheme}://{address}")), "{error}");
        assert!(error.message().contains("refused"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_never_answers_meets_the_deadline() {
    for scheme in ["grpc", "http"] {
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            serve(stream, scheme == "grpc", |_| std::future::pending()).await;
        });
        let started = Instant::now();
        let error =
            call(&transport(scheme, address), Duration::from_millis(100), 100).await.err().unwrap();
        assert_eq!((error.code(), error.reason()), (504, reasons::DEADLINE_EXCEEDED));
        assert!(started.elapsed() < 5 * SECOND);
    }
}

/// Reads until the request's head is there, then hangs up.
async fn hang_up(listener: &TcpListener) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let read = stream.read(&mut [0; 1024]).await.unwrap();
    assert!(read > 0);
}

#[tokio::test]
async fn a_server_that_hangs_up_is_unavailable() {
    for scheme in ["grpc", "http"] {
        let (listener, address) = listen().await;
        tokio::spawn(async move { hang_up(&listener).await });
        let error = call(&transport(scheme, address), 5 * SECOND, 100).await.err().unwrap();
        assert_eq!(error.grpc_code(), Code::Unavailable, "{scheme}: {error:?}");
        assert!(error.message().contains(&address.to_string()), "{error}");
    }
}

#[tokio::test]
async fn the_next_call_connects_again() {
    for scheme in ["grpc", "http"] {
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            hang_up(&listener).await;
            let (stream, _) = listener.accept().await.unwrap();
            serve(stream, scheme == "grpc", hello).await;
        });
        let transport = transport(scheme, address);
        call(&transport, 5 * SECOND, 100).await.err().unwrap();
        assert!(call(&transport, 5 * SECOND, 100).await.is_ok(), "{scheme}");
    }
}

#[tokio::test]
async fn an_answer_above_the_limit_is_refused() {
    for scheme in ["grpc", "http"] {
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let large = |_| async { Response::new(Full::from(vec![b'x'; 101])) };
            serve(stream, scheme == "grpc", large).await;
        });
        let transport = transport(scheme, address);
        // The five bytes before a message of gRPC are no part of it.
        let limit = if scheme == "grpc" { 96 } else { 101 };
        let error = call(&transport, SECOND, limit - 1).await.err().unwrap();
        assert_eq!(error.grpc_code(), Code::ResourceExhausted, "{error}");
        assert!(error.message().contains(&format!("{} bytes", limit - 1)), "{error}");
        assert!(call(&transport, SECOND, limit).await.is_ok());
    }
}

/// An HTTP/2 server that resets every stream with this reason.
async fn reset_with(reason: h2::Reason) -> Error {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        // Driving the connection is what sends the frames.
        while let Some(Ok((_request, mut respond))) = connection.accept().await {
            respond.send_reset(reason);
        }
    });
    call(&transport("grpc", address), 5 * SECOND, 100).await.err().unwrap()
}

#[tokio::test]
async fn a_reset_stream_is_sorted_by_its_reason() {
    for (reason, code) in [
        (h2::Reason::REFUSED_STREAM, Code::Unavailable),
        (h2::Reason::ENHANCE_YOUR_CALM, Code::Unavailable),
        (h2::Reason::CANCEL, Code::Cancelled),
        (h2::Reason::INTERNAL_ERROR, Code::Internal),
    ] {
        assert_eq!(reset_with(reason).await.grpc_code(), code, "{reason}");
    }
}
