//! Answers that are streams, from servers that are not ours: late, in events, compressed, or no streams at all.

use futures_util::StreamExt as _;
use http_body::Frame;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::*;
use crate::client::{Client, Compression};
use crate::service::{Given, MethodSpec, Shape};
use crate::surface::{Encoding, Wire};
use crate::{CallError, Streaming};

#[crate::message]
struct Text {
    text: String,
}

#[crate::error_reason(domain = "late.v1")]
#[derive(Debug, thiserror::Error)]
enum Late {
    #[error("after {sent}")]
    #[error_reason(code = 409)]
    Broke { sent: u32 },
}

type Answers = Streaming<Text, CallError<Late>>;

fn method(shape: Shape) -> &'static MethodSpec {
    Box::leak(Box::new(MethodSpec {
        shape,
        ..MethodSpec::new(
            "C",
            "/a.B/C",
            <Text as crate::message::Message>::describe,
            <Text as crate::message::Message>::describe,
        )
    }))
}

fn text(text: &str) -> Text {
    Text { text: text.to_owned() }
}

async fn client(scheme: &str, address: SocketAddr) -> Client {
    Client::connect(format!("{scheme}://{address}")).await.unwrap().with_deadline(10 * SECOND)
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(10 * SECOND, future).await.expect("in time")
}

/// The texts of a stream, and what ended it.
async fn texts(mut answers: Answers) -> (Vec<String>, Option<Error>) {
    let mut all = Vec::new();
    while let Some(answer) = soon(answers.next()).await {
        match answer {
            Ok(text) => all.push(text.text),
            Err(error) => return (all, Some(error.into())),
        }
    }
    (all, None)
}

/// A gRPC server that says nothing before it has read a message, and sends back what it reads. The head of its answer has
/// `x-late`; where a message says `fail` in place of the first one, it is an error alone.
async fn late(listener: TcpListener) {
    let (stream, _) = listener.accept().await.unwrap();
    let service = service_fn(|mut request: Request<Incoming>| async move {
        let first = request.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
        if first.ends_with(b"fail") {
            let answer = Response::builder()
                .header("content-type", "application/grpc")
                .header("grpc-status", "10")
                .header("grpc-message", "no")
                .body(BoxBody::default());
            return Ok::<_, std::convert::Infallible>(answer.unwrap());
        }
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut next = Some(first);
            while let Some(data) = next {
                sender.send(Frame::data(data)).await.unwrap();
                next = match request.body_mut().frame().await {
                    Some(Ok(frame)) => frame.into_data().ok(),
                    _ => None,
                };
            }
            let trailers = [("grpc-status".parse().unwrap(), "0".parse().unwrap())];
            sender.send(Frame::trailers(HeaderMap::from_iter(trailers))).await.unwrap();
        });
        let frames = received(receiver).map(Ok::<_, std::convert::Infallible>);
        let answer = Response::builder()
            .header("content-type", "application/grpc")
            .header("x-late", "yes")
            .body(BoxBody::new(StreamBody::new(frames)));
        Ok(answer.unwrap())
    });
    let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// What a channel brings, as it comes.
fn received<T: Send + 'static>(
    mut receiver: mpsc::Receiver<T>,
) -> impl futures_core::Stream<Item = T> + Send + 'static {
    futures_util::stream::poll_fn(move |cx| receiver.poll_recv(cx))
}

/// A call whose requests are fed by hand, none of them before it is open.
async fn talk() -> (mpsc::Sender<Text>, Answers) {
    let (listener, address) = listen().await;
    tokio::spawn(late(listener));
    let client = client("grpc", address).await;
    let (sender, receiver) = mpsc::channel(1);
    let requests = Given::Many(Streaming::of(received(receiver)));
    let answers = soon(client.open::<Text, Text, Late>(method(Shape::Bidi), requests)).await;
    (sender, answers.unwrap())
}

#[tokio::test]
async fn messages_that_are_always_there_do_not_outlive_the_deadline() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = service_fn(|_: Request<Incoming>| async {
            let message = Bytes::from_static(&[0, 0, 0, 0, 3, 10, 1, b'x']);
            let frames = (0..100)
                .map(move |_| Ok::<_, std::convert::Infallible>(Frame::data(message.clone())));
            let answer = Response::builder()
                .header("content-type", "application/grpc")
                .body(StreamBody::new(futures_util::stream::iter(frames)));
            Ok::<_, std::convert::Infallible>(answer.unwrap())
        });
        let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), service)
            .await;
    });
    let deadline = std::time::Instant::now() + Duration::from_millis(300);
    let client = client("grpc", address).await.with_deadline(deadline);
    let given = Given::One(text("go"));
    let mut answers: Answers = soon(client.open(method(Shape::ServerStream), given)).await.unwrap();
    assert_eq!(soon(answers.next()).await.unwrap().unwrap().text, "x");
    // Meanwhile all the others arrive, and the end of the stream behind them.
    tokio::time::sleep_until(deadline.into()).await;
    let (read, error) = texts(answers).await;
    assert!(read.len() < 100, "{}", read.len());
    assert_eq!(error.unwrap().reason(), "DEADLINE_EXCEEDED");
}

#[tokio::test]
async fn a_call_is_open_before_a_server_that_waits_for_its_first_request() {
    let (sender, mut answers) = talk().await;
    assert!(answers.headers().is_empty(), "the head has not come");
    for said in ["a", "b"] {
        sender.send(text(said)).await.unwrap();
        assert_eq!(soon(answers.next()).await.unwrap().unwrap().text, said);
        assert_eq!(answers.headers()["x-late"], "yes");
    }
    drop(sender);
    assert_eq!(texts(answers).await.0.len(), 0);
}

#[tokio::test]
async fn what_such_a_server_fails_with_is_the_first_item() {
    let (sender, answers) = talk().await;
    sender.send(text("fail")).await.unwrap();
    let (none, error) = texts(answers).await;
    let error = error.unwrap();
    assert_eq!((none.len(), error.grpc_code(), error.message()), (0, Code::Aborted, "no"));
}

#[tokio::test]
async fn requests_that_are_all_there_have_their_error_from_the_call() {
    let (listener, address) = listen().await;
    tokio::spawn(late(listener));
    let requests = Given::Many([text("fail")].into_iter().collect());
    let client = client("grpc", address).await;
    let opened = soon(client.open::<Text, Text, Late>(method(Shape::Bidi), requests)).await;
    assert_eq!(opened.unwrap_err().grpc_code(), Code::Aborted);
}

#[tokio::test]
async fn a_call_that_is_dropped_before_its_head_ends_its_requests() {
    let (sender, answers) = talk().await;
    drop(answers);
    soon(sender.closed()).await;
}

#[tokio::test]
async fn replies_that_are_compressed_are_unpacked_one_by_one() {
    unpacked(Compression::Gzip, Encoding::Deflate).await;
    unpacked(Compression::Deflate, Encoding::Gzip).await;
    #[cfg(feature = "zstd")]
    unpacked(Compression::Zstd, Encoding::Zstd).await;
}

/// A call whose request is compressed with the one and whose replies are with the other.
async fn unpacked(compression: Compression, sent: Encoding) {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // Says who may compress, and compresses.
        serve(stream, true, move |request| async move {
            let named = &request.headers()["grpc-encoding"];
            assert_eq!(Encoding::named(named.as_bytes()), Some(compression.into()));
            let accepted = request.headers()["grpc-accept-encoding"].to_str().unwrap().to_owned();
            let wire = Wire { sent, ..Wire::default() };
            let mut body = Vec::new();
            wire.append(&text(&accepted), &mut body).unwrap();
            wire.append(&text(&"x".repeat(50_000)), &mut body).unwrap();
            let mut answer = Response::new(Full::from(body));
            let headers = answer.headers_mut();
            headers.insert("content-type", "application/grpc".parse().unwrap());
            headers.insert("grpc-encoding", sent.name().parse().unwrap());
            answer
        })
        .await;
    });
    let client = client("grpc", address).await.with_compression(compression);
    let request = Given::One(text(&"x".repeat(2000)));
    let answers = client.open::<Text, Text, Late>(method(Shape::ServerStream), request).await;
    let (all, end) = texts(answers.unwrap()).await;
    assert_eq!(all[0], Encoding::ACCEPTED);
    assert_eq!(all[1].len(), 50_000);
    assert_eq!(end.unwrap().grpc_code(), Code::Unknown, "this server says nothing at the end");
}

/// Answers one call over HTTP/1.1 with these bytes; the head of the request.
async fn answer(head: &str, body: &str) -> (Result<Answers>, String) {
    let (address, served) = answering(head, body).await;
    let client = client("http", address).await;
    let request = Given::One(text("hi"));
    let opened = soon(client.open::<Text, Text, Late>(method(Shape::ServerStream), request)).await;
    (opened, served.await.unwrap())
}

/// A server that answers one call over HTTP/1.1 with these bytes, and what it heard.
async fn answering(head: &str, body: &str) -> (SocketAddr, JoinHandle<String>) {
    let (listener, address) = listen().await;
    let length = body.len();
    let bytes = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n{body}");
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let read = stream.read(&mut head).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, bytes.as_bytes()).await.unwrap();
        head.truncate(read);
        String::from_utf8(head).unwrap()
    });
    (address, served)
}

/// The first message of an answer, of one that streams too.
async fn ask(client: Client, shape: Shape, said: &str) -> Result<Text> {
    let request = Given::One(text(said));
    if shape == Shape::Unary {
        return Ok(soon(client.call::<Text, Text>(method(shape), request)).await?.into_inner());
    }
    let mut answers = soon(client.open::<Text, Text, Late>(method(shape), request)).await?;
    soon(answers.next()).await.unwrap().map_err(Error::from)
}

#[tokio::test]
async fn a_message_may_be_as_large_as_its_client_says_and_no_larger() {
    // So long are both as they are sent: a tag and a length over gRPC, and `{"text":""}`.
    let (packed, json) = ("x".repeat(98), format!(r#"{{"text":"{}"}}"#, "x".repeat(89)));
    let events = format!("data: {json}\n\n");
    for limit in [100, 99] {
        let check = |answer: Result<Text>, what: &str| match answer {
            Ok(_) => assert_eq!(limit, 100, "{what}"),
            Err(error) => {
                assert_eq!(limit, 99, "{what}: {error:?}");
                assert_eq!((error.code(), error.reason()), (500, reasons::BODY_TOO_LARGE));
                assert_eq!(error.grpc_code(), Code::ResourceExhausted, "{what}");
                assert!(error.message().contains("larger than 99 bytes"), "{what}: {error}");
            }
        };
        for shape in [Shape::Unary, Shape::ServerStream] {
            let (listener, address) = listen().await;
            tokio::spawn(late(listener));
            let client = client("grpc", address).await.with_max_body(limit);
            check(ask(client, shape, &packed).await, "gRPC");
        }
        for (shape, media, body) in [
            (Shape::Unary, "json", &json),
            (Shape::ServerStream, "x-ndjson", &json),
            (Shape::ServerStream, "x-ndjson", &format!("{json}\n")),
            (Shape::ServerStream, "event-stream", &events),
        ] {
            let kind = if media == "event-stream" { "text" } else { "application" };
            let head = format!("200 OK\r\ncontent-type: {kind}/{media}");
            let (address, _) = answering(&head, body).await;
            let client = client("http", address).await.with_max_body(limit);
            check(ask(client, shape, "hi").await, media);
        }
    }
}

#[tokio::test]
async fn the_events_of_a_kratos_server_are_messages_and_its_last_one_the_error() {
    let body = "event: message\ndata: {\"text\":\"a\"}\n\n: still here\n\ndata: {\"text\":\ndata: \"b\"}\n\n\
                event: error\ndata: {\"code\":409, \"reason\":\"BROKE\", \"message\":\"after 2\", \
                \"metadata\":{\"sent\":\"2\"}}\n\n";
    let head = "200 OK\r\ncontent-type: text/event-stream; charset=utf-8";
    let (answers, asked) = answer(head, body).await;
    assert!(asked.contains("\r\naccept: application/x-ndjson, text/event-stream;q=0.9\r\n"));
    assert!(asked.contains("\r\ngrpc-timeout: "), "{asked}");
    let mut answers = answers.unwrap();
    for said in ["a", "b"] {
        assert_eq!(soon(answers.next()).await.unwrap().unwrap().text, said);
    }
    let end = soon(answers.next()).await.unwrap().unwrap_err();
    assert!(matches!(end, CallError::Reason(Late::Broke { sent: 2 })), "{end:?}");
    assert!(soon(answers.next()).await.is_none());
}

#[tokio::test]
async fn an_event_that_was_not_ended_is_none() {
    let head = "200 OK\r\ncontent-type: text/event-stream";
    let body = "\u{feff}data: {\"text\":\"a\"}\r\rdata: {\"text\":\"b\"}\r";
    let (answers, _) = answer(head, body).await;
    let (all, end) = texts(answers.unwrap()).await;
    assert_eq!(all, ["a"]);
    assert!(end.is_none(), "{end:?}");
}

#[tokio::test]
async fn lines_of_any_server_are_read_a_last_one_without_its_end_too() {
    for media in ["application/x-ndjson", "application/jsonl", "Application/NDJSON"] {
        let head = format!("200 OK\r\ncontent-type: {media}");
        let (answers, _) = answer(&head, "{\"text\":\"a\"}\r\n\n{\"text\":\"b\"}").await;
        assert_eq!(texts(answers.unwrap()).await.0, ["a", "b"]);
        let failed = "{\"text\":\"a\"}\n{ \"error\": {\"code\":503,\"reason\":\"AWAY\"}}\n";
        let (answers, _) = answer(&head, failed).await;
        let (all, end) = texts(answers.unwrap()).await;
        let end = end.unwrap();
        assert_eq!((all.len(), end.code(), end.reason()), (1, 503, "AWAY"));
    }
    let (answers, _) = answer("204 No Content", "").await;
    assert_eq!(texts(answers.unwrap()).await.0.len(), 0);
}

#[tokio::test]
async fn an_answer_that_is_no_stream_or_none_that_can_be_read_is_an_error() {
    let (answers, _) = answer("200 OK\r\ncontent-type: text/html", "<html>").await;
    let error = answers.unwrap_err();
    assert!(error.code() == 500 && error.message().contains("text/html"), "{error:?}");

    let told = r#"{"code":409,"reason":"BROKE","message":"after 0","metadata":{"sent":"0"}}"#;
    let (answers, _) = answer("409 Conflict\r\ncontent-type: application/json", told).await;
    assert_eq!(answers.unwrap_err().reason(), "BROKE");

    let lines = "200 OK\r\ncontent-type: application/x-ndjson";
    let events = "200 OK\r\ncontent-type: text/event-stream";
    for (head, body, part) in [
        (lines, "{\"text\":", "cannot be read"),
        (lines, "[]\n", "cannot be read"),
        (events, "event: error\ndata: out of order\n\n", "failed: out of order"),
    ] {
        let (answers, _) = answer(head, body).await;
        let (all, end) = texts(answers.unwrap()).await;
        let end = end.unwrap();
        assert!(all.is_empty() && end.code() == 500, "{end:?}");
        assert!(end.message().contains(part), "{end:?}");
    }
}
