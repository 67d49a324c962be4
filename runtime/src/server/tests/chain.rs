//! The chain of middleware.

use super::*;
use crate::surface::Encoding;

async fn rewrite(mut call: Call, next: Next<'_>) -> Result<Reply> {
    call.headers_mut().insert("x-md-global-who", "the middleware".parse().unwrap());
    Ok(next.run(call).await?.header("x-rewritten", "yes"))
}

async fn refuse(_: Call, _: Next<'_>) -> Result<Reply> {
    Err(Error::unauthorized("UNAUTHORIZED", "not you"))
}

async fn break_down(_: Call, _: Next<'_>) -> Result<Reply> {
    panic!("a middleware of the user's")
}

async fn recover(call: Call, next: Next<'_>) -> Result<Reply> {
    match next.run(call).await {
        Err(error) if error.code() == 500 => Err(Error::unavailable("RECOVERED", "later").expose()),
        other => other,
    }
}

fn with(middleware: impl Middleware) -> Options {
    Options { middleware: vec![Arc::new(middleware)], ..Options::default() }
}

#[tokio::test]
async fn a_middleware_changes_what_goes_in_and_what_comes_out() {
    let harness = start(with(rewrite)).await;
    let mut send = harness.h2().await;
    let answer = grpc(&mut send, "Beside", "").await;
    assert_eq!(answer.headers["x-beside"], "the middleware");
    assert_eq!(answer.headers["x-rewritten"], "yes");
}

#[tokio::test]
async fn a_middleware_may_answer_for_every_request() {
    let mut harness = start(with(refuse)).await;
    let mut client = harness.raw().await;
    for request in [
        post("/v1/echo", "{"),
        "GET /nowhere HTTP/1.1\r\nhost: t\r\n\r\n".to_owned(),
        "DELETE /v1/echo HTTP/1.1\r\nhost: t\r\n\r\n".to_owned(),
    ] {
        client.send(&request).await;
        let (head, body) = client.response().await;
        assert!(head.starts_with("http/1.1 401") && body.contains("not you"), "{head}{body}");
        assert_eq!(harness.outcome().await.2, "UNAUTHORIZED");
    }
    let mut send = harness.h2().await;
    assert_eq!(grpc(&mut send, "Nothing", "").await.grpc_status(), "16");
}

#[tokio::test]
async fn a_panic_below_is_an_error_to_middleware() {
    let harness = start(with(recover)).await;
    let mut send = harness.h2().await;
    assert_eq!(grpc(&mut send, "Panic", "").await.error().reason(), "RECOVERED");
}

/// Panics before it has made its future.
struct AtOnce;

impl Middleware for AtOnce {
    fn handle<'a>(&'a self, _: Call, _: Next<'a>) -> crate::call::BoxFuture<'a, Result<Reply>> {
        panic!("a middleware of the user's")
    }
}

#[tokio::test]
async fn a_panic_of_an_inner_middleware_is_an_error_to_the_outer_one() {
    let inner: [Arc<dyn Middleware>; 2] = [Arc::new(break_down), Arc::new(AtOnce)];
    for inner in inner {
        let middleware = vec![Arc::new(recover) as Arc<dyn Middleware>, inner];
        let mut harness = start(Options { middleware, ..Options::default() }).await;
        let mut send = harness.h2().await;
        assert_eq!(grpc(&mut send, "Echo", "").await.error().reason(), "RECOVERED");
        let mut client = harness.raw().await;
        client.send(&post("/v1/echo", "{}")).await;
        assert!(client.response().await.1.contains("RECOVERED"));
        for _ in 0..2 {
            assert_eq!(harness.outcome().await.2, "RECOVERED");
        }
    }
}

async fn stub(call: Call, _: Next<'_>) -> Result<Reply> {
    Ok(call.reply(&text("a stub"))?.status(203).header("x-from", "stub").trailer("x-after", "yes"))
}

#[tokio::test]
async fn a_middleware_may_make_a_success_of_its_own() {
    let router = axum::Router::new().route("/raw", axum::routing::get(async || "raw"));
    let routes = Routes { router: Some(router), ..Routes::default() };
    let mut harness = start(Options { routes, ..with(stub) }).await;
    let mut send = harness.h2().await;
    for method in ["Echo", "Fail", "Count"] {
        let answer = grpc(&mut send, method, "").await;
        assert_eq!((answer.grpc_status(), &answer.messages[..]), ("0", &[text("a stub")][..]));
        assert_eq!(answer.headers["x-from"], "stub");
        assert_eq!(answer.trailers["x-after"], "yes");
        assert_eq!(harness.outcome().await.1, 200);
    }
    let mut client = harness.raw().await;
    client.send(&post("/v1/echo", "{}")).await;
    let (head, body) = client.response().await;
    assert!(head.starts_with("http/1.1 203") && head.contains("x-from: stub"), "{head}");
    assert_eq!(body, r#"{"text":"a stub"}"#);
    assert_eq!(harness.outcome().await.1, 203);

    // Where there are no messages there is nothing to encode.
    client.send("GET /raw HTTP/1.1\r\nhost: t\r\n\r\n").await;
    assert!(client.response().await.0.starts_with("http/1.1 500"));
    assert_eq!(harness.outcome().await, ("/raw".to_owned(), 500, "INTERNAL".to_owned()));
    // What is refused stays refused.
    let mut request = grpc_request("/test.v1.Echo/Echo", framed(&text("")));
    request.headers_mut().insert("grpc-encoding", "snappy".parse().unwrap());
    let answer = take_apart(soon(send.send_request(request)).await.unwrap()).await;
    assert_eq!(answer.error().reason(), "UNSUPPORTED_MEDIA_TYPE");
    assert_eq!(answer.headers["grpc-accept-encoding"], Encoding::ACCEPTED);
}

#[tokio::test]
async fn a_panicking_middleware_is_a_500() {
    let harness = start(with(break_down)).await;
    let mut send = harness.h2().await;
    assert_eq!(grpc(&mut send, "Echo", "").await.grpc_status(), "13");
}

#[tokio::test]
async fn a_call_that_is_given_up_fires_on_end_once() {
    let mut harness = start(Options::default()).await;
    let mut send = harness.h2().await;
    // Enough messages to fill the stream's window: the answer has begun and does not end.
    let request = grpc_request("/test.v1.Echo/Count", framed(&text("1000000")));
    let response = soon(send.send_request(request)).await.unwrap();
    drop(response);
    assert_eq!(
        harness.outcome().await,
        ("/test.v1.Echo/Count".to_owned(), 499, "CANCELLED".to_owned())
    );
    drop(send);
    harness.serving.drain(PATIENCE).await;
    assert!(harness.ended.recv().await.is_none(), "told twice");
}

/// Waits for ever before anybody has read the request.
struct Waits(mpsc::UnboundedSender<Event>);

impl Middleware for Waits {
    fn handle<'a>(&'a self, _: Call, _: Next<'a>) -> crate::call::BoxFuture<'a, Result<Reply>> {
        let tell = Tell(self.0.clone());
        let _ = self.0.send(Event::Began);
        Box::pin(async move {
            let _tell = tell;
            std::future::pending().await
        })
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_is_heard_before_anybody_has_read_its_request() {
    let (send, mut events) = mpsc::unbounded_channel();
    let harness = start(with(Waits(send))).await;
    for path in ["/v1/echo", "/nowhere"] {
        let mut client = harness.raw().await;
        // Behind a whole request there is a test of its own.
        let whole = post(path, &" ".repeat(1000));
        client.send(&whole[..whole.len() - 500]).await;
        assert_eq!(soon(events.recv()).await, Some(Event::Began));
        drop(client);
        assert_eq!(soon(events.recv()).await, Some(Event::Dropped), "{path}");
    }
}
