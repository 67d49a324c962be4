//! The user's own axum routes, services built with tonic, and tower layers: behind the same chain, otherwise untouched.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use bident::prelude::*;
use e2e::{GrpcCall, WIRES, call, grpc, start};

use crate::common::{Note, Plain, wire};
use crate::tonic_built::{COUNT, DETAILS, ECHO, ECHO_MESSAGE, FAIL, Legacy};

struct Native;

#[service(package = "native.v1")]
impl Native {
    #[rpc(post = "/native")]
    async fn echo(&self, note: Note) -> Note {
        note
    }

    #[rpc(post = "/hang", timeout = "300ms")]
    async fn hang(&self) -> Note {
        std::future::pending().await
    }

    /// Passes on what a tonic client would have got from another server.
    #[rpc(post = "/relay")]
    async fn relay(&self) -> Result<Note, Error> {
        let mut status =
            tonic::Status::with_details(tonic::Code::NotFound, "not there", DETAILS.into());
        status.metadata_mut().insert("x-why", "moved".parse().expect("a value"));
        Err(status.into())
    }
}

fn routes() -> Router {
    Router::new()
        .route("/raw/{id}", get(async |id: axum::extract::Path<String>| format!("raw {}", *id)))
        .route("/raw/own404", get(async || (StatusCode::NOT_FOUND, "my own words")))
        .route("/raw/echo", post(async |body: String| body))
        .route("/raw/explode", get(explode))
}

async fn explode() -> &'static str {
    panic!("a raw route fell over")
}

fn app() -> App {
    App::new("foreign").service(Native)
}

#[tokio::test]
async fn routes_answer_for_themselves() {
    let server = start(app().routes(routes())).await;
    for over in WIRES {
        let answer = call("GET", "/raw/7").over(over).send(server.addr).await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "raw 7"));
        assert!(answer.header("content-type").starts_with("text/plain"));
        let own = call("GET", "/raw/own404").over(over).send(server.addr).await;
        assert_eq!((own.status.as_u16(), own.text().as_str()), (404, "my own words"));
        let large = "x".repeat(100_000);
        let echo = call("POST", "/raw/echo").body(large.clone()).over(over);
        assert_eq!(echo.send(server.addr).await.text(), large);
        let native = call("POST", "/native").json(crate::common::json("n")).over(over);
        assert_eq!(native.send(server.addr).await.json()["text"], "n");
    }
    assert_eq!(grpc(server.addr, "/native.v1.Native/Echo", &wire("n")).await.status, 0);
}

#[tokio::test]
async fn without_a_fallback_of_its_own_bare_answers_become_ours() {
    let server = start(app().routes(routes())).await;
    for over in WIRES {
        let nowhere = call("GET", "/nowhere").over(over).send(server.addr).await;
        assert_eq!(nowhere.failure(), (404, "ROUTE_NOT_FOUND".into()), "{over:?}");
        let wrong = call("DELETE", "/raw/7").over(over).send(server.addr).await;
        assert_eq!(wrong.failure(), (405, "METHOD_NOT_ALLOWED".into()), "{over:?}");
        assert!(wrong.header("allow").contains("GET"), "{:?}", wrong.headers);
    }
    let nowhere = grpc(server.addr, "/no.v1.No/Where", &()).await;
    assert_eq!(nowhere.failure(), (12, "METHOD_NOT_FOUND".into()));
}

#[tokio::test]
async fn its_own_fallback_wins() {
    let fallback = async || (StatusCode::IM_A_TEAPOT, "my own fallback");
    let server = start(app().routes(routes().fallback(fallback))).await;
    for over in WIRES {
        let nowhere = call("GET", "/nowhere").over(over).send(server.addr).await;
        assert_eq!((nowhere.status.as_u16(), nowhere.text().as_str()), (418, "my own fallback"));
    }
    let raw = call("GET", "/raw/7").send(server.addr).await;
    assert_eq!(raw.text(), "raw 7");
    // What a service's path does not take goes on to the routes, and so to their fallback.
    let wrong = call("DELETE", "/native").send(server.addr).await;
    assert_eq!((wrong.status.as_u16(), wrong.text().as_str()), (418, "my own fallback"));
    let nowhere = grpc(server.addr, "/no.v1.No/Where", &()).await;
    assert_eq!(nowhere.failure(), (12, "METHOD_NOT_FOUND".into()), "a page is no gRPC answer");
}

#[tokio::test]
async fn a_panic_in_a_route_is_an_answer() {
    let server = start(app().routes(routes())).await;
    for over in WIRES {
        let answer = call("GET", "/raw/explode").over(over).send(server.addr).await;
        assert_eq!(answer.failure(), (500, "INTERNAL".into()), "{over:?}");
        assert!(!answer.text().contains("fell over"));
    }
}

#[tokio::test]
async fn routes_obey_the_callers_deadline_and_not_the_servers_timeout() {
    let (release, released) = tokio::sync::watch::channel(false);
    let slow = get(async move || {
        released.clone().wait_for(|go| *go).await.expect("the test is there");
        "at last"
    });
    let settings = "server: {timeout: 200ms}";
    let routes = Router::new().route("/slow", slow);
    let server = start(app().defaults(settings).routes(routes)).await;
    let pending = call("GET", "/slow").begin(server.addr).await;
    let impatient = call("GET", "/slow").header("connect-timeout-ms", "300");
    assert_eq!(impatient.send(server.addr).await.failure(), (504, "DEADLINE_EXCEEDED".into()));
    let unary = call("POST", "/hang").send(server.addr).await;
    assert_eq!(unary.failure(), (504, "DEADLINE_EXCEEDED".into()));
    release.send_replace(true);
    assert_eq!(pending.answer().await.text(), "at last");
}

/// Takes the connection over and sends back what comes, as a WebSocket would.
async fn take_over(mut request: axum::extract::Request) -> axum::response::Response {
    let taken = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let socket = hyper_util::rt::TokioIo::new(taken.await.expect("the connection"));
        let (mut from, mut to) = tokio::io::split(socket);
        tokio::io::copy(&mut from, &mut to).await.ok();
    });
    let headers = [("connection", "upgrade"), ("upgrade", "echo")];
    axum::response::IntoResponse::into_response((StatusCode::SWITCHING_PROTOCOLS, headers))
}

#[tokio::test]
async fn a_route_may_take_its_connection_over() {
    let routes = Router::new().route("/upgrade", get(take_over));
    let server = start(app().defaults("server: {idle_timeout: 300ms}").routes(routes)).await;
    let mut raw = e2e::Raw::connect(server.addr).await;
    raw.send("GET /upgrade HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n")
        .await;
    assert!(raw.until("\r\n\r\n").await.starts_with("HTTP/1.1 101"));
    raw.send("ping").await;
    raw.until("ping").await;
    // It is no idle connection of the server's any more: one that is goes first.
    let mut idle = e2e::Connection::open(server.addr, e2e::Wire::Http1).await;
    call("GET", "/nowhere").send_on(&mut idle).await;
    idle.closed().await;
    raw.send("pong").await;
    raw.until("pong").await;
    server.stop().await.expect("a clean stop");
}

#[tokio::test]
async fn a_tonic_built_service_is_served_whole() {
    let server = start(app().tonic(Legacy)).await;
    let echo = GrpcCall::new(ECHO, &wire("x")).header("x-in", "seen").send(server.addr).await;
    assert_eq!(echo.header("x-seen"), "seen");
    assert_eq!(echo.decode::<Plain>().text, "x");

    let echo = grpc(server.addr, ECHO_MESSAGE, &wire("x")).await;
    assert_eq!(echo.decode::<Plain>().text, "x", "a message of the kit in tonic's codec");

    let failed = grpc(server.addr, FAIL, &wire("x")).await;
    assert_eq!((failed.status, failed.message.as_str()), (15, "lost"));
    assert_eq!((failed.trailer("x-why"), &*failed.details()), ("rust", DETAILS));

    let counted = grpc(server.addr, COUNT, &wire("3")).await;
    assert_eq!((counted.status, counted.messages.len()), (0, 3));
    let unknown = grpc(server.addr, "/legacy.v1.Legacy/Rest", &wire("x")).await;
    assert_eq!(unknown.status, 12);
    assert_eq!(grpc(server.addr, "/native.v1.Native/Echo", &wire("n")).await.status, 0);
}

#[tokio::test]
async fn a_status_of_tonics_passes_through_without_loss() {
    let server = start(app()).await;
    let relayed = grpc(server.addr, "/native.v1.Native/Relay", &()).await;
    assert_eq!((relayed.status, relayed.message.as_str()), (5, "not there"));
    assert_eq!((relayed.trailer("x-why"), &*relayed.details()), ("moved", DETAILS));
    let relayed = call("POST", "/relay").send(server.addr).await;
    assert_eq!(relayed.status, 404);
    assert_eq!(relayed.json()["message"], "not there");
}

#[test]
fn errors_and_statuses_convert_both_ways() {
    let mut status = tonic::Status::with_details(tonic::Code::DataLoss, "lost", DETAILS.into());
    status.metadata_mut().insert("x-why", "rust".parse().expect("a value"));
    let error = Error::from(status);
    assert_eq!(
        (error.code(), error.grpc_code(), error.message()),
        (500, bident::Code::DataLoss, "lost")
    );
    let status = tonic::Status::from(error);
    assert_eq!((status.code(), status.message()), (tonic::Code::DataLoss, "lost"));
    assert_eq!(status.details(), DETAILS);
    assert_eq!(status.metadata().get("x-why").expect("kept"), "rust");

    let error = Error::new(418, "TEAPOT", "short").with("spout", 1).with_domain("tea.v1");
    let back = Error::from(tonic::Status::from(error));
    assert_eq!((back.code(), back.reason(), back.message()), (418, "TEAPOT", "short"));
    assert_eq!((back.domain(), back.metadata()["spout"].as_str()), ("tea.v1", "1"));
}

#[derive(Clone)]
struct Stamp<S>(S);

impl<S, R, B> tower_service::Service<R> for Stamp<S>
where
    S: tower_service::Service<R, Response = http::Response<B>>,
    S::Future: Send + 'static,
{
    type Response = http::Response<B>;
    type Error = S::Error;
    type Future = bident::call::BoxFuture<'static, Result<Self::Response, S::Error>>;

    fn poll_ready(
        &mut self,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let answer = self.0.call(request);
        Box::pin(async move {
            let mut answer = answer.await?;
            answer.headers_mut().insert("x-stamp", http::HeaderValue::from_static("tower"));
            Ok(answer)
        })
    }
}

struct StampLayer;

impl<S> tower_layer::Layer<S> for StampLayer {
    type Service = Stamp<S>;

    fn layer(&self, inner: S) -> Stamp<S> {
        Stamp(inner)
    }
}

#[tokio::test]
async fn a_tower_layer_stands_around_everything() {
    let server = start(app().routes(routes()).tonic(Legacy).layer(StampLayer)).await;
    for over in WIRES {
        let native = call("POST", "/native").json(crate::common::json("n")).over(over);
        let native = native.send(server.addr).await;
        assert_eq!((native.status.as_u16(), native.header("x-stamp")), (200, "tower"), "{over:?}");
        for path in ["/raw/7", "/nowhere"] {
            let answer = call("GET", path).over(over).send(server.addr).await;
            assert_eq!(answer.header("x-stamp"), "tower", "{path}");
        }
    }
    for path in ["/native.v1.Native/Echo", ECHO, FAIL, "/no.v1.No/Where"] {
        assert_eq!(grpc(server.addr, path, &wire("n")).await.header("x-stamp"), "tower", "{path}");
    }
}
