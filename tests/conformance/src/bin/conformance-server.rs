//! The server under test: what it is to be is read from stdin, where it listens is written to stdout.

use std::time::Duration;

use bident::prelude::*;
use conformance::connect::ConformanceService;
use conformance::connect::compat::{self, ServerCompatRequest, ServerCompatResponse};

/// How long the runner may take to say what it wants.
const ASKED_WITHIN: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> bident::Result {
    let mut stdin = tokio::io::stdin();
    let asked = tokio::time::timeout(ASKED_WITHIN, compat::read(&mut stdin));
    let request: ServerCompatRequest = asked
        .await
        .internal()??
        .ok_or_else(|| Error::bad_request("NOTHING_ASKED", "stdin ended without a request"))?;
    let server = App::new("conformance")
        .service(ConformanceService)
        .defaults(settings(&request))
        .build()
        .await?;
    let address = server.addresses().server;
    let response = ServerCompatResponse {
        host: address.ip().to_string(),
        port: address.port().into(),
        pem_cert: Vec::new(),
    };
    compat::write(&mut tokio::io::stdout(), &response).await?;
    server.run().await
}

/// No timeout of our own: the suite checks the client's. Calls go wrong on purpose, and nobody reads of them.
fn settings(request: &ServerCompatRequest) -> String {
    let mut yaml = "server: { addr: \"127.0.0.1:0\", timeout: 0s, drain: 0s, reasons: false }\n\
                    admin: { addr: \"127.0.0.1:0\" }\n\
                    log: { level: \"off\" }\n"
        .to_owned();
    if request.message_receive_limit > 0 {
        yaml = yaml.replace(
            "drain: 0s",
            &format!("drain: 0s, max_body: {}", request.message_receive_limit),
        );
    }
    yaml
}
