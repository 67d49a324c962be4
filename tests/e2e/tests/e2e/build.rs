//! What `build` refuses, and how it says so.

use std::net::TcpListener;

use bident::prelude::*;
use e2e::{refused, start};

use crate::tonic_built::Legacy;

#[message]
struct Note {
    text: String,
}

struct First;

#[service(package = "first.v1")]
impl First {
    #[rpc(get = "/notes/{text}")]
    async fn note(&self, note: Note) -> Note {
        note
    }
}

struct Rival;

#[service(package = "first.v1")]
impl Rival {
    #[rpc(get = "/notes/{name}")]
    async fn other(&self, name: String) {
        drop(name);
    }
}

struct Elsewhere;

#[service(package = "second.v1")]
impl Elsewhere {
    #[rpc]
    async fn note(&self, note: Note) -> Note {
        note
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let app = App::new("wrong")
        .service(First)
        .service(First)
        .service(Rival)
        .service(Elsewhere)
        .defaults(format!("server: {{ grpc: {{ addr: '127.0.0.1:{port}' }} }}"));
    let text = refused(app).await;
    for expected in [
        "wrong cannot start:\n",
        "the service `first.v1.First` is mounted twice\n",
        "is reached from the packages `first.v1` (first.v1.First) and `second.v1` (second.v1.Elsewhere)",
        "/first.v1.First/Note",
        "/first.v1.Rival/Other",
        &format!("App::defaults:1:25: server.grpc.addr: cannot listen on 127.0.0.1:{port}: "),
    ] {
        assert!(text.contains(expected), "{expected} is not in:\n{text}");
    }
}

#[tokio::test]
async fn a_build_that_fails_keeps_no_port() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let defaults = format!("server: {{ grpc: {{ addr: '{free}' }} }}");
    refused(App::new("wrong").service(First).service(First).defaults(&defaults)).await;
    let app = start(App::new("right").service(First).defaults(&defaults)).await;
    assert_eq!(app.server.addresses().grpc, Some(free));
    app.stop().await.expect("a good end");
}

#[tokio::test]
async fn the_configuration_is_there_before_the_services() {
    let app = App::new("early").defaults("greeting: { text: hi, after: 1m30s }");
    let config = app.config().await.expect("a configuration");
    assert_eq!(config.get::<String>("greeting.text").expect("a text"), "hi");
    let after: std::time::Duration = config.get("greeting.after").expect("a duration");
    assert_eq!(after.as_secs(), 90);
    assert_eq!(config.get::<std::time::Duration>("server.drain").expect("a default").as_secs(), 10);
    let wrong = config.get::<u32>("greeting.text").expect_err("a mistake");
    assert_eq!(wrong.message(), "App::defaults:1:19: greeting.text: expected u32, found \"hi\"");
}

/// A service built with tonic whose name is the kit's own: it would never get a call.
#[derive(Clone)]
struct Reflection;

impl tonic::server::NamedService for Reflection {
    const NAME: &'static str = "grpc.reflection.v1.ServerReflection";
}

impl tower_service::Service<http::Request<tonic::body::Body>> for Reflection {
    type Response = http::Response<tonic::body::Body>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<tonic::body::Body>) -> Self::Future {
        std::future::ready(Ok(http::Response::default()))
    }
}

#[tokio::test]
async fn a_tonic_service_that_would_never_be_called_is_refused() {
    let text = refused(App::new("wrong").tonic(Legacy).tonic(Legacy)).await;
    assert!(text.contains("the service `legacy.v1.Legacy` is mounted twice"), "{text}");
    let text = refused(App::new("wrong").tonic(Reflection)).await;
    let advice =
        "`grpc.reflection.v1.ServerReflection` is the kit's own: `server.reflection: false`";
    assert!(text.contains(advice), "{text}");
    let app = App::new("right").tonic(Reflection).defaults("server: { reflection: false }");
    start(app).await.stop().await.expect("a good end");
}
