//! One export: from the bytes of a request over gRPC or HTTP to what is answered.

use std::convert::Infallible;
use std::io::Read as _;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;

use super::data::{Export, Signal};
use super::{Mode, State, read};

/// `grpc-status` of an export that is wrong, and of a collector that is busy.
const INVALID_ARGUMENT: u8 = 3;
const UNAVAILABLE: u8 = 14;

type Answer = Response<BoxBody<Bytes, Infallible>>;

pub(super) async fn answer(
    state: Arc<State>,
    request: Request<Incoming>,
) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let (signal, grpc) = match head.uri.path() {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => (Signal::Traces, true),
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => {
            (Signal::Metrics, true)
        }
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => (Signal::Logs, true),
        "/v1/traces" => (Signal::Traces, false),
        "/v1/metrics" => (Signal::Metrics, false),
        "/v1/logs" => (Signal::Logs, false),
        path => {
            state.received().mistakes.push(format!("nothing is at {path}"));
            return Ok(http_answer(StatusCode::NOT_FOUND));
        }
    };
    let Ok(body) = body.collect().await else { return Ok(http_answer(StatusCode::BAD_REQUEST)) };
    let mut mode = *state.mode.borrow();
    if mode == Mode::Take {
        let taken = message(&head, grpc, &body.to_bytes()).and_then(|(message, compressed)| {
            let mut received = state.received();
            read::read(signal, &message, &mut received)?;
            received.exports.push(Export { signal, grpc, compressed, headers: head.headers });
            Ok(())
        });
        if let Err(mistake) = taken {
            state.received().mistakes.push(mistake);
            mode = Mode::Refuse;
        }
    }
    state.asked.send_modify(|asked| *asked += 1);
    let (status, code) = match mode {
        Mode::Take => (StatusCode::OK, 0),
        Mode::Refuse => (StatusCode::BAD_REQUEST, INVALID_ARGUMENT),
        Mode::Busy => (StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE),
        Mode::Hang => std::future::pending().await,
    };
    Ok(if grpc { grpc_answer(code) } else { http_answer(status) })
}

/// The message of a request, and whether it was compressed.
fn message(
    head: &http::request::Parts,
    grpc: bool,
    body: &[u8],
) -> Result<(Vec<u8>, bool), String> {
    let header = |name: HeaderName| head.headers.get(name).map(HeaderValue::as_bytes);
    let kind = header(CONTENT_TYPE).unwrap_or_default();
    if head.method != Method::POST {
        return Err(format!("{} is no way to export", head.method));
    }
    if grpc {
        if head.version != Version::HTTP_2 || !kind.starts_with(b"application/grpc") {
            return Err(format!("{:?} with {:?}", head.version, String::from_utf8_lossy(kind)));
        }
        let Some((&[flag, a, b, c, d], message)) = body.split_first_chunk::<5>() else {
            return Err(format!("a body of {} bytes", body.len()));
        };
        if u32::from_be_bytes([a, b, c, d]) as usize != message.len() {
            return Err("a frame that does not say its length".to_owned());
        }
        let encoding = header(HeaderName::from_static("grpc-encoding"));
        return unpacked(flag == 1, encoding, message);
    }
    if kind != b"application/x-protobuf" {
        return Err(format!("HTTP with {:?}", String::from_utf8_lossy(kind)));
    }
    let encoding = header(CONTENT_ENCODING);
    unpacked(encoding.is_some(), encoding, body)
}

fn unpacked(
    compressed: bool,
    encoding: Option<&[u8]>,
    bytes: &[u8],
) -> Result<(Vec<u8>, bool), String> {
    if !compressed {
        return Ok((bytes.to_vec(), false));
    }
    if encoding != Some(b"gzip") {
        return Err(format!("compressed by {encoding:?}"));
    }
    let mut whole = Vec::new();
    let unpacked = flate2::read::GzDecoder::new(bytes).read_to_end(&mut whole);
    unpacked.map(|_| (whole, true)).map_err(|error| error.to_string())
}

fn http_answer(status: StatusCode) -> Answer {
    let mut answer = Response::new(BoxBody::new(Empty::new()));
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("application/x-protobuf");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

/// An empty message where all is well, nothing but the status otherwise.
fn grpc_answer(code: u8) -> Answer {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(u16::from(code)));
    let message = if code == 0 { Bytes::from_static(&[0; 5]) } else { Bytes::new() };
    let body = Full::new(message).with_trailers(async { Some(Ok(trailers)) });
    let mut answer = Response::new(BoxBody::new(body));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    answer
}
