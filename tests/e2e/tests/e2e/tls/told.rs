//! What spans say of calls over TLS, at both of their ends.

use support::otlp::{Kind, Receiver};

use super::*;

struct Relay(NotesClient);

#[service(package = "e2e.v1")]
impl Relay {
    #[rpc(get = "/relay/{text}")]
    async fn relay(&self, text: String) -> bident::Result<Note> {
        Ok(self.0.echo(text).await?)
    }
}

#[tokio::test]
async fn both_ends_tell_the_scheme() {
    let authority = Authority::new();
    let folder = Folder::with(&authority);
    let receiver = Receiver::start().await.unwrap();
    let exporting = format!(
        "telemetry: {{otlp: {{endpoint: 'http://{}', protocol: grpc}}, sample: 1.0}}",
        receiver.addr()
    );
    let app = App::new("tls").service(Notes).defaults(settings(&folder, ""));
    let app = start(app.defaults(exporting.clone())).await;
    let port = app.addr.port();
    let client = Client::connect(format!("https://localhost:{port}")).await.unwrap();
    let client = client.with_tls(&Tls::new().ca_pem(authority.pem()));
    let relay = App::new("relay").service(Relay(NotesClient::from_client(client)));
    let relay = start(relay.defaults(exporting)).await;
    assert_eq!(e2e::call("GET", "/relay/hi").send(relay.addr).await.status, 200);
    relay.stop().await.unwrap();
    app.stop().await.unwrap();

    let received = receiver.received();
    let of = |name: &str, kind| {
        let mut spans = received.spans.iter().filter(|span| span.name == name && span.kind == kind);
        spans.next().unwrap_or_else(|| panic!("{name} is not in {:#?}", received.spans))
    };
    let server = of("GET /notes/{text}", Kind::Server);
    assert_eq!(server.text("url.scheme"), "https");
    assert_eq!(server.text("server.address"), "localhost");
    let client = of("GET /notes/{text}", Kind::Client);
    assert_eq!(client.text("url.full"), format!("https://localhost:{port}/notes/hi"));
    assert_eq!(client.text("network.peer.address"), "127.0.0.1", "the socket below");
    assert_eq!(server.parent, client.id);
    assert_eq!(of("GET /relay/{text}", Kind::Server).text("url.scheme"), "http");
}
