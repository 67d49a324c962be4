//! The access log: one event for each call, with what is needed to find it again.

use std::io::Write;

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use super::*;

/// The lines that were logged, one channel message each.
#[derive(Clone)]
struct Lines(mpsc::UnboundedSender<String>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Listens to the access log of this thread; the test's runtime runs on it alone.
pub(in crate::server) fn listen() -> (mpsc::UnboundedReceiver<String>, DefaultGuard) {
    crate::listening::ask_all();
    let (send, lines) = mpsc::unbounded_channel();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(Lines(send))
        .finish();
    (lines, tracing::subscriber::set_default(subscriber))
}

pub(super) async fn access(lines: &mut mpsc::UnboundedReceiver<String>) -> String {
    loop {
        let line = soon(lines.recv()).await.unwrap();
        if line.contains("bident::access") {
            return line;
        }
    }
}

#[tokio::test]
async fn each_call_is_one_event() {
    let (mut lines, _guard) = listen();
    let harness = start(Options::default()).await;
    let mut send = harness.h2().await;

    let mut request = grpc_request("/test.v1.Echo/Echo", framed(&text("hi")));
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    request.headers_mut().insert("traceparent", parent.parse().unwrap());
    take_apart(soon(send.send_request(request)).await.unwrap()).await;
    let line = access(&mut lines).await;
    for part in [
        "DEBUG",
        r#"operation="/test.v1.Echo/Echo""#,
        r#"protocol="grpc""#,
        "code=200",
        "latency_us=",
        "peer=127.0.0.1:",
        "trace_id=4bf92f3577b34da6a3ce929d0e0e4736",
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert!(!line.contains("reason="), "{line}");

    grpc(&mut send, "Fail", "seven").await;
    let line = access(&mut lines).await;
    assert!(line.contains("INFO") && line.contains(r#"reason="TEXT_NOT_FOUND""#), "{line}");
    assert!(!line.contains("no seven"), "{line}");

    // What callers do not see of a server's error is here.
    grpc(&mut send, "Fail", "internal").await;
    let line = access(&mut lines).await;
    assert!(line.contains("ERROR") && line.contains("the password is 7 id=7"), "{line}");

    let mut client = harness.raw().await;
    client.send(&post("/test.v1.Echo/Panic", r#"{"text":"x"}"#)).await;
    client.response().await;
    let line = access(&mut lines).await;
    assert!(line.contains("ERROR") && line.contains("on purpose"), "{line}");
    assert!(line.contains(r#"protocol="http""#) && line.contains("code=500"), "{line}");
}
