//! A message on its way to a collector, over gRPC or HTTP, and what may be tried again.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::hash::{BuildHasher as _, RandomState};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, TE, USER_AGENT};
use http::response::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, Version};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Limited};
use hyper_util::client::legacy::Client;
use prost::Message as _;
use tokio::time::Instant;

use crate::Error;
use crate::call::Protocol;
use crate::client::{self, Connector};
use crate::error::Code;
use crate::surface::Encoding;
use crate::telemetry::settings::{OtlpProtocol, OtlpSettings};

/// The most that is read of an answer, which says little more than how much was taken.
const ANSWER: usize = 4 * 1024 * 1024;

/// How often one export is tried again, and how long it waits before: twice as long each time. Up to `JITTER` is added, so
/// that not all instances of a service come back at once.
const RETRIES: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_millis(100);
const JITTER: Duration = Duration::from_millis(100);

/// The exporter, its language and its version, as the specification of OTLP asks for.
const AGENT: &str = concat!("bident-OTLP-Exporter-Rust/", env!("CARGO_PKG_VERSION"));

const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

/// Sends messages of one kind to one collector. Its connections live on the thread that asks.
pub(super) struct Sender {
    client: Client<Connector, Pieces>,
    grpc: bool,
    gzip: bool,
    uri: Uri,
    /// Of every request.
    headers: HeaderMap,
    /// What all tries of an export may take together.
    timeout: Duration,
}

/// Why a try was none, and how soon there may be another, if ever.
#[derive(Debug, PartialEq)]
struct Failure {
    cause: String,
    again: Option<Duration>,
}

impl Sender {
    /// `headers` come before those that this sets itself; `method` is for gRPC.
    ///
    /// # Errors
    /// An endpoint that is none.
    pub(super) fn new(
        settings: &OtlpSettings,
        mut uri: Uri,
        method: &'static str,
        mut headers: HeaderMap,
        #[cfg(feature = "tls")] tls: Option<client::Secured>,
    ) -> Result<Self, String> {
        let grpc = settings.protocol == OtlpProtocol::Grpc;
        headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
        let (kind, encoding) = if grpc {
            // A path in the endpoint says nothing: the method is the path.
            let mut parts = uri.into_parts();
            parts.path_and_query = Some(PathAndQuery::from_static(method));
            uri = Uri::from_parts(parts).map_err(|error| error.to_string())?;
            headers.insert(TE, HeaderValue::from_static("trailers"));
            ("application/grpc", http::HeaderName::from_static("grpc-encoding"))
        } else {
            ("application/x-protobuf", CONTENT_ENCODING)
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if settings.gzip {
            headers.insert(encoding, HeaderValue::from_static("gzip"));
        }
        let connector = Connector::new(
            #[cfg(feature = "tls")]
            tls,
        );
        let protocol = if grpc { Protocol::Grpc } else { Protocol::Http };
        let client = client::client(protocol, connector);
        Ok(Self { client, grpc, gzip: settings.gzip, uri, headers, timeout: settings.timeout })
    }

    /// Sends a message until it is taken or refused for good, and returns the one that answers it. Whoever asks bounds how
    /// long that may take.
    ///
    /// # Errors
    /// What went wrong last.
    pub(super) async fn send(&self, message: Vec<Bytes>) -> Result<Bytes, String> {
        let body = self.body(message).map_err(|error| error.to_string())?;
        let begun = Instant::now();
        let mut wait = FIRST_WAIT;
        let mut tries = 0;
        loop {
            let failure = match self.once(body.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let Some(asked) = failure.again.filter(|_| tries < RETRIES) else {
                return Err(failure.cause);
            };
            // Whatever a collector asks for, added up.
            let pause = wait.max(asked).saturating_add(jitter());
            if begun.elapsed().saturating_add(pause) >= self.timeout {
                return Err(failure.cause);
            }
            tokio::time::sleep(pause).await;
            tries += 1;
            wait *= 2;
        }
    }

    /// The body of a request: for gRPC with the message's prefix.
    fn body(&self, message: Vec<Bytes>) -> std::io::Result<Pieces> {
        let mut pieces = Pieces(message.into());
        if self.gzip {
            let whole: Vec<u8> = pieces.0.iter().flatten().copied().collect();
            let mut packed = Vec::with_capacity(whole.len() / 4);
            Encoding::Gzip.compress(&whole, &mut packed)?;
            pieces = Pieces(VecDeque::from([packed.into()]));
        }
        if self.grpc {
            let length = u32::try_from(pieces.len())
                .map_err(|_| std::io::Error::other("a message of 4 GiB or more"))?;
            let mut prefix = vec![self.gzip.into()];
            prefix.extend_from_slice(&length.to_be_bytes());
            pieces.0.push_front(prefix.into());
        }
        Ok(pieces)
    }

    async fn once(&self, body: Pieces) -> Result<Bytes, Failure> {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        if self.grpc {
            *request.version_mut() = Version::HTTP_2;
        }
        let asked = self.client.request(request).await;
        let (head, body) = asked.map_err(|error| broken(&error))?.into_parts();
        let body = Limited::new(body, ANSWER).collect().await.map_err(|error| broken(&*error))?;
        if !self.grpc {
            return http(&head).map(|()| body.to_bytes());
        }
        let trailers = body.trailers().cloned().unwrap_or_default();
        let body = body.to_bytes();
        grpc(&head, &body, &trailers)?;
        // Behind its prefix. Nothing was said of compressed answers, so that there are none.
        Ok(body.slice(body.len().min(5)..))
    }
}

/// A body of pieces that are there.
#[derive(Clone)]
struct Pieces(VecDeque<Bytes>);

impl Pieces {
    fn len(&self) -> usize {
        self.0.iter().map(Bytes::len).sum()
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len() as u64)
    }
}

/// An error and what it comes from.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |cause| cause.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The wire broke: whether the message arrived is not known, and collectors can tell what they have twice.
fn broken(error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure { cause: chain(error), again: Some(Duration::ZERO) }
}

/// What a collector says of a refusal is not told: it may repeat what the headers say, which are secrets.
fn grpc(head: &Parts, body: &[u8], trailers: &HeaderMap) -> Result<(), Failure> {
    let Err(error) = client::succeeded(head, body, trailers) else { return Ok(()) };
    let code = error.grpc_code();
    let asked = retry_info(&error);
    let again = match code {
        // The collector is full, and says by this alone that it will not stay so.
        Code::ResourceExhausted => asked,
        Code::Unavailable
        | Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::DataLoss => Some(asked.unwrap_or_default()),
        _ => None,
    };
    Err(Failure { cause: format!("the collector answers {}", code.name()), again })
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<prost_types::Duration>,
}

fn retry_info(error: &Error) -> Option<Duration> {
    let detail = error.details().iter().find(|detail| detail.type_url == RETRY_INFO)?;
    let info = RetryInfo::decode(detail.value.clone()).ok()?;
    info.retry_delay?.try_into().ok()
}

fn http(head: &Parts) -> Result<(), Failure> {
    let status = head.status;
    if status.is_success() {
        return Ok(());
    }
    let again = match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            let asked = head.headers.get(RETRY_AFTER);
            let seconds = asked.and_then(|value| value.to_str().ok()?.trim().parse().ok());
            Some(Duration::from_secs(seconds.unwrap_or(0)))
        }
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => Some(Duration::ZERO),
        _ => None,
    };
    Err(Failure { cause: format!("the collector answers {status}"), again })
}

fn jitter() -> Duration {
    let random = RandomState::new().hash_one(Instant::now());
    Duration::from_micros(random % JITTER.as_micros() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16, headers: &[(&'static str, &str)]) -> Parts {
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        response.body(()).expect("a response").into_parts().0
    }

    fn seconds(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn what_may_come_again_over_http() {
        let again = |status, headers: &[_]| http(&head(status, headers)).map_err(|it| it.again);
        assert_eq!(again(200, &[]), Ok(()));
        assert_eq!(again(202, &[]), Ok(()));
        for status in [429, 502, 503, 504] {
            assert_eq!(again(status, &[]), Err(seconds(0)), "{status}");
        }
        for status in [301, 400, 401, 404, 413, 500] {
            assert_eq!(again(status, &[("retry-after", "1")]), Err(None), "{status}");
        }
        assert_eq!(again(503, &[("retry-after", "30")]), Err(seconds(30)));
        assert_eq!(again(429, &[("retry-after", "soon")]), Err(seconds(0)));
    }

    fn answered(code: Code, delay: Option<u64>) -> Result<(), Option<Duration>> {
        let error = Error::new(code.http(), "", "secret").with_grpc(code).expose();
        let error = match delay {
            None => error,
            Some(seconds) => {
                let delay = prost_types::Duration { seconds: seconds as i64, nanos: 0 };
                let value = RetryInfo { retry_delay: Some(delay) }.encode_to_vec().into();
                error.with_detail(crate::message::Any { type_url: RETRY_INFO.to_owned(), value })
            }
        };
        let details = crate::call::metadata::BASE64;
        let details = base64::Engine::encode(&details, crate::error::details::encode(&error));
        let code = code.number().to_string();
        let headers = [
            ("content-type", "application/grpc"),
            ("grpc-status", &*code),
            ("grpc-message", "secret"),
            ("grpc-status-details-bin", &*details),
        ];
        grpc(&head(200, &headers), &[], &HeaderMap::new()).map_err(|failure| {
            assert!(!failure.cause.contains("secret"), "{failure:?}");
            failure.again
        })
    }

    #[test]
    fn what_may_come_again_over_grpc() {
        assert_eq!(answered(Code::Ok, None), Ok(()));
        for code in [
            Code::Unavailable,
            Code::Cancelled,
            Code::DeadlineExceeded,
            Code::Aborted,
            Code::OutOfRange,
            Code::DataLoss,
        ] {
            assert_eq!(answered(code, None), Err(seconds(0)), "{code:?}");
        }
        for code in [Code::InvalidArgument, Code::Unauthenticated, Code::Internal, Code::Unknown] {
            assert_eq!(answered(code, Some(1)), Err(None), "{code:?}");
        }
        assert_eq!(answered(Code::ResourceExhausted, None), Err(None));
        assert_eq!(answered(Code::ResourceExhausted, Some(5)), Err(seconds(5)));
        assert_eq!(answered(Code::Unavailable, Some(5)), Err(seconds(5)));
    }

    #[test]
    fn what_stands_between_us_and_the_collector_may_be_busy() {
        let between = |status| grpc(&head(status, &[]), b"<html>", &HeaderMap::new());
        assert_eq!(between(503).map_err(|it| it.again), Err(seconds(0)));
        assert_eq!(between(403).map_err(|it| it.again), Err(None));
    }
}
