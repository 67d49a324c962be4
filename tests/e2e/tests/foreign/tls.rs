//! curl and grpcurl over TLS, with a certificate of their own where the server wants one.

#[path = "../e2e/tls/certificates.rs"]
mod certificates;

use anyhow::Result;
use bident::App;
use bident::prelude::*;
use e2e::start;
use serde_json::{Value, json};
use support::outside;

use self::certificates::{Authority, Folder};
use crate::server;

struct Doors;

#[message(package = "doors.v1")]
struct Visitor {
    name: String,
}

#[service(package = "doors.v1")]
impl Doors {
    #[rpc(get = "/visitor")]
    async fn visitor(&self, ctx: &Context) -> Visitor {
        let name = ctx.peer_identity().and_then(|peer| peer.common_name());
        Visitor { name: name.unwrap_or("nobody").to_owned() }
    }
}

#[tokio::test]
async fn curl_and_grpcurl_show_who_they_are() -> Result<()> {
    if !outside::has("curl", &["--http2", "--version"]) || !outside::has("grpcurl", &["--version"])
    {
        return Ok(());
    }
    let authority = Authority::new();
    let folder = Folder::with(&authority);
    folder.write("ca.crt", &authority.pem());
    let own = authority.sign("visitor", &[], &[]);
    folder.write("own.crt", &own.cert);
    folder.write("own.key", &own.key);
    let path = |name| folder.path(name);
    let (cert, key, ca) = (path("tls.crt"), path("tls.key"), path("ca.crt"));
    let settings = format!(
        "server: {{tls: {{cert: {cert}, key: {key}, client_ca: {ca}, client_auth: request}}}}"
    );
    let app = start(App::new("doors").service(Doors).defaults(settings)).await;
    let (port, cert, key) = (app.addr.port(), path("own.crt"), path("own.key"));

    let url = format!("https://localhost:{port}/visitor");
    for version in ["--http1.1", "--http2"] {
        let asked =
            ["--silent", "--show-error", "--max-time", "30", version, "--cacert", &ca, &url];
        let shown = ["--cert", &cert, "--key", &key];
        for (more, name) in [(&[][..], "nobody"), (&shown[..], "visitor")] {
            let said = server::call("curl", &[&asked, more].concat()).await?;
            let body: Value = serde_json::from_slice(&said.stdout)?;
            assert_eq!(body, json!({ "name": name }), "{version}");
        }
    }
    let address = format!("localhost:{port}");
    let method = "doors.v1.Doors/Visitor";
    let asked = ["-max-time", "30", "-cacert", &ca];
    let shown = ["-cert", &cert, "-key", &key];
    for (more, name) in [(&[][..], "nobody"), (&shown[..], "visitor")] {
        let said =
            server::call("grpcurl", &[&asked, more, &[address.as_str(), method][..]].concat())
                .await?;
        let body: Value = serde_json::from_slice(&said.stdout)?;
        assert_eq!(body, json!({ "name": name }));
    }
    app.stop().await?;
    Ok(())
}
