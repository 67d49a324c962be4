//! A collector in the same process: HTTP/1.1 and HTTP/2 on one port, OTLP over either, and whatever a test wants of it.

use std::convert::Infallible;
use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The longest that a test waits for what must come.
pub(super) const SOON: Duration = Duration::from_secs(20);

/// What a collector does with an export.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Take,
    /// Takes all but one, and says why.
    TakeSome,
    /// Refuses for good.
    Refuse,
    /// Is busy for longer than anybody waits.
    Busy,
    /// Never answers.
    Hang,
}

/// One export as it came, its message decompressed.
pub(super) struct Export {
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) headers: HeaderMap,
    pub(super) compressed: bool,
    pub(super) message: Vec<u8>,
}

/// On a thread of its own, so that tests may block theirs.
pub(super) struct Collector {
    address: SocketAddr,
    exports: Receiver<Export>,
    _stop: oneshot::Sender<()>,
}

impl Collector {
    pub(super) fn start(does: Does) -> Self {
        Self::with(
            does,
            #[cfg(feature = "tls")]
            None,
        )
    }

    pub(super) fn with(
        does: Does,
        #[cfg(feature = "tls")] tls: Option<tokio_rustls::TlsAcceptor>,
    ) -> Self {
        let (send, exports) = channel();
        let (_stop, stopped) = oneshot::channel();
        let (bound, address) = channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                bound.send(listener.local_addr().expect("bound")).expect("the test waits");
                let accepting = async {
                    loop {
                        let (socket, _) = listener.accept().await.expect("a connection");
                        let send = send.clone();
                        #[cfg(feature = "tls")]
                        if let Some(tls) = tls.clone() {
                            tokio::spawn(async move {
                                if let Ok(socket) = tls.accept(socket).await {
                                    serve(socket, does, send).await;
                                }
                            });
                            continue;
                        }
                        tokio::spawn(serve(socket, does, send));
                    }
                };
                tokio::select! {
                    () = accepting => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address: address.recv_timeout(SOON).expect("it is bound"), exports, _stop }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next export.
    pub(super) fn next(&self) -> Export {
        self.exports.recv_timeout(SOON).expect("an export arrives")
    }

    /// Those that have arrived and were not asked for.
    pub(super) fn rest(&self) -> Vec<Export> {
        self.exports.try_iter().collect()
    }
}

async fn serve<S>(socket: S, does: Does, send: Sender<Export>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let send = Arc::new(send);
    let service = service_fn(move |request| answer(request, does, Arc::clone(&send)));
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(socket), service)
        .await;
}

type Body = http_body_util::combinators::BoxBody<Bytes, Infallible>;

async fn answer(
    request: Request<Incoming>,
    does: Does,
    send: Arc<Sender<Export>>,
) -> Result<Response<Body>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let grpc = head.headers.get("content-type").is_some_and(|kind| kind == "application/grpc");
    let (compressed, sent) = if grpc {
        let size = u32::from_be_bytes([body[1], body[2], body[3], body[4]]) as usize;
        assert_eq!(body.len(), 5 + size, "one message");
        (body[0] == 1, &body[5..])
    } else {
        (head.headers.contains_key("content-encoding"), &body[..])
    };
    let mut message = Vec::new();
    if compressed {
        GzDecoder::new(sent).read_to_end(&mut message).expect("gzip");
    } else {
        message.extend_from_slice(sent);
    }
    let (path, query) = (head.uri.path().to_owned(), head.uri.query().map(str::to_owned));
    let _ = send.send(Export { path, query, headers: head.headers, compressed, message });
    match does {
        Does::Hang => std::future::pending().await,
        Does::Refuse if grpc => Ok(Response::builder()
            .header("content-type", "application/grpc")
            .header("grpc-status", "3")
            .body(Full::default().boxed())
            .expect("a response")),
        Does::Refuse => {
            Ok(Response::builder().status(400).body(Full::default().boxed()).expect("a response"))
        }
        Does::Busy if grpc => Ok(Response::builder()
            .header("content-type", "application/grpc")
            .header("grpc-status", "14")
            .header("grpc-status-details-bin", BASE64.encode(retry_info(i64::MAX)))
            .body(Full::default().boxed())
            .expect("a response")),
        Does::Busy => Ok(Response::builder()
            .status(503)
            .header("retry-after", u64::MAX)
            .body(Full::default().boxed())
            .expect("a response")),
        Does::Take | Does::TakeSome if grpc => {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
            let message = answer_of(does);
            let prefix = Bytes::from([0, 0, 0, 0, message.len() as u8].to_vec());
            let frames =
                [Frame::data(prefix), Frame::data(message), Frame::trailers(trailers)].map(Ok);
            let body = StreamBody::new(futures_util::stream::iter(frames));
            Ok(Response::builder()
                .header("content-type", "application/grpc")
                .body(body.boxed())
                .expect("a response"))
        }
        Does::Take | Does::TakeSome => Ok(Response::builder()
            .header("content-type", "application/x-protobuf")
            .body(Full::new(answer_of(does)).boxed())
            .expect("a response")),
    }
}

/// The message of a success.
fn answer_of(does: Does) -> Bytes {
    let partial_success = (does == Does::TakeSome).then(|| ExportTracePartialSuccess {
        rejected_spans: 1,
        error_message: "too old".to_owned(),
    });
    ExportTraceServiceResponse { partial_success }.encode_to_vec().into()
}

/// `google.rpc.Status` with `google.rpc.RetryInfo`.
fn retry_info(seconds: i64) -> Vec<u8> {
    #[derive(Clone, PartialEq, prost::Message)]
    struct RetryInfo {
        #[prost(message, optional, tag = "1")]
        retry_delay: Option<prost_types::Duration>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    struct Status {
        #[prost(int32, tag = "1")]
        code: i32,
        #[prost(message, repeated, tag = "3")]
        details: Vec<prost_types::Any>,
    }
    let delay = prost_types::Duration { seconds, nanos: 0 };
    let info = prost_types::Any {
        type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
        value: RetryInfo { retry_delay: Some(delay) }.encode_to_vec(),
    };
    Status { code: 14, details: vec![info] }.encode_to_vec()
}
