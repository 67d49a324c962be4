//! What is marked `secret` stays out of the paths and the queries that spans tell, on both ends of a call.

use std::collections::BTreeMap;

use e2e::call;

use super::*;

/// A secret by its type, wherever it stands.
#[message]
struct Token(#[field(secret)] String);

#[message(package = "secrets.v1")]
struct Owner {
    name: String,
    #[field(secret)]
    pass_phrase: String,
    /// As deep as anyone likes.
    heir: Option<Box<Owner>>,
}

#[message(package = "secrets.v1")]
struct Claim {
    vault: String,
    #[field(secret)]
    pin: String,
    #[field(secret)]
    one_time: Vec<String>,
    token: Option<Token>,
    owner: Owner,
    others: BTreeMap<String, Owner>,
    proof: Option<Proof>,
}

#[message(package = "secrets.v1")]
enum Proof {
    Password(#[field(secret)] String),
    Hint(String),
}

#[derive(Default)]
struct Vault {
    /// The same over HTTP, for whom it is asked for others.
    next: Option<VaultClient>,
}

#[service(package = "secrets.v1")]
impl Vault {
    #[rpc(get = "/vaults/{vault}/pins/{pin}:open", get = "/vaults/{vault}")]
    async fn open(&self, claim: Claim) -> bident::Result<()> {
        match &self.next {
            Some(next) => Ok(next.open(claim).await?),
            None => Ok(()),
        }
    }

    #[rpc(get = "/phrases/{owner.pass_phrase=**}")]
    async fn say(&self, claim: Claim) -> bident::Result<()> {
        drop(claim);
        Ok(())
    }
}

/// Queries, and what is told of them.
const QUERIES: [(&str, &str); 9] = [
    ("pin=1&vault=2", "pin=REDACTED&vault=2"),
    ("one_time=1&oneTime=2&one%5Ftime=3", "one_time=REDACTED&oneTime=REDACTED&one%5Ftime=REDACTED"),
    ("token=1", "token=REDACTED"),
    ("owner.name=1&owner.pass_phrase=2", "owner.name=1&owner.pass_phrase=REDACTED"),
    ("owner[passPhrase]=1", "owner[passPhrase]=REDACTED"),
    ("owner.heir.heir.passPhrase=1", "owner.heir.heir.passPhrase=REDACTED"),
    ("others[pass_phrase].name=1", "others[pass_phrase].name=1"),
    ("others[a.b].pass_phrase=1", "others[a.b].pass_phrase=REDACTED"),
    ("proof.password=2&pinned=3&name=4", "proof.password=REDACTED&pinned=3&name=4"),
];

#[tokio::test]
async fn a_secret_of_a_query_is_on_no_span() {
    for (query, expected) in QUERIES {
        let told = Told::open(App::new("vault").service(Vault::default()), "").await;
        let answer = call("GET", &format!("/vaults/7?{query}")).send(told.addr).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        let [span] = told.spans().await;
        assert_eq!(span.text("url.query"), expected);
        assert_eq!(span.text("url.path"), "/vaults/7");
    }
}

#[tokio::test]
async fn a_secret_of_a_path_is_on_no_span() {
    for (path, expected) in [
        ("/vaults/7/pins/1234:open", "/vaults/7/pins/REDACTED:open"),
        ("/phrases/open/sesame", "/phrases/REDACTED/REDACTED"),
        ("/phrases", "/phrases"),
    ] {
        let told = Told::open(App::new("vault").service(Vault::default()), "").await;
        assert_eq!(call("GET", path).send(told.addr).await.status, 200, "{path}");
        let [span] = told.spans().await;
        assert_eq!(span.text("url.path"), expected);
    }
}

#[tokio::test]
async fn a_client_tells_no_secret_either() {
    let serving = start(App::new("vault").service(Vault::default())).await;
    let next = VaultClient::connect(format!("http://{}", serving.addr)).await.expect("a client");
    let app = App::new("front").service(Vault { next: Some(next) });
    let told = Told::open(app, "").await;
    let path = "/vaults/7/pins/1234:open?owner.name=ann&owner.pass_phrase=5678&token=90";
    assert_eq!(call("GET", path).send(told.addr).await.status, 200);
    let spans: [Span; 2] = told.spans().await;
    let client = spans.iter().find(|span| span.kind == Kind::Client).expect("the client's span");
    let url = client.text("url.full");
    let (target, query) = url.split_once('?').expect("a query");
    assert_eq!(target, format!("http://{}/vaults/7/pins/REDACTED:open", serving.addr));
    let mut pairs: Vec<_> = query.split('&').collect();
    pairs.sort_unstable();
    assert_eq!(pairs, ["owner.name=ann", "owner.pass_phrase=REDACTED", "token=REDACTED"]);
    serving.stop().await.expect("a clean stop");
}
