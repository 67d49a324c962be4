//! Clients that show a certificate, and what the service knows of them.

use std::pin::Pin;
use std::task::{Context as Task, Poll};

use bident::call::PeerIdentity;
use http::{Request, Response};
use tower_service::Service;

use super::*;

const PROBES: [&str; 2] = ["grpcs", "https"];

async fn who(addr: SocketAddr, scheme: &str, tls: &Tls) -> bident::Result<String> {
    let client = Client::connect(format!("{scheme}://localhost:{}", addr.port())).await.unwrap();
    let note = NotesClient::from_client(client.with_tls(tls)).who().await?;
    Ok(note.text)
}

#[tokio::test]
async fn a_verified_peer_is_known_by_its_names() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let folder = Folder::with(&authority);
    folder.write("ca.crt", &clients.pem());
    let ca = folder.path("ca.crt");
    let app = serve(&folder, &format!("    client_ca: {ca}\n")).await;

    let spiffe = "spiffe://acme.example/ns/shop/sa/orders";
    let shown = clients.sign("orders", &["orders.shop.svc", "orders"], &[spiffe]);
    let trusting = Tls::new().ca_pem(authority.pem());
    let known = trusting.clone().identity_pem(shown.cert, shown.key);
    let stranger = Authority::new().sign("orders", &["orders"], &[spiffe]);
    let unknown = trusting.clone().identity_pem(stranger.cert, stranger.key);
    for scheme in PROBES {
        for _ in 0..2 {
            let said = who(app.addr, scheme, &known).await.unwrap();
            assert_eq!(said, format!("orders orders.shop.svc,orders {spiffe} 1"), "{scheme}");
        }
        for (why, tls) in [("none is shown", &trusting), ("nobody vouches", &unknown)] {
            let error = who(app.addr, scheme, tls).await.unwrap_err();
            assert_eq!((error.code(), error.reason()), (503, "UNAVAILABLE"), "{why}: {error:?}");
            assert!(error.message().contains("alert"), "{why}: {error:?}");
        }
    }
    app.stop().await.unwrap();
}

#[tokio::test]
async fn where_a_certificate_is_only_asked_for_those_without_are_nobody() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let folder = Folder::with(&authority);
    folder.write("ca.crt", &clients.pem());
    let ca = folder.path("ca.crt");
    let more = format!("    client_ca: {ca}\n    client_auth: request\n");
    let app = serve(&folder, &more).await;
    let trusting = Tls::new().ca_pem(authority.pem());
    let stranger = Authority::new().sign("orders", &[], &[]);
    let shown = clients.sign("orders", &[], &["https://acme.example/orders"]);
    for scheme in PROBES {
        assert_eq!(who(app.addr, scheme, &trusting).await.unwrap(), "nobody");
        let known = trusting.clone().identity_pem(shown.cert.clone(), shown.key.clone());
        assert_eq!(who(app.addr, scheme, &known).await.unwrap(), "orders   1");
        let unknown = trusting.clone().identity_pem(stranger.cert.clone(), stranger.key.clone());
        who(app.addr, scheme, &unknown).await.unwrap_err();
    }
}

/// A layer of the user's: the answer says whom it was shown.
#[derive(Clone)]
struct Told<S>(S);

impl<S, B, R> Service<Request<B>> for Told<S>
where
    S: Service<Request<B>, Response = Response<R>, Future: Send + 'static>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Task<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let who = request.extensions().get::<PeerIdentity>();
        let who = who.and_then(PeerIdentity::common_name).unwrap_or("nobody").parse().unwrap();
        let answered = self.0.call(request);
        Box::pin(async move {
            let mut response = answered.await?;
            response.headers_mut().insert("x-who", who);
            Ok(response)
        })
    }
}

#[tokio::test]
async fn a_websocket_of_a_page_that_is_not_trusted_is_nobodys() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let folder = Folder::with(&authority);
    folder.write("ca.crt", &clients.pem());
    let ca = folder.path("ca.crt");
    let shown = clients.sign("orders", &[], &[]);
    for (cors, page, expected) in [
        ("{origins: ['*']}", "https://page.test", "nobody"),
        ("{origins: ['*']}", "https://localhost", "orders"),
        ("{origins: ['*']}", "http://localhost", "nobody"),
        ("{origins: ['https://page.test'], credentials: true}", "https://page.test", "orders"),
    ] {
        let settings = settings(&folder, &format!("    client_ca: {ca}\n  cors: {cors}\n"));
        let app =
            App::new("tls").service(Notes).layer(tower_layer::layer_fn(Told)).defaults(settings);
        let app = start(app).await;
        let mut stream = connect_as(app.addr, &authority, &[], Some(&shown)).await.unwrap();
        let request = format!(
            "GET /e2e.v1.Notes/Echoes HTTP/1.1\r\nhost: localhost\r\norigin: {page}\r\n\
             connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(bounded("an answer", stream.read_u8()).await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        assert!(head.contains(&format!("x-who: {expected}\r\n")), "{cors} {page}: {head}");
    }
}
