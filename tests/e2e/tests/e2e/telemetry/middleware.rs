//! What middleware does on the way to a handler, and on the way back, is part of its call's trace.

use e2e::call;

use super::client::canned;
use super::program::Program;
use super::*;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn traceparent(flags: &str) -> String {
    format!("00-{TRACE}-00f067aa0ba902b7-{flags}")
}

/// Asks somebody else about each call before it is handled.
struct Asking(SocketAddr);

impl Middleware for Asking {
    fn handle<'a>(
        &'a self,
        call: Call,
        next: Next<'a>,
    ) -> bident::call::BoxFuture<'a, bident::Result<Reply>> {
        Box::pin(async move {
            let client = DeskClient::connect(format!("http://{}", self.0)).await?;
            client.work(Note::new("may they?")).await?;
            next.run(call).await
        })
    }
}

#[tokio::test]
async fn a_call_by_middleware_is_part_of_the_trace() {
    for (flags, recorded) in [("01", true), ("00", false)] {
        let (addr, asked) = canned("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
        let told = Told::open(desk().middleware(Asking(addr)), "").await;
        // It is the telemetry of the app that serves the call, not that of the newest one.
        let _newer = start(desk()).await;
        let request = call("GET", "/desk/fine").header("traceparent", &traceparent(flags));
        let answer = request.header("baggage", "tenant=acme").send(told.addr).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let head = asked.await.expect("a request");
        let spans = told.end().await.spans;
        assert!(head.contains("baggage: tenant=acme\r\n"), "{head}");
        assert!(head.contains(&format!("traceparent: 00-{TRACE}-")), "{head}");
        if !recorded {
            assert_eq!(spans.len(), 0, "{spans:?}");
            continue;
        }
        let [client, server] = &spans[..] else { panic!("{spans:?}") };
        assert_eq!((client.kind, server.kind), (Kind::Client, Kind::Server));
        assert_eq!((&*client.trace, &client.parent), (TRACE, &server.id));
        assert!(head.contains(&format!("-{}-01\r\n", client.id)), "{head}");
    }
}

#[tokio::test]
async fn a_traced_function_of_middleware_is_part_of_the_trace() {
    let receiver = Receiver::start().await.expect("a port");
    let program = Program::telling(&receiver, &[]).await;
    for flags in ["01", "00"] {
        let request = call("GET", "/told/fine").header("traceparent", &traceparent(flags));
        assert_eq!(request.header("x-guarded", "yes").send(program.addr).await.status, 200);
    }
    program.end().await;
    let received = everything(&receiver);
    let [server] = received.named("GET /told/{how}")[..] else { panic!("{:?}", received.spans) };
    // None of the call that is not recorded.
    let [look] = received.named("look")[..] else { panic!("{:?}", received.spans) };
    assert_eq!((&*look.trace, &look.parent, look.kind), (TRACE, &server.id, Kind::Internal));
    let said = received
        .logs
        .iter()
        .filter(|it| it.body == "looking at a call of /told.v1.Told/Work".into());
    let traces: Vec<_> = said.map(|record| (&*record.trace, record.span == look.id)).collect();
    assert_eq!(traces, [(TRACE, true), (TRACE, false)]);
}
