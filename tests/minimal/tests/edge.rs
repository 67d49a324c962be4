//! Without the feature `telemetry` traces are passed on all the same, and at the edge the callers' are not.

use std::time::Duration;

use bident::App;
use bident::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

struct Edge;

#[service(package = "edge.v1")]
impl Edge {
    /// What calls to others would carry on.
    #[rpc(get = "/flowing")]
    async fn flowing(&self, ctx: &Context) -> Flowing {
        let trace = ctx.trace().id().to_string();
        Flowing { trace, global: ctx.header("x-md-global-tenant").map(str::to_owned) }
    }
}

#[message]
struct Flowing {
    trace: String,
    global: Option<String>,
}

/// What flows on from a caller that says all it can.
async fn flowing(public: bool) -> bident::Result<String> {
    let server = App::new("edge")
        .defaults(format!(
            "server: {{addr: '127.0.0.1:0', public: {public}}}\nadmin: {{addr: '127.0.0.1:0'}}"
        ))
        .service(Edge)
        .build()
        .await?;
    let address = server.addresses().server;
    let running = tokio::spawn(server.clone().run());
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /flowing HTTP/1.1\r\nhost: edge\r\nconnection: close\r\nx-md-global-tenant: acme\r\n\
         traceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    server.stop().await;
    running.await.expect("no panic")?;
    Ok(answer)
}

#[tokio::test]
async fn at_the_edge_callers_do_not_say_what_flows_on() -> bident::Result {
    for public in [false, true] {
        let answer = tokio::time::timeout(Duration::from_secs(20), flowing(public)).await;
        let answer = answer.expect("an answer in time")?;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(answer.contains(TRACE), !public, "{answer}");
        assert_eq!(answer.contains("acme"), !public, "{answer}");
    }
    Ok(())
}
