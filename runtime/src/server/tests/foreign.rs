//! The user's own axum routes, and services built with tonic.

use std::convert::Infallible;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::{get, put};
use http_body_util::BodyExt as _;

use super::*;

fn routes(router: Router) -> Options {
    Options { routes: Routes { router: Some(router), ..Routes::default() }, ..Options::default() }
}

async fn request(client: &mut Plain, method: &str, path: &str) -> (String, String) {
    client.send(&format!("{method} {path} HTTP/1.1\r\nhost: t\r\nx-md-global-a: b\r\n\r\n")).await;
    client.response().await
}

#[tokio::test]
async fn raw_routes_pass_the_middleware_under_their_template() {
    let router = Router::new()
        .route("/files/{name}", get(|| async { "a file" }))
        .route(
            "/peer",
            get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()),
        )
        .route(
            "/flow",
            get(async || {
                let context = crate::call::current().unwrap();
                context.header("x-md-global-a").unwrap_or_default().to_owned()
            }),
        )
        .route("/panic", get(async || -> &'static str { panic!("on purpose") }));
    let mut harness = start(routes(router)).await;
    let mut client = harness.raw().await;
    for (path, operation, body) in [
        ("/files/x", "/files/{name}", "a file"),
        ("/peer", "/peer", "127.0.0.1"),
        ("/flow", "/flow", "b"),
    ] {
        assert_eq!(request(&mut client, "GET", path).await.1, body);
        assert_eq!(harness.outcome().await, (operation.to_owned(), 200, String::new()));
    }
    let (head, body) = request(&mut client, "GET", "/panic").await;
    assert!(head.starts_with("http/1.1 500") && body.contains("INTERNAL"), "{head}{body}");
    assert_eq!(harness.outcome().await.1, 500);
}

#[tokio::test]
async fn without_a_fallback_what_is_missing_has_our_shape() {
    let mut harness = start(routes(Router::new().route("/files", get(|| async { "" })))).await;
    let mut client = harness.raw().await;
    for (method, path, code, reason) in [
        ("GET", "/nowhere", 404, "ROUTE_NOT_FOUND"),
        ("DELETE", "/files", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/v1/echo", 405, "METHOD_NOT_ALLOWED"),
    ] {
        let (head, body) = request(&mut client, method, path).await;
        assert!(head.starts_with(&format!("http/1.1 {code}")), "{head}");
        assert!(body.contains(reason), "{body}");
        assert_eq!(head.contains("allow: "), code == 405, "{head}");
        assert_eq!(harness.outcome().await.2, reason);
    }
    // Unknown gRPC methods stay gRPC errors.
    let mut send = harness.h2().await;
    assert_eq!(grpc(&mut send, "Nothing", "").await.grpc_status(), "12");
}

#[tokio::test]
async fn a_route_that_says_little_answers_for_itself() {
    let router = Router::new()
        .route("/gone", get(async || StatusCode::NOT_FOUND))
        .route("/not-now", get(async || StatusCode::METHOD_NOT_ALLOWED))
        .route("/v1/echo", put(async || "theirs"));
    let mut harness = start(routes(router)).await;
    let mut client = harness.raw().await;
    for (path, code) in [("/gone", 404), ("/not-now", 405)] {
        let (head, body) = request(&mut client, "GET", path).await;
        assert!(head.starts_with(&format!("http/1.1 {code}")), "{head}");
        assert_eq!(body, "", "{head}");
        assert_eq!(harness.outcome().await, (path.to_owned(), code, String::new()));
    }
    // A path that both of us have: what either takes is allowed.
    let (head, _) = request(&mut client, "DELETE", "/v1/echo").await;
    let allow = head.lines().find(|line| line.starts_with("allow: ")).unwrap();
    assert!(allow.contains("post") && allow.contains("put"), "{allow}");
    assert_eq!(harness.outcome().await.2, "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn a_fallback_of_the_users_wins() {
    let router = Router::new().fallback(async || (StatusCode::NOT_FOUND, "nothing, says the user"));
    let mut harness = start(routes(router)).await;
    let mut client = harness.raw().await;
    let (head, body) = request(&mut client, "GET", "/nowhere").await;
    assert!(head.starts_with("http/1.1 404"), "{head}");
    assert_eq!(body, "nothing, says the user");
    assert_eq!(harness.outcome().await, ("unmatched".to_owned(), 404, String::new()));
    assert_eq!(request(&mut client, "GET", "/echo/x").await.1, r#"{"text":"x"}"#);
}

/// What tonic's code generation would have made, by hand: it answers with what it was asked.
#[derive(Clone)]
struct Foreign;

impl tonic::server::NamedService for Foreign {
    const NAME: &'static str = "foreign.v1.Foreign";
}

impl tower_service::Service<Request<tonic::body::Body>> for Foreign {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = crate::call::BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<tonic::body::Body>) -> Self::Future {
        Box::pin(async move {
            if request.uri().path().ends_with("/Fail") {
                return Ok(tonic::Status::data_loss("gone").into_http());
            }
            let bytes = request.into_body().collect().await.unwrap().to_bytes();
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", "0".parse().unwrap());
            let body = Full::new(bytes).with_trailers(async { Some(Ok(trailers)) });
            let mut response = Response::new(tonic::body::Body::new(body));
            response.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
            Ok(response)
        })
    }
}

#[tokio::test]
async fn a_tonic_service_is_behind_the_same_middleware() {
    let tonic = vec![crate::foreign::TonicService::new(Foreign)];
    let routes = Routes { tonic, ..Routes::default() };
    let mut harness = start(Options { routes, ..Options::default() }).await;
    let mut send = harness.h2().await;
    let asked = grpc_request("/foreign.v1.Foreign/Ask", framed(&text("what")));
    let answer = take_apart(soon(send.send_request(asked)).await.unwrap()).await;
    assert_eq!((answer.grpc_status(), &answer.messages[..]), ("0", &[text("what")][..]));
    let operation = "/foreign.v1.Foreign/Ask".to_owned();
    assert_eq!(harness.outcome().await, (operation, 200, String::new()));

    let failing = grpc_request("/foreign.v1.Foreign/Fail", framed(&text("what")));
    let answer = take_apart(soon(send.send_request(failing)).await.unwrap()).await;
    assert_eq!(answer.grpc_status(), "15");
    assert_eq!(answer.headers["grpc-message"], "gone");
    assert_eq!(harness.outcome().await.1, 500);

    // Which encodings it reads is its own to say.
    let mut packed = grpc_request("/foreign.v1.Foreign/Ask", framed(&text("what")));
    packed.headers_mut().insert("grpc-encoding", "gzip".parse().unwrap());
    let answer = take_apart(soon(send.send_request(packed)).await.unwrap()).await;
    assert_eq!((answer.grpc_status(), &answer.messages[..]), ("0", &[text("what")][..]));
    assert_eq!(harness.outcome().await.1, 200);

    // A longer name is another service's.
    let other = grpc_request("/foreign.v1.Foreigner/Ask", framed(&text("what")));
    let answer = take_apart(soon(send.send_request(other)).await.unwrap()).await;
    assert_eq!(answer.grpc_status(), "12");
    let mut client = harness.raw().await;
    client.send(&post("/foreign.v1.Foreign/Ask", "{}")).await;
    assert!(client.response().await.0.starts_with("http/1.1 404"));
}
