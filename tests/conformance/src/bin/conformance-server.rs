//! The server under test: what it is to be is read from stdin, where it listens is written to stdout.

use std::path::PathBuf;
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
    let files = Files::write(&request).internal()?;
    let server = App::new("conformance")
        .service(ConformanceService)
        .defaults(settings(&request, &files))
        .build()
        .await?;
    let address = server.addresses().server;
    let response = ServerCompatResponse {
        host: address.ip().to_string(),
        port: address.port().into(),
        pem_cert: request.server_creds.filter(|_| request.use_tls).map_or(Vec::new(), |it| it.cert),
    };
    compat::write(&mut tokio::io::stdout(), &response).await?;
    server.run().await
}

/// The runner hands certificates over as bytes, and a server reads files.
struct Files(PathBuf);

impl Files {
    fn write(request: &ServerCompatRequest) -> std::io::Result<Self> {
        let folder =
            std::env::temp_dir().join(format!("bident-conformance-{}", std::process::id()));
        let files = Self(folder);
        if let Some(creds) = request.server_creds.as_ref().filter(|_| request.use_tls) {
            std::fs::create_dir_all(&files.0)?;
            std::fs::write(files.at("tls.crt"), &creds.cert)?;
            std::fs::write(files.at("tls.key"), &creds.key)?;
            std::fs::write(files.at("ca.crt"), &request.client_tls_cert)?;
        }
        Ok(files)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// No timeout of our own: the suite checks the client's. Calls go wrong on purpose, and nobody reads of them.
fn settings(request: &ServerCompatRequest, files: &Files) -> String {
    let mut server = "addr: \"127.0.0.1:0\", timeout: 0s, drain: 0s, reasons: false".to_owned();
    if request.message_receive_limit > 0 {
        server += &format!(", max_body: {}", request.message_receive_limit);
    }
    if request.use_tls {
        let path = |name| files.at(name).display().to_string();
        let mut tls = format!("cert: {:?}, key: {:?}", path("tls.crt"), path("tls.key"));
        if !request.client_tls_cert.is_empty() {
            tls += &format!(", client_ca: {:?}", path("ca.crt"));
        }
        server += &format!(", tls: {{ {tls} }}");
    }
    format!(
        "server: {{ {server} }}\nadmin: {{ addr: \"127.0.0.1:0\" }}\nlog: {{ level: \"off\" }}\n"
    )
}
