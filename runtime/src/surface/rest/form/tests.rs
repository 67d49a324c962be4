//! Forms in any pieces, whole and broken.

use std::future::poll_fn;

use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;

use super::*;
use crate::Error;

const LIMIT: usize = 4 * 1024 * 1024;

/// The parts of a form whose boundary is `x-y`, sent in these pieces, and what ended it.
async fn parts(pieces: &[&[u8]], limit: usize) -> (Vec<FormPart>, Option<Error>) {
    let media = HeaderValue::from_static("multipart/form-data; boundary=x-y");
    let mut form = Form::new(Some(&media)).unwrap();
    let frames: Vec<_> = pieces
        .iter()
        .map(|piece| Ok::<_, Error>(Frame::data(Bytes::copy_from_slice(piece))))
        .collect();
    let mut body = Body::new(StreamBody::new(stream::iter(frames)));
    let mut parts = Vec::new();
    loop {
        match poll_fn(|cx| form.poll_part(&mut body, limit, cx)).await {
            Ok(Some(part)) => parts.push(part),
            Ok(None) => return (parts, None),
            Err(error) => return (parts, Some(error)),
        }
    }
}

async fn failure(form: &[u8]) -> (u16, String) {
    let error = parts(&[form], LIMIT).await.1.expect("a form that is wrong");
    (error.code(), error.reason().to_owned())
}

/// A form of one part with this head.
fn with_head(head: &str) -> Vec<u8> {
    format!("--x-y\r\n{head}\r\n\r\ndata\r\n--x-y--\r\n").into_bytes()
}

/// What the only part of a form with this disposition says of itself.
async fn disposed(disposition: &str) -> (String, Option<String>) {
    let form = with_head(&format!("Content-Disposition: {disposition}"));
    let (mut parts, error) = parts(&[&form], LIMIT).await;
    assert!(error.is_none(), "{disposition}: {error:?}");
    let part = parts.remove(0);
    (part.name, part.file_name)
}

/// Data that looks like a boundary wherever it can.
const NASTY: &[u8] = b"\r\n--x-\r\n--x\r\n-\r\r\n--x-z\r\n\r\n--x-y";

fn nasty_form() -> Vec<u8> {
    let mut form =
        b"a preamble\r\n--x-y \t\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n"
            .to_vec();
    form.extend_from_slice(b"Sky \xe2\x82\xac\r\n--x-y\r\ncontent-type:image/png\r\nCONTENT-DISPOSITION: Form-Data; name=photo; filename=\"a;\\\"b.png\"\r\n\r\n");
    form.extend_from_slice(&NASTY[..NASTY.len() - 1]);
    form.extend_from_slice(b"\r\n--x-y\r\nContent-Disposition: form-data; name=\"none\"; filename=\"\"\r\n\r\n\r\n--x-y--\r\nan epilogue\r\n--x-y\r\n");
    form
}

#[tokio::test]
async fn parts_come_out_whole_wherever_the_form_was_cut() {
    let form = nasty_form();
    let photo = FormPart::file("photo", "a;\"b.png", "image/png", &NASTY[..NASTY.len() - 1]);
    let expected =
        [FormPart::field("title", "Sky €"), photo, FormPart::file("none", "", "", Bytes::new())];
    for at in 0..=form.len() {
        let (first, second) = form.split_at(at);
        let (parts, error) = parts(&[first, second], LIMIT).await;
        assert!(error.is_none(), "cut at {at}: {error:?}");
        assert_eq!(parts, expected, "cut at {at}");
    }
    let bytes: Vec<_> = form.chunks(1).collect();
    assert_eq!(parts(&bytes, LIMIT).await.0, expected, "byte by byte");
}

#[tokio::test]
async fn a_form_that_is_cut_off_is_an_error_wherever_that_is() {
    let form = nasty_form();
    let end = form.windows(7).rposition(|bytes| bytes == b"--x-y--").unwrap() + 7;
    for at in 0..end {
        assert_eq!(failure(&form[..at]).await, (400, "CODEC".to_owned()), "cut at {at}");
    }
    assert!(parts(&[&form[..end]], LIMIT).await.1.is_none());
    let (parts, error) = parts(&[b"--x-y--"], LIMIT).await;
    assert!(parts.is_empty() && error.is_none(), "a form without parts");
}

#[tokio::test]
async fn a_long_part_comes_in_pieces_and_a_short_one_never_does() {
    let form = |length: usize| {
        let mut form = with_head("content-disposition: form-data; name=f; filename=g");
        let data = form.windows(4).rposition(|bytes| bytes == b"data").unwrap();
        form.splice(data..data + 4, std::iter::repeat_n(7, length));
        form
    };
    let short = form(WHOLE - 1);
    let pieces: Vec<_> = short.chunks(1000).collect();
    let (got, _) = parts(&pieces, LIMIT).await;
    assert_eq!(got, [FormPart::file("f", "g", "", vec![7; WHOLE - 1])]);

    let long = form(3 * WHOLE);
    for (size, limit) in [(1000, LIMIT), (long.len(), LIMIT), (16_384, 10_000), (long.len(), 999)] {
        let pieces: Vec<_> = long.chunks(size).collect();
        let (got, error) = parts(&pieces, limit).await;
        assert!(error.is_none() && got.iter().all(|part| part.name == "f"), "{error:?}");
        assert!(got.iter().all(|part| part.data.len() <= limit));
        assert_eq!(got[0].data.len(), WHOLE.min(limit), "as much as one message may have");
        assert_eq!(got.iter().map(|part| part.data.len()).sum::<usize>(), 3 * WHOLE);
        let (last, before) = got.split_last().unwrap();
        assert!(!last.more && before.iter().all(|part| part.more));
    }
}

#[tokio::test]
async fn what_a_part_says_of_itself_is_read_as_it_is_written() {
    let some = |name: &str, file: &str| (name.to_owned(), Some(file.to_owned()));
    for (disposition, expected) in [
        ("form-data; name=a", ("a".to_owned(), None)),
        ("form-data; name=\"\"", (String::new(), None)),
        ("form-data;name=\"a b\" ; x; filename = c.txt", some("a b", "c.txt")),
        ("form-data; filename=\"name=x; y\"; name=\"a\"", some("a", "name=x; y")),
        (
            "form-data; name=\"a\"; filename=\"C:\\dir\\\\f \\\"q\\\"\"",
            some("a", "C:\\dir\\f \"q\""),
        ),
        ("form-data; name=\"日本\"; filename=\"€%22.txt\"", some("日本", "€%22.txt")),
        (
            "form-data; name=a; filename=\"x\"; filename*=UTF-8''%e2%82%ac%20.txt",
            some("a", "€ .txt"),
        ),
        ("form-data; name=a; filename=\"x\"; filename*=ISO-8859-1''%e4", some("a", "x")),
        ("form-data; name=a; filename=\"x\"; filename*=UTF-8''%e4", some("a", "x")),
    ] {
        assert_eq!(disposed(disposition).await, expected, "{disposition}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_form_has_a_code_and_a_reason() {
    let named = "content-disposition: form-data; name=a";
    let codec = (400, "CODEC".to_owned());
    for head in [
        "",
        "content-type: text/plain",
        "content-disposition: attachment; name=a",
        "content-disposition: form-data",
        "content-disposition: form-data; filename=a",
        "content-disposition: form-data; name=\"a",
        "content-disposition: form-data; name",
        "no header at all",
        &format!("{named}\r\n folded: no"),
        &format!("{named}{}", "\r\nx: y".repeat(16)),
    ] {
        assert_eq!(failure(&with_head(head)).await, codec, "{head}");
    }
    let bytes = b"--x-y\r\ncontent-disposition: form-data; name=\"\xff\"\r\n\r\n\r\n--x-y--";
    assert_eq!(failure(bytes).await, codec, "a name that is not UTF-8");
    for form in ["", "no form", "--x-yz\r\n", "--x-y\n\n--x-y--", "\n--x-y--"] {
        assert_eq!(failure(form.as_bytes()).await, codec, "{form:?}");
    }
    assert_eq!(failure(&[b'x'; 10_000]).await, codec, "before the form has ended");
    let large = (413, "BODY_TOO_LARGE".to_owned());
    let head = format!("{named}\r\nx: {}", "y".repeat(8 * 1024));
    assert_eq!(failure(&with_head(&head)).await, large);
    assert_eq!(failure(format!("--x-y\r\n{head}").as_bytes()).await, large, "before it has ended");
    for (more, fits) in [(0, true), (1, false)] {
        let rest = 8 * 1024 - "\r\n".len() - format!("{named}\r\nx: ").len() + more;
        let form = with_head(&format!("{named}\r\nx: {}", "y".repeat(rest)));
        for size in [1, form.len()] {
            let pieces: Vec<_> = form.chunks(size).collect();
            assert_eq!(parts(&pieces, LIMIT).await.1.is_none(), fits, "{more} more in {size}s");
        }
    }
    let part = format!("--x-y\r\n{named}\r\n\r\n\r\n");
    assert_eq!(failure(part.repeat(1001).as_bytes()).await, large);
    let most = format!("{}--x-y--", part.repeat(1000));
    assert!(parts(&[most.as_bytes()], LIMIT).await.1.is_none());
}

#[test]
fn the_content_type_names_the_boundary() {
    let long = format!("multipart/form-data; boundary={}", "b".repeat(71));
    for (media, boundary) in [
        ("multipart/form-data; boundary=abc", Some("abc")),
        ("multipart/form-data; charset=utf-8;BOUNDARY=\"a; b\"", Some("a; b")),
        ("multipart/form-data; boundary=abc ; charset=utf-8", Some("abc")),
        ("multipart/form-data", None),
        ("multipart/form-data; boundary=", None),
        ("multipart/form-data; boundary=\"a", None),
        ("multipart/form-data; notboundary=a", None),
        (&long, None),
    ] {
        let read = head::boundary(media);
        assert_eq!(read.as_deref().ok(), boundary, "{media}");
        assert!(read.is_ok() || read.unwrap_err().code() == 400);
    }
    assert!(Form::new(None).is_err());
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_caller_that_went_away() {
    let media = HeaderValue::from_static("multipart/form-data; boundary=x-y");
    let mut form = Form::new(Some(&media)).unwrap();
    let frames = [Ok(Frame::data(Bytes::from_static(b"--x-y\r\n"))), Err("gone")];
    let mut body = Body::new(StreamBody::new(stream::iter(frames)));
    let error = poll_fn(|cx| form.poll_part(&mut body, LIMIT, cx)).await.unwrap_err();
    assert_eq!(error.code(), 499);
}
