//! TLS on the port of the service: both protocols, who is let in, and files that change.

mod certificates;
mod clients;
mod gone;
mod identity;
mod reload;
mod slow;
mod told;

use std::net::SocketAddr;
use std::sync::Arc;

use bident::App;
use bident::client::{Client, Tls};
use bident::prelude::*;
use e2e::{Running, bounded, refused, start};
use futures_util::Stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use self::certificates::{Authority, Folder, Signed};
use crate::common::{Note, json};

const LARGE: usize = 24 * 1024 * 1024;

struct Notes;

#[service(package = "e2e.v1")]
impl Notes {
    #[rpc(get = "/notes/{text}")]
    async fn echo(&self, text: String) -> Note {
        Note::new(text)
    }

    /// More than the sockets' buffers hold.
    #[rpc(get = "/large", timeout = "20s")]
    async fn large(&self) -> Note {
        Note::new("x".repeat(LARGE))
    }

    #[rpc]
    async fn echoes(
        &self,
        notes: Streaming<Note>,
    ) -> impl Stream<Item = Result<Note, bident::Error>> + Send {
        notes
    }

    /// Who asks.
    #[rpc(get = "/who")]
    async fn who(&self, ctx: &Context) -> Note {
        let who = ctx.peer_identity().map(|peer| {
            let shown = peer.chain().len();
            let names = peer.dns_names().join(",");
            let spiffe = peer.spiffe_id().unwrap_or_default();
            format!("{} {names} {spiffe} {shown}", peer.common_name().unwrap_or_default())
        });
        Note::new(who.unwrap_or_else(|| "nobody".to_owned()))
    }
}

/// The service behind the certificate in `folder`, with `more` below `server`.
async fn serve(folder: &Folder, more: &str) -> Running {
    start(App::new("tls").service(Notes).defaults(settings(folder, more))).await
}

fn settings(folder: &Folder, more: &str) -> String {
    let (cert, key) = (folder.path("tls.crt"), folder.path("tls.key"));
    format!("server:\n  tls:\n    cert: {cert}\n    key: {key}\n{more}")
}

/// A client that trusts `authority` and asks for these protocols.
async fn connect(
    addr: SocketAddr,
    authority: &Authority,
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    connect_as(addr, authority, protocols, None).await
}

/// The same, by somebody who shows this certificate.
async fn connect_as(
    addr: SocketAddr,
    authority: &Authority,
    protocols: &[&str],
    shown: Option<&Signed>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match shown {
        None => config.with_no_client_auth(),
        Some(shown) => {
            let cert = CertificateDer::from_pem_slice(shown.cert.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(shown.key.as_bytes()).unwrap();
            config.with_client_auth_cert(vec![cert], key).unwrap()
        }
    };
    config.alpn_protocols = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    bounded("a TLS handshake", async {
        let socket = TcpStream::connect(addr).await?;
        TlsConnector::from(Arc::new(config)).connect(name, socket).await
    })
    .await
}

/// What `GET path` answers over HTTP/1.1, head and all.
async fn get<S>(mut stream: S, path: &str) -> String
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    bounded("an answer", async {
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_to_string(&mut answer).await.unwrap();
    })
    .await;
    answer
}

#[tokio::test]
async fn one_port_speaks_both_protocols_over_tls() {
    let authority = Authority::new();
    let folder = Folder::with(&authority);
    let app = serve(&folder, "").await;

    for (asked, given) in [
        (&["h2", "http/1.1"][..], Some("h2")),
        (&["http/1.1", "h2"], Some("h2")),
        (&["http/1.1"], Some("http/1.1")),
        (&[], None),
    ] {
        let stream = connect(app.addr, &authority, asked).await.unwrap();
        let agreed = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        assert_eq!(agreed.as_deref(), given.map(str::as_bytes), "{asked:?}");
        if given != Some("h2") {
            let answer = get(stream, "/notes/hi").await;
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
            assert!(answer.ends_with(&json("hi")), "{answer}");
        }
    }
    for scheme in ["grpcs", "https"] {
        let client = Client::connect(format!("{scheme}://localhost:{}", app.addr.port()));
        let client = client.await.unwrap().with_tls(&Tls::new().ca_pem(authority.pem()));
        let notes = NotesClient::from_client(client);
        for text in ["once", "and again"] {
            assert_eq!(notes.echo(text.to_owned()).await.unwrap().text, text, "{scheme}");
        }
    }
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_websocket_may_go_over_tls() {
    let authority = Authority::new();
    let folder = Folder::with(&authority);
    let app = serve(&folder, "").await;
    let mut stream = connect(app.addr, &authority, &["http/1.1"]).await.unwrap();
    let asking = "GET /e2e.v1.Notes/Echoes HTTP/1.1\r\nhost: localhost\r\norigin: https://localhost\r\n\
        connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let message = json("hi");
    // What comes back: the message in a text frame, and a close with 1000.
    let text = [0x81, u8::try_from(message.len()).unwrap()];
    let frames = [&text[..], message.as_bytes(), &[0x88, 2, 0x03, 0xe8]].concat();
    let mut answer = Vec::new();
    bounded("the frames of a socket", async {
        stream.write_all(asking.as_bytes()).await.unwrap();
        // Text frames, masked with zeros: a message, and that there are no more.
        for text in [&*message, "\u{1e}end"] {
            let length = 0x80 | u8::try_from(text.len()).unwrap();
            stream.write_all(&[0x81, length, 0, 0, 0, 0]).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
        }
        while !answer.ends_with(&frames) {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "{answer:?}");
        }
    })
    .await;
    assert!(answer.starts_with(b"HTTP/1.1 101 "), "{answer:?}");
    drop(stream);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn the_second_listener_speaks_tls_too_and_the_admin_listener_does_not() {
    let authority = Authority::new();
    let folder = Folder::with(&authority);
    let app = serve(&folder, "  grpc: {addr: '127.0.0.1:0'}\n").await;
    let second = app.server.addresses().grpc.expect("a second listener");
    let stream = connect(second, &authority, &["http/1.1"]).await.unwrap();
    assert!(get(stream, "/notes/x").await.starts_with("HTTP/1.1 200"));
    let stream = TcpStream::connect(app.admin).await.unwrap();
    assert!(get(stream, "/healthz").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_handshake_that_fails_or_never_ends_disturbs_nobody() {
    let authority = Authority::new();
    let folder = Folder::with(&authority);
    let app = serve(&folder, "  header_timeout: 300ms\n").await;
    let mut open = connect(app.addr, &authority, &["http/1.1"]).await.unwrap();

    // Plain text, nothing at all, half of a hello, and a client that trusts somebody else.
    let mut plain = TcpStream::connect(app.addr).await.unwrap();
    plain.write_all(b"GET /notes/x HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let silent = TcpStream::connect(app.addr).await.unwrap();
    let mut half = TcpStream::connect(app.addr).await.unwrap();
    half.write_all(&[0x16, 0x03, 0x01, 0x01, 0x00]).await.unwrap();
    let refused = connect(app.addr, &Authority::new(), &["h2"]).await.unwrap_err();
    assert!(refused.to_string().contains("certificate"), "{refused}");

    let request = b"GET /notes/still HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    open.write_all(request).await.unwrap();
    let mut answer = String::new();
    bounded("an answer", open.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for mut socket in [plain, silent, half] {
        // However it ends, it ends: an alert, the end, or a reset.
        let mut rest = Vec::new();
        let _ = bounded("the end of a connection", socket.read_to_end(&mut rest)).await;
        assert!(!rest.starts_with(b"HTTP"), "{rest:?}");
    }
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_stop_ends_connections_that_have_not_shaken_hands() {
    let authority = Authority::new();
    let folder = Folder::with(&authority);
    let app = serve(&folder, "").await;
    let mut silent = TcpStream::connect(app.addr).await.unwrap();
    // The one that comes after it is served, so it has been accepted.
    let stream = connect(app.addr, &authority, &["http/1.1"]).await.unwrap();
    get(stream, "/notes/x").await;
    app.stop().await.unwrap();
    let closed = bounded("the end", silent.read(&mut [0; 16])).await;
    assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
}

#[tokio::test]
async fn mistakes_name_their_files_all_at_once() {
    let authority = Authority::new();
    let folder = Folder::with(&authority);
    let said = |more: String| async move {
        refused(App::new("tls").service(Notes).defaults(format!("server:\n  tls: {more}"))).await
    };
    let (cert, key) = (folder.path("tls.crt"), folder.path("tls.key"));
    let missing = folder.path("missing");

    let text = said(format!("{{cert: {missing}.crt, key: {missing}.key, client_ca: {key}}}")).await;
    for part in [
        format!("server.tls.cert: {missing}.crt cannot be read: "),
        format!("server.tls.key: {missing}.key cannot be read: "),
        format!("server.tls.client_ca: {key} holds no certificate"),
        "App::defaults:2:".to_owned(),
    ] {
        assert!(text.contains(&part), "{part}: {text}");
    }

    let other = Folder::with(&authority);
    let theirs = other.path("tls.key");
    let text = said(format!("{{cert: {cert}, key: {theirs}}}")).await;
    assert!(text.contains(&format!("server.tls.key: {theirs} is not the key of {cert}")), "{text}");

    folder.write("tls.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let text = said(format!("{{cert: {cert}, key: {cert}}}")).await;
    assert!(text.contains(&format!("{cert} holds a certificate that cannot be read")), "{text}");
    assert!(text.contains(&format!("server.tls.key: {cert} holds no private key")), "{text}");

    let text = said(format!("{{cert: {cert}}}")).await;
    assert!(text.contains("server.tls.key: expected the path of a file"), "{text}");
    let text = said(format!("{{client_ca: {cert}}}")).await;
    assert!(text.contains("server.tls.cert: expected the path of a file"), "{text}");
    let text = said(format!("{{cert: {cert}, key: {key}, client_auth: maybe}}")).await;
    assert!(text.contains("server.tls.client_auth: "), "{text}");
}
