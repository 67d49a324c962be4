//! How an answer over gRPC is read: its one message, or the error that it stands for.

use super::*;
use http::StatusCode;

const LIMIT: usize = 1 << 20;

fn answer(headers: &[(&str, &str)], body: &[u8], trailers: &[(&str, &str)]) -> Answer {
    let map = |pairs: &[(&str, &str)]| {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            let name: http::HeaderName = name.parse().unwrap();
            map.append(name, value.parse().unwrap());
        }
        map
    };
    let (mut head, ()) = http::Response::new(()).into_parts();
    head.headers = map(headers);
    Answer { head, body: Bytes::copy_from_slice(body), trailers: map(trailers) }
}

#[crate::message]
struct Text {
    text: String,
}

fn message(answer: &mut Answer) -> Result<Text> {
    super::message(answer, "/a.B/C", LIMIT)
}

const GRPC: &[(&str, &str)] = &[("content-type", "application/grpc")];
const OK: &[(&str, &str)] = &[("grpc-status", "0")];

#[test]
fn one_whole_message_is_taken() {
    let taken = message(&mut answer(GRPC, b"\0\0\0\0\x04\n\x02hi", OK)).unwrap();
    assert_eq!(taken.text, "hi");
}

#[test]
fn anything_but_one_whole_message_is_an_error() {
    let (not_one, broken) = (Code::Unimplemented, Code::Internal);
    for (body, code, part) in [
        (&b""[..], not_one, "without a message"),
        (b"\0\0\0", broken, "cut short"),
        (b"\0\0\0\0\x02h", broken, "cut short"),
        (b"\0\xff\xff\xff\xffh", Code::ResourceExhausted, "larger than"),
        (b"\0\0\0\0\x01h\0\0\0\0\0", not_one, "more than one"),
        (b"\x01\0\0\0\x01h", broken, "compressed"),
        (b"\0\0\0\0\x01h", broken, "cannot be read"),
    ] {
        let error = message(&mut answer(GRPC, body, OK)).unwrap_err();
        assert_eq!((error.code(), error.grpc_code()), (500, code));
        assert!(error.message().contains(part), "{error}");
    }
}

#[test]
fn a_status_among_the_headers_counts_where_they_are_all() {
    let headers = [GRPC[0], ("grpc-status", "9")];
    let error = message(&mut answer(&headers, b"", &[("grpc-status", "8")])).unwrap_err();
    assert_eq!(error.grpc_code(), Code::ResourceExhausted);
    let error = message(&mut answer(&headers, b"\0\0\0\0\0", &[])).unwrap_err();
    assert_eq!(error.grpc_code(), Code::Unknown);
}

#[test]
fn a_status_stands_in_trailers_or_among_the_headers() {
    let trailers = [("grpc-status", "5"), ("grpc-message", "no%20user%20%E2%82%AC 7")].as_slice();
    let only = [("content-type", "application/grpc"), trailers[0], trailers[1]];
    for mut answer in [answer(GRPC, b"", trailers), answer(&only, b"", &[])] {
        let error = message(&mut answer).unwrap_err();
        assert_eq!((error.code(), error.grpc_code()), (404, Code::NotFound));
        assert_eq!(error.message(), "no user € 7");
        assert!(error.foreign().is_none(), "nothing but the status was there");
    }
}

#[test]
fn what_came_beside_an_error_is_told() {
    let headers = [GRPC[0], ("x-first", "a"), ("x-first", "b")];
    let trailers = [("grpc-status", "5"), ("x-last", "c")];
    let error = message(&mut answer(&headers, b"", &trailers)).unwrap_err();
    assert_eq!(error.headers().get_all("x-first").iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((error.headers().len(), error.trailers().len()), (2, 1));
    assert_eq!(error.trailers()["x-last"], "c");
}

#[test]
fn a_status_nobody_can_read_is_unknown() {
    for status in ["99", "many", ""] {
        let error = message(&mut answer(GRPC, b"", &[("grpc-status", status)])).unwrap_err();
        assert_eq!(error.grpc_code(), Code::Unknown);
    }
    let error = message(&mut answer(GRPC, b"\0\0\0\0\0", &[])).unwrap_err();
    assert_eq!(error.grpc_code(), Code::Unknown);
    assert!(error.message().contains("without a status"));
}

#[test]
fn an_answer_that_is_not_grpc_is_sorted_by_its_http_status() {
    for (status, code) in [
        (400, Code::Internal),
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (404, Code::Unimplemented),
        (429, Code::Unavailable),
        (502, Code::Unavailable),
        (503, Code::Unavailable),
        (504, Code::Unavailable),
        (500, Code::Unknown),
        (302, Code::Unknown),
    ] {
        let mut answer = answer(&[("content-type", "text/html")], b"", &[]);
        answer.head.status = StatusCode::from_u16(status).unwrap();
        assert_eq!(message(&mut answer).unwrap_err().grpc_code(), code, "{status}");
    }
    let mut page = answer(&[("content-type", "text/html")], b"<html>", &[]);
    let error = message(&mut page).unwrap_err();
    assert!(error.message().contains("text/html"));
}

fn packed(encoding: Encoding, size: usize) -> Vec<u8> {
    let wire = Wire { sent: encoding, ..Wire::default() };
    wire.write(&Text { text: "x".repeat(size) }).unwrap().to_vec()
}

#[test]
fn a_compressed_message_is_unpacked_as_the_head_says() {
    for encoding in [Encoding::Gzip, Encoding::Deflate] {
        let headers = [GRPC[0], ("grpc-encoding", encoding.name())];
        let body = packed(encoding, 100_000);
        assert!(body.len() < 10_000);
        let taken = message(&mut answer(&headers, &body, OK)).unwrap();
        assert_eq!(taken.text.len(), 100_000);
        // Not everything is worth it.
        let taken = message(&mut answer(&headers, &packed(encoding, 3), OK)).unwrap();
        assert_eq!(taken.text.len(), 3);
    }
}

#[test]
fn what_unpacks_to_more_than_the_limit_is_refused() {
    let headers = [GRPC[0], ("grpc-encoding", "gzip")];
    let body = packed(Encoding::Gzip, LIMIT + 1);
    let error = message(&mut answer(&headers, &body, OK)).unwrap_err();
    assert_eq!(error.grpc_code(), Code::ResourceExhausted);
}

#[test]
fn an_encoding_that_was_not_asked_for_is_an_error() {
    let headers = [GRPC[0], ("grpc-encoding", "snappy")];
    let error = message(&mut answer(&headers, b"\x01\0\0\0\x01h", OK)).unwrap_err();
    assert_eq!(error.grpc_code(), Code::Internal);
    assert!(error.message().contains("snappy"), "{error}");
}

#[tokio::test]
async fn a_request_says_what_it_is_compressed_with_and_what_is_read() {
    for (encoding, name) in [(Encoding::Identity, None), (Encoding::Gzip, Some("gzip"))] {
        let message = Text { text: "x".repeat(100_000) };
        let request = request(HeaderMap::new(), Given::One(message), &Link::default(), encoding);
        let request = request.unwrap();
        let header = |name| request.headers().get(name).map(|it| it.to_str().unwrap());
        assert_eq!(header("grpc-encoding"), name);
        assert_eq!(header("grpc-accept-encoding"), Some(Encoding::ACCEPTED));
        let body = request.into_body().collect(usize::MAX).await.unwrap();
        assert_eq!((body[0] == 1, body.len() < 10_000), (name.is_some(), name.is_some()));
    }
}
