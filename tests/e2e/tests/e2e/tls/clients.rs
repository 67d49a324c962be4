//! What a client is told where a connection cannot be secured.

use super::*;
use bident::Config;

async fn fails(target: &str, tls: Option<Tls>) -> bident::Error {
    let client = Client::connect(target).await.unwrap();
    let client = match tls {
        Some(tls) => client.with_tls(&tls),
        None => client,
    };
    NotesClient::from_client(client).echo("x".to_owned()).await.unwrap_err().into()
}

#[tokio::test]
async fn whom_nobody_vouches_for_is_not_called() {
    let authority = Authority::new();
    let folder = Folder::with(&authority);
    let app = serve(&folder, "").await;
    let port = app.addr.port();
    for scheme in ["grpcs", "https"] {
        let other = Tls::new().ca_pem(Authority::new().pem());
        let error = fails(&format!("{scheme}://localhost:{port}"), Some(other)).await;
        assert_eq!((error.code(), error.reason()), (503, "UNAVAILABLE"));
        assert!(error.message().contains("invalid peer certificate"), "{error:?}");

        // The certificate is for `localhost`, so its address does not do.
        let known = Tls::new().ca_pem(authority.pem());
        let target = format!("{scheme}://127.0.0.1:{port}");
        let error = fails(&target, Some(known.clone())).await;
        assert!(error.message().contains("not valid for name"), "{error:?}");
        let client = Client::connect(target).await.unwrap();
        let client = client.with_tls(&known.server_name("localhost"));
        let note = NotesClient::from_client(client).echo("named".to_owned()).await.unwrap();
        assert_eq!(note.text, "named");
    }
}

#[tokio::test]
async fn both_sides_stream_at_once_over_either_prong() {
    let authority = Authority::new();
    let folder = Folder::with(&authority);
    let app = serve(&folder, "").await;
    for scheme in ["grpcs", "https"] {
        let client = Client::connect(format!("{scheme}://localhost:{}", app.addr.port()));
        let client = client.await.unwrap().with_tls(&Tls::new().ca_pem(authority.pem()));
        let client = NotesClient::from_client(client);
        let (send, mut receive) = tokio::sync::mpsc::channel(1);
        let notes = futures_util::stream::poll_fn(move |cx| receive.poll_recv(cx));
        let mut echoes = client.echoes(Streaming::of(notes)).await.unwrap();
        for text in ["a", "b"] {
            send.send(Note::new(text)).await.unwrap();
            let note = bounded("the echo", echoes.next()).await.unwrap().unwrap();
            assert_eq!(note.text, text, "{scheme}");
        }
        // What does not stream goes over HTTP/1.1 beside it.
        assert_eq!(client.echo("c".to_owned()).await.unwrap().text, "c");
    }
}

#[tokio::test]
async fn mistakes_in_the_set_up_fail_each_call() {
    let authority = Authority::new();
    let (one, two) = (authority.sign("a", &[], &[]), authority.sign("b", &[], &[]));
    let trusting = Tls::new().ca_pem(authority.pem());
    for (target, tls, part) in [
        (
            "grpcs://localhost:1",
            Tls::new().ca_pem("nothing"),
            "the given authority holds no certificate",
        ),
        ("https://localhost:1", Tls::new().ca_file("/missing.pem"), "/missing.pem cannot be read"),
        (
            "https://localhost:1",
            trusting.clone().identity_pem(one.cert, two.key),
            "the given key is not the key of the given certificate",
        ),
        ("grpcs://localhost:1", trusting.clone().server_name("a b"), "`a b` is no name"),
        ("grpc://localhost:1", trusting, "a target without it"),
    ] {
        let error = fails(target, Some(tls)).await;
        assert_eq!((error.code(), error.reason()), (500, "INTERNAL"), "{target}");
        assert!(error.message().contains(part) && error.message().contains(target), "{error:?}");
    }
}

#[tokio::test]
async fn a_configuration_holds_the_set_up_too() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let folder = Folder::with(&authority);
    folder.write("clients.crt", &clients.pem());
    folder.write("ca.crt", &authority.pem());
    let own = clients.sign("me", &[], &[]);
    folder.write("own.crt", &own.cert);
    folder.write("own.key", &own.key);
    let app = serve(&folder, &format!("    client_ca: {}\n", folder.path("clients.crt"))).await;

    let (ca, cert, key) = (folder.path("ca.crt"), folder.path("own.crt"), folder.path("own.key"));
    let yaml = format!(
        "clients:\n  notes:\n    target: grpcs://127.0.0.1:{}\n    tls: {{ca: {ca}, cert: {cert}, key: {key}, server_name: localhost}}",
        app.addr.port()
    );
    let config: Config = App::new("caller").defaults(yaml).config().await.unwrap();
    let target: String = config.get("clients.notes.target").unwrap();
    let client = Client::connect(target).await.unwrap();
    let client = client.with_tls(&config.get("clients.notes.tls").unwrap());
    assert_eq!(NotesClient::from_client(client).who().await.unwrap().text, "me   1");

    let halved = App::new("caller").defaults(format!("clients: {{a: {{tls: {{cert: {cert}}}}}}}"));
    let error = halved.config().await.unwrap().get::<Tls>("clients.a.tls").unwrap_err();
    assert!(error.message().contains("`cert` and `key`, or neither"), "{error:?}");
    let unknown = App::new("caller").defaults("clients: {a: {tls: {cca: x}}}").config().await;
    assert!(unknown.unwrap_err().message().contains("cca"));
}
