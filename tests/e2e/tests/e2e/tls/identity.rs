//! Clients that show a certificate, and what the service knows of them.

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
