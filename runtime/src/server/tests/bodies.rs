//! Bodies of the user's own, from axum routes and tonic services: guarded to their end, as handlers are.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context as Task, Poll};

use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use http_body::Frame;

use super::*;
use crate::error::BoxError;

/// What a body does once it has sent the name of its call, and been let go.
#[derive(Clone, Copy, Debug)]
enum Then {
    Hang,
    /// Sends for ever, and is always ready.
    GoOn,
    Panic,
    /// Gives an error that has a reason.
    Fail,
    /// Gives an error of another library.
    Break,
    /// Ends well, with trailers of gRPC.
    End,
    /// Ends well, and its destructor panics.
    Bomb,
}

struct Theirs {
    then: Then,
    named: bool,
    /// The form in which an error of ours is given.
    torn: fn(Error) -> BoxError,
    /// Ends when the harness says so.
    go: Pin<Box<dyn Future<Output = ()> + Send>>,
    events: mpsc::UnboundedSender<(Event, Option<String>)>,
}

fn current() -> Option<String> {
    crate::call::current().map(|context| context.operation().to_owned())
}

impl Drop for Theirs {
    fn drop(&mut self) {
        let _ = self.events.send((Event::Dropped, current()));
        assert!(!matches!(self.then, Then::Bomb), "while being dropped");
    }
}

impl http_body::Body for Theirs {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if !std::mem::replace(&mut self.named, true) {
            let named = framed(&text(current().unwrap_or_default()));
            return Poll::Ready(Some(Ok(Frame::data(named))));
        }
        match self.then {
            Then::Hang => return Poll::Pending,
            Then::GoOn => return Poll::Ready(Some(Ok(Frame::data(framed(&text("more")))))),
            _ => std::task::ready!(self.go.as_mut().poll(cx)),
        }
        match self.then {
            Then::Hang | Then::GoOn => unreachable!(),
            Then::Panic => panic!("in the middle of a body"),
            Then::Fail => {
                Poll::Ready(Some(Err((self.torn)(Error::conflict("TORN", "as you said")))))
            }
            Then::Break => Poll::Ready(Some(Err("a pipe broke".into()))),
            Then::Bomb => Poll::Ready(None),
            Then::End => {
                let context = crate::call::current().unwrap();
                context.set_trailer("x-late", "yes");
                context.set_trailer("grpc-status", "7");
                let trailers = HeaderMap::from_iter([(
                    ::http::HeaderName::from_static("grpc-status"),
                    ::http::HeaderValue::from_static("0"),
                )]);
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
        }
    }
}

/// Serves such bodies: on a route of axum's and from a service built with tonic.
#[derive(Clone)]
struct Bodies {
    events: mpsc::UnboundedSender<(Event, Option<String>)>,
    go: Arc<tokio::sync::Semaphore>,
}

impl Bodies {
    fn body(&self, then: &str, torn: fn(Error) -> BoxError) -> Theirs {
        let then = match then {
            "Hang" => Then::Hang,
            "GoOn" => Then::GoOn,
            "Panic" => Then::Panic,
            "Fail" => Then::Fail,
            "Break" => Then::Break,
            "End" => Then::End,
            "Bomb" => Then::Bomb,
            other => panic!("no body is called {other}"),
        };
        let go = Arc::clone(&self.go);
        let go = Box::pin(async move { go.acquire().await.unwrap().forget() });
        Theirs { then, named: false, torn, go, events: self.events.clone() }
    }

    /// Hears of the end of the call.
    fn listen(&self, context: Context) {
        let events = self.events.clone();
        crate::call::spawn(async move {
            context.cancelled().await;
            let _ = events.send((Event::Ended, None));
        });
    }
}

impl tonic::server::NamedService for Bodies {
    const NAME: &'static str = "theirs.v1.Bodies";
}

impl tower_service::Service<Request<tonic::body::Body>> for Bodies {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<tonic::body::Body>) -> Self::Future {
        let then = request.uri().path().rsplit('/').next().unwrap_or_default();
        let context = request.extensions().get::<Context>().unwrap().clone();
        context.set_trailer("x-early", "yes");
        self.listen(context);
        let mut response = Response::new(tonic::body::Body::new(
            self.body(then, |error| tonic::Status::from(error).into()),
        ));
        response.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
        std::future::ready(Ok(response))
    }
}

type Heard = mpsc::UnboundedReceiver<(Event, Option<String>)>;

async fn bodies() -> (Harness, Heard, Arc<tokio::sync::Semaphore>) {
    let (events, heard) = mpsc::unbounded_channel();
    let go = Arc::new(tokio::sync::Semaphore::new(0));
    let bodies = Bodies { events, go: Arc::clone(&go) };
    let tonic = vec![crate::foreign::TonicService::new(bodies.clone())];
    let router = Router::new().route(
        "/bodies/{then}",
        get(
            async move |axum::extract::Path(then): axum::extract::Path<String>,
                        Extension(context): Extension<Context>| {
                bodies.listen(context);
                axum::body::Body::new(bodies.body(&then, BoxError::from))
            },
        ),
    );
    let routes = Routes { router: Some(router), tonic };
    (start(Options { routes, ..Options::default() }).await, heard, go)
}

fn http_request(then: &str) -> Request<Full<Bytes>> {
    Request::get(format!("http://test/bodies/{then}")).body(Full::default()).unwrap()
}

fn late(mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
    request.headers_mut().insert("grpc-timeout", "60m".parse().unwrap());
    request
}

/// How each body that does not end well is told, and whether its caller sets a deadline.
const ENDS: [(&str, bool, u16, &str, &str); 6] = [
    ("Hang", true, 504, "DEADLINE_EXCEEDED", "4"),
    ("GoOn", true, 504, "DEADLINE_EXCEEDED", "4"),
    ("Panic", false, 500, "INTERNAL", "13"),
    ("Fail", false, 409, "TORN", "10"),
    ("Break", false, 500, "INTERNAL", "13"),
    ("Bomb", false, 500, "INTERNAL", "13"),
];

#[tokio::test]
async fn over_http_a_body_that_cannot_go_on_breaks_off() {
    let (mut harness, mut heard, go) = bodies().await;
    let mut send = harness.h2().await;
    for (then, hurried, code, reason, _) in ENDS {
        let request = http_request(then);
        let request = if hurried { late(request) } else { request };
        let broken = soon(async {
            let mut body = send.send_request(request).await?.into_body();
            // Who sends faster than anyone reads loses with the end what was still to be sent.
            if then != "GoOn" {
                assert!(body.frame().await.unwrap()?.is_data());
            }
            go.add_permits(usize::from(!hurried));
            body.collect().await
        });
        let broken = broken.await;
        assert!(broken.is_err(), "{then}: {broken:?}");
        let operation = "/bodies/{then}".to_owned();
        assert_eq!(harness.outcome().await, (operation.clone(), code, reason.to_owned()), "{then}");
        assert_eq!(soon(heard.recv()).await.unwrap(), (Event::Dropped, Some(operation)), "{then}");
        assert_eq!(soon(heard.recv()).await.unwrap(), (Event::Ended, None), "{then}");
    }
    // The same connection all along, and it is as good as new.
    let request = Request::get("http://test/echo/x").body(Full::default()).unwrap();
    let response = soon(send.send_request(request)).await.unwrap();
    assert_eq!(soon(response.into_body().collect()).await.unwrap().to_bytes(), r#"{"text":"x"}"#);
}

#[tokio::test]
async fn over_http1_the_connection_ends_with_a_body_that_breaks_off() {
    let (mut harness, _heard, go) = bodies().await;
    for (then, hurried, code, reason, _) in ENDS {
        let mut client = harness.raw().await;
        let timeout = if hurried { "grpc-timeout: 60m\r\n" } else { "" };
        client.send(&format!("GET /bodies/{then} HTTP/1.1\r\nhost: t\r\n{timeout}\r\n")).await;
        let mut bytes = Vec::new();
        while then != "GoOn" && !String::from_utf8_lossy(&bytes).contains("/bodies/{then}") {
            bytes.push(soon(client.0.read_u8()).await.unwrap());
        }
        go.add_permits(usize::from(!hurried));
        // A reset is as good an end as any.
        let _ = soon(client.0.read_to_end(&mut bytes)).await;
        let sent = String::from_utf8_lossy(&bytes);
        assert!(!sent.ends_with("0\r\n\r\n"), "{then} looks whole: {sent}");
        let (_, told, why) = harness.outcome().await;
        assert_eq!((told, &*why), (code, reason), "{then}");
    }
}

#[tokio::test]
async fn over_grpc_a_body_that_cannot_go_on_says_why_in_its_trailers() {
    let (mut harness, mut heard, go) = bodies().await;
    let mut send = harness.h2().await;
    for (then, hurried, code, reason, status) in ENDS {
        let operation = format!("/theirs.v1.Bodies/{then}");
        let request = grpc_request(&operation, framed(&text("")));
        let request = if hurried { late(request) } else { request };
        go.add_permits(usize::from(!hurried));
        let answer = take_apart(soon(send.send_request(request)).await.unwrap()).await;
        // What tonic does not know it calls unknown, and gives no reason.
        let (status, reason) = if then == "Break" { ("2", "") } else { (status, reason) };
        assert_eq!(answer.grpc_status(), status, "{then}");
        if !reason.is_empty() {
            assert_eq!(answer.error().reason(), reason, "{then}");
        }
        assert_eq!(answer.messages[0], text(&*operation));
        assert_eq!(answer.trailers["x-early"], "yes", "{then}");
        assert_eq!(harness.outcome().await, (operation.clone(), code, reason.to_owned()), "{then}");
        assert_eq!(soon(heard.recv()).await.unwrap(), (Event::Dropped, Some(operation)), "{then}");
        assert_eq!(soon(heard.recv()).await.unwrap(), (Event::Ended, None), "{then}");
    }
    assert_eq!(grpc(&mut send, "Echo", "still").await.messages, [text("still")]);
}

#[tokio::test]
async fn a_raw_call_is_over_when_its_body_is() {
    let (mut harness, mut heard, go) = bodies().await;
    let mut send = harness.h2().await;
    let response = soon(send.send_request(http_request("End"))).await.unwrap();
    let mut body = response.into_body();
    assert!(soon(body.frame()).await.unwrap().unwrap().is_data());
    // Another whole call in between: whoever was to be told at the head has been told.
    assert_eq!(grpc(&mut send, "Echo", "x").await.grpc_status(), "0");
    assert_eq!(harness.outcome().await.0, "/test.v1.Echo/Echo");
    assert!(heard.try_recv().is_err(), "told at the head");
    go.add_permits(1);
    soon(body.collect()).await.unwrap();
    assert_eq!(soon(heard.recv()).await.unwrap().0, Event::Dropped);
    assert_eq!(soon(heard.recv()).await.unwrap().0, Event::Ended);
    assert_eq!(harness.outcome().await.1, 200);
}

#[tokio::test]
async fn a_body_that_is_given_up_is_dropped_inside_its_call() {
    let (mut harness, mut heard, _) = bodies().await;
    let mut send = harness.h2().await;
    let response = soon(send.send_request(http_request("Hang"))).await.unwrap();
    drop(response);
    let operation = "/bodies/{then}".to_owned();
    let dropped = (Event::Dropped, Some(operation.clone()));
    assert_eq!(soon(heard.recv()).await.unwrap(), dropped);
    assert_eq!(harness.outcome().await, (operation, 499, "CANCELLED".to_owned()));
}

#[tokio::test]
async fn what_a_tonic_services_call_adds_joins_its_trailers() {
    let (mut harness, _heard, go) = bodies().await;
    let mut send = harness.h2().await;
    go.add_permits(1);
    let request = grpc_request("/theirs.v1.Bodies/End", framed(&text("")));
    let answer = take_apart(soon(send.send_request(request)).await.unwrap()).await;
    assert_eq!(answer.trailers["x-early"], "yes");
    assert_eq!(answer.trailers["x-late"], "yes");
    // How it went is the service's to say.
    let all: Vec<_> = answer.trailers.get_all("grpc-status").iter().collect();
    assert_eq!(all, ["0"]);
    assert_eq!(harness.outcome().await.1, 200);
}
