//! `#[traced]`: what a subscriber sees of functions, methods and whole impls.

use bident::prelude::*;
use e2e::{GrpcCall, Traced, Traces, call, start, traces};
use tracing::Instrument as _;

use crate::common::{Note, wire};

#[error_reason(domain = "traced.v1")]
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClerkError {
    #[error("no file {id}")]
    #[error_reason(code = 404)]
    NoFile { id: u32 },
}

struct Clerk;

#[traced]
impl Clerk {
    async fn open(&self, id: u32, password: &str) -> Result<usize, ClerkError> {
        tokio::task::yield_now().await;
        if id == 0 {
            return Err(ClerkError::NoFile { id });
        }
        Ok(self.count(password))
    }

    fn count(&self, text: &str) -> usize {
        tracing::info!("counting");
        text.len()
    }

    fn parse(text: &str) -> Result<u8, std::num::ParseIntError> {
        text.parse()
    }
}

#[traced(name = "stamp", fields(user.id = %id, size = note.len()))]
async fn press(id: u32, note: &str) -> u32 {
    tokio::task::yield_now().await;
    id + u32::try_from(note.len()).unwrap_or(0)
}

#[traced(kind = "client")]
async fn plain() {}

#[traced]
fn generic<T: std::fmt::Display>(value: T) -> anyhow::Result<String> {
    anyhow::ensure!(value.to_string() != "bad", "no good");
    Ok(value.to_string())
}

fn only(traces: &Traces, name: &str) -> Traced {
    let spans: Vec<_> = traces.spans().into_iter().filter(|span| span.name == name).collect();
    assert_eq!(spans.len(), 1, "{name} among {:?}", traces.spans());
    spans.into_iter().next().expect("one")
}

#[tokio::test]
async fn methods_are_named_by_their_type_and_nest() {
    let traces = traces();
    assert_eq!(Clerk.open(7, "sesame").await.expect("a file"), 6);
    let (open, count) = (only(&traces, "Clerk::open"), only(&traces, "Clerk::count"));
    assert_eq!((open.parent.as_deref(), count.parent.as_deref()), (None, Some("Clerk::open")));
    assert!(!open.fields.contains_key("error.type"), "{open:?}");
    assert!(!format!("{:?}", traces.spans()).contains("sesame"), "arguments are not recorded");
    let event = traces.events().into_iter().find(|event| event.name == "counting");
    assert_eq!(event.expect("the event").parent.as_deref(), Some("Clerk::count"));
}

#[tokio::test]
async fn errors_are_recorded_by_their_reason() {
    let traces = traces();
    assert!(Clerk.open(0, "").await.is_err());
    assert_eq!(only(&traces, "Clerk::open").field("error.type"), "NO_FILE");
    assert!(Clerk::parse("x").is_err());
    assert!(!only(&traces, "Clerk::parse").field("error.type").is_empty());
    assert!(generic("bad").is_err());
    assert!(!only(&traces, "generic").field("error.type").is_empty());
}

#[tokio::test]
async fn names_fields_and_kinds_are_what_was_asked_for() {
    let traces = traces();
    assert_eq!(press(7, "abc").await, 10);
    let stamp = only(&traces, "stamp");
    assert_eq!((stamp.field("user.id"), stamp.field("size")), ("7", "3"));
    plain().await;
    assert_eq!(only(&traces, "plain").field("otel.kind"), "client");
    assert_eq!(generic(3).expect("good"), "3");
    assert!(!only(&traces, "generic").fields.contains_key("error.type"));
}

#[tokio::test]
async fn the_callers_span_is_the_parent() {
    let traces = traces();
    let outer = tracing::info_span!("outer");
    async {
        plain().await;
        generic(1).expect("good");
    }
    .instrument(outer)
    .await;
    for name in ["plain", "generic"] {
        assert_eq!(only(&traces, name).parent.as_deref(), Some("outer"), "{name}");
    }
}

trait Worker {
    fn work(&self, text: &str) -> Option<usize>;
}

#[traced]
impl Worker for Clerk {
    fn work(&self, text: &str) -> Option<usize> {
        text.find('x')
    }
}

#[tokio::test]
async fn implementations_of_traits_are_traced_like_others() {
    let traces = traces();
    assert_eq!(Clerk.work("axe"), Some(1));
    assert_eq!(only(&traces, "Clerk::work").parent, None);
}

#[traced]
async fn endless() {
    std::future::pending().await
}

#[tokio::test]
async fn a_future_that_is_dropped_closes_its_span() {
    let traces = traces();
    let task = tokio::spawn(endless());
    tokio::task::yield_now().await;
    assert!(traces.spans().is_empty());
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));
    assert!(!only(&traces, "endless").fields.contains_key("error.type"));
}

struct Desk;

#[service(package = "traced.v1")]
impl Desk {
    #[rpc(post = "/desk")]
    #[traced]
    async fn work(&self, note: Note) -> Note {
        press(1, &note.text).await;
        note
    }
}

#[tokio::test]
async fn inside_a_call_they_belong_to_its_span() {
    let traces = traces();
    let server = start(App::new("traced").service(Desk)).await;
    let answer = call("POST", "/desk").json(crate::common::json("abc")).send(server.addr).await;
    assert_eq!(answer.status, 200);
    let (work, stamp) = (only(&traces, "Desk::work"), only(&traces, "stamp"));
    assert_eq!(stamp.parent.as_deref(), Some("Desk::work"));
    let parent = work.parent.expect("the call's span");
    assert!(traces.spans().iter().any(|span| span.name == parent), "{parent}");
}

#[tokio::test]
async fn an_unsampled_trace_has_no_inner_spans() {
    let traces = traces();
    let server = start(App::new("traced").service(Desk)).await;
    let inner = |traces: &Traces| {
        traces.spans().iter().filter(|s| s.name == "stamp" || s.name == "Desk::work").count()
    };
    let parent =
        |flags: &str| format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}");
    for (flags, spans) in [("00", 0), ("01", 2)] {
        let http = call("POST", "/desk").json(crate::common::json("x"));
        let answer = http.header("traceparent", &parent(flags)).send(server.addr).await;
        assert_eq!((answer.status.as_u16(), inner(&traces)), (200, spans), "{flags}");
        let grpc = GrpcCall::new("/traced.v1.Desk/Work", &wire("x"));
        let answer = grpc.header("traceparent", &parent(flags)).send(server.addr).await;
        assert_eq!((answer.status, inner(&traces)), (0, 2 * spans), "{flags}");
    }
}
