//! gRPC-Web: binary and in base64, over HTTP/1.1 and HTTP/2.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::*;
use crate::surface::Encoding;

/// The parts of an answer's body: messages, and the lines after them.
fn parts(body: &[u8]) -> (Vec<Bytes>, HeaderMap) {
    let (mut messages, mut trailers) = (Vec::new(), HeaderMap::new());
    let mut rest = body;
    while let Some(([flags, length @ ..], more)) = rest.split_first_chunk::<5>() {
        assert!(trailers.is_empty(), "nothing follows the trailers");
        let (this, after) = more.split_at(u32::from_be_bytes(*length) as usize);
        rest = after;
        if *flags < 0x80 {
            messages.push(Bytes::copy_from_slice(this));
            continue;
        }
        for line in std::str::from_utf8(this).unwrap().split_terminator("\r\n") {
            let (name, value) = line.split_once(": ").unwrap();
            let name = ::http::HeaderName::from_lowercase(name.as_bytes()).unwrap();
            trailers.append(name, value.parse().unwrap());
        }
    }
    assert!(rest.is_empty() && !trailers.is_empty(), "{body:?}");
    (messages, trailers)
}

/// Base64 in which padding may stand anywhere.
fn decoded(text: &[u8]) -> Vec<u8> {
    text.chunks(4).flat_map(|group| BASE64_STANDARD.decode(group).unwrap()).collect()
}

fn texts(messages: Vec<Bytes>) -> Vec<Text> {
    messages.into_iter().map(|it| crate::message::decode(it).unwrap()).collect()
}

pub(super) fn request(path: &str, media: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let request = Request::post(format!("http://test{path}")).header("content-type", media);
    request.body(Full::new(body.into())).unwrap()
}

/// One call over either version of HTTP.
pub(super) async fn call(
    harness: &Harness,
    h2: bool,
    request: Request<Full<Bytes>>,
) -> Response<Bytes> {
    let response = if h2 {
        soon(harness.h2().await.send_request(request)).await.unwrap()
    } else {
        let socket = TcpStream::connect(harness.address()).await.unwrap();
        let (mut send, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.unwrap();
        tokio::spawn(connection);
        let mut request = request;
        request.headers_mut().insert("host", "test".parse().unwrap());
        soon(send.send_request(request)).await.unwrap()
    };
    let (head, body) = response.into_parts();
    Response::from_parts(head, soon(body.collect()).await.unwrap().to_bytes())
}

#[tokio::test]
async fn calls_end_with_their_trailers_in_the_body() {
    let mut harness = start(Options::default()).await;
    for h2 in [false, true] {
        for (media, answered) in [
            ("application/grpc-web", "application/grpc-web+proto"),
            ("application/grpc-web-text+proto", "application/grpc-web-text+proto"),
        ] {
            let in_text = media.contains("text");
            for (method, sent, expected) in [
                ("Echo", "hi", vec!["hi"]),
                ("Count", "3", vec!["3", "2", "1"]),
                ("Count", "0", Vec::new()),
            ] {
                let frame = framed(&text(sent));
                let body = if in_text { BASE64_STANDARD.encode(&frame).into() } else { frame };
                let path = format!("/test.v1.Echo/{method}");
                let response = call(&harness, h2, request(&path, media, body)).await;
                assert_eq!(response.status(), 200);
                assert_eq!(response.headers()["content-type"], answered);
                let body = response.into_body();
                let body = if in_text { decoded(&body).into() } else { body };
                let (messages, trailers) = parts(&body);
                let expected: Vec<Text> = expected.into_iter().map(text).collect();
                assert_eq!(texts(messages), expected);
                assert_eq!(trailers["grpc-status"], "0");
                assert_eq!(trailers.contains_key("x-late"), method == "Count");
                assert_eq!(harness.outcome().await, (path, 200, String::new()));
            }
        }
    }
}

#[tokio::test]
async fn errors_end_in_the_body_too() {
    let mut harness = start(Options::default()).await;
    let whole = framed(&text("seven"));
    let broken = framed(&text("broken"));
    let cases: [(&str, &Bytes, &str, &str); 4] = [
        ("/test.v1.Echo/Fail", &whole, "5", "TEXT_NOT_FOUND"),
        ("/test.v1.Echo/Count", &broken, "10", "BROKEN"),
        ("/test.v1.Echo/Nothing", &whole, "12", "METHOD_NOT_FOUND"),
        ("/test.v1.Echo/Echo", &Bytes::new(), "12", "CODEC"),
    ];
    for h2 in [false, true] {
        for (path, body, status, reason) in cases {
            let response =
                call(&harness, h2, request(path, "application/grpc-web", body.clone())).await;
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["content-type"], "application/grpc-web+proto");
            let fails = reason == "TEXT_NOT_FOUND";
            assert_eq!(response.headers().contains_key("x-beside"), fails);
            let (messages, trailers) = parts(response.body());
            assert!(messages.is_empty());
            assert_eq!(trailers["grpc-status"], status, "{trailers:?}");
            assert_eq!(trailers.contains_key("x-after"), fails);
            assert!(trailers.contains_key("grpc-status-details-bin"));
            assert_eq!(harness.outcome().await.2, reason);
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_told() {
    let mut harness = start(Options::default()).await;
    let whole = framed(&text("hi"));
    let echo = "/test.v1.Echo/Echo";
    let mut cases = Vec::new();
    let mut other = request(echo, "application/grpc-web", whole.clone());
    *other.method_mut() = ::http::Method::DELETE;
    cases.push((other, "12", "METHOD_NOT_ALLOWED"));
    cases.push((request(echo, "application/grpc-web-text", whole.clone()), "3", "CODEC"));
    let mut other = request(echo, "application/grpc-web", whole.clone());
    other.headers_mut().insert("grpc-encoding", "snappy".parse().unwrap());
    cases.push((other, "12", "UNSUPPORTED_MEDIA_TYPE"));
    let mut other = request("/test.v1.Echo/Wait", "application/grpc-web", whole.clone());
    other.headers_mut().insert("grpc-timeout", "50m".parse().unwrap());
    cases.push((other, "4", "DEADLINE_EXCEEDED"));
    for (request, status, reason) in cases {
        let in_text = request.headers()["content-type"] == "application/grpc-web-text";
        let response = call(&harness, false, request).await;
        assert_eq!(response.status(), 200);
        let body = response.into_body();
        let body = if in_text { decoded(&body).into() } else { body };
        assert_eq!(parts(&body).1["grpc-status"], status, "{reason}");
        assert_eq!(harness.outcome().await.2, reason);
    }
    let other = request(echo, "application/grpc-web+thrift", whole);
    assert_eq!(call(&harness, false, other).await.status(), 415);
}

#[tokio::test]
async fn messages_are_compressed_and_may_be_json() {
    let harness = start(Options { max_body: 1 << 20, ..Options::default() }).await;
    let long = "again and again ".repeat(1000);
    let json = format!(r#"{{"text":"{long}"}}"#);
    let mut packed = Vec::new();
    Encoding::Gzip.compress(json.as_bytes(), &mut packed).unwrap();
    let mut frame = vec![1];
    frame.extend(u32::try_from(packed.len()).unwrap().to_be_bytes());
    frame.extend(packed);
    let mut request = request("/test.v1.Echo/Echo", "application/grpc-web+json", frame);
    request.headers_mut().insert("grpc-encoding", "gzip".parse().unwrap());
    request.headers_mut().insert("grpc-accept-encoding", "gzip".parse().unwrap());
    let response = call(&harness, false, request).await;
    assert_eq!(response.headers()["grpc-encoding"], "gzip");
    assert_eq!(response.headers()["content-type"], "application/grpc-web+json");
    let (messages, trailers) = parts(response.body());
    let message = Encoding::Gzip.decompress(messages[0].clone(), 1 << 20).unwrap();
    assert_eq!((&message[..], &trailers["grpc-status"]), (json.as_bytes(), &"0".parse().unwrap()));
}

#[tokio::test]
async fn middleware_sees_the_protocol() {
    let mut harness = start(Options {
        middleware: vec![Arc::new(async |call: Call, next: Next<'_>| {
            let protocol = call.protocol().name();
            Ok(next.run(call).await?.header("x-protocol", protocol))
        })],
        ..Options::default()
    })
    .await;
    let request = request("/test.v1.Echo/Echo", "application/grpc-web", framed(&text("hi")));
    let response = call(&harness, true, request).await;
    assert_eq!(response.headers()["x-protocol"], "grpc-web");
    assert_eq!(harness.outcome().await.1, 200);
}
