//! Generated clients against real servers, over gRPC and over HTTP: the same calls, the same outcomes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use bident::prelude::*;
use bident::{CallError, Code};
use e2e::{Running, start};
use tokio::net::TcpListener;

const PRONGS: [&str; 2] = ["grpc", "http"];

#[message]
pub struct Note {
    pub id: String,
    pub text: String,
    pub tags: Vec<String>,
    pub labels: BTreeMap<String, i64>,
    pub size: Option<u64>,
    pub raw: Vec<u8>,
    pub wait: Duration,
}

#[message]
pub struct FileNote {
    pub name: String,
    pub note: Option<Note>,
    pub force: bool,
    pub labels: BTreeMap<String, i64>,
    pub author: Option<Author>,
    pub raw: Vec<u8>,
    pub wait: Option<Duration>,
    pub at: SystemTime,
    pub color: Color,
    pub ratio: f64,
}

#[message]
#[derive(Copy, Eq)]
pub enum Color {
    Red,
    DeepBlue,
}

#[message]
pub struct Author {
    pub name: String,
    pub years: Vec<i32>,
}

/// What a server saw of a call.
#[message]
pub struct Seen {
    pub metadata: BTreeMap<String, String>,
    pub millis_left: Option<u64>,
}

#[error_reason(domain = "probe.v1")]
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ProbeError {
    #[error("note {id} is missing after {tries} tries")]
    #[error_reason(code = 404)]
    NoteMissing { id: String, tries: u32 },
    #[error("a teapot")]
    #[error_reason(code = 418)]
    Teapot,
    #[error("the password {word} is wrong")]
    #[error_reason(code = 500)]
    Broken { word: String },
}

#[derive(Default)]
pub struct Probe {
    next: Option<ProbeClient>,
}

#[service(package = "probe.v1")]
impl Probe {
    /// Every way to fail, and one to succeed.
    #[rpc(get = "/v1/notes/{id}")]
    async fn get_note(&self, id: String) -> Result<Note, ProbeError> {
        match id.as_str() {
            "missing" => Err(ProbeError::NoteMissing { id, tries: 3 }),
            "teapot" => Err(ProbeError::Teapot),
            "broken" => Err(ProbeError::Broken { word: "hunter2".to_owned() }),
            _ => Ok(Note { text: format!("note {id}"), id, ..Note::default() }),
        }
    }

    /// Answers with what it was sent, by way of every part of a request.
    #[rpc(put = "/v1/{name=shelves/**}:file", body = "note")]
    async fn file(&self, req: FileNote) -> FileNote {
        req
    }

    /// The reply's body is one field.
    #[rpc(post = "/v1/authors", response_body = "author")]
    async fn author(&self, author: Author) -> Result<FileNote, Error> {
        Ok(FileNote { author: Some(author), ..FileNote::default() })
    }

    #[rpc(get = "/v1/seen")]
    async fn seen(&self, ctx: &Context) -> Result<Reply<Seen>, Error> {
        let metadata = ctx
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect();
        let left = ctx.deadline().map(|at| at.saturating_duration_since(Instant::now()));
        let millis_left = left.and_then(|left| u64::try_from(left.as_millis()).ok());
        Ok(Reply::new(Seen { metadata, millis_left })
            .header("x-answer", "yes")
            .trailer("x-end", "it is"))
    }

    /// Asks the next server, without a word about what flows on.
    #[rpc]
    async fn relay(&self) -> Result<Seen, Error> {
        let next = self.next.as_ref().ok_or_else(|| bident::Error::not_found("LAST", "last"))?;
        Ok(next.seen().await?)
    }

    /// Fails as the next server does.
    #[rpc]
    async fn relay_note(&self, id: String) -> Result<Note, Error> {
        let next = self.next.as_ref().ok_or_else(|| bident::Error::not_found("LAST", "last"))?;
        Ok(next.get_note(id).await?)
    }

    #[rpc]
    async fn hang(&self) -> Result<Note, ProbeError> {
        std::future::pending().await
    }
}

async fn probe(scheme: &str) -> (Running, ProbeClient) {
    let serving = start(App::new("probe").service(Probe::default())).await;
    let client = ProbeClient::connect(format!("{scheme}://{}", serving.addr)).await.unwrap();
    (serving, client)
}

/// A client of a server that asks another one, each hop over this prong.
async fn chain(scheme: &str) -> ([Running; 2], ProbeClient) {
    let (last, next) = probe(scheme).await;
    let first = start(App::new("first").service(Probe { next: Some(next) })).await;
    let client = ProbeClient::connect(format!("{scheme}://{}", first.addr)).await.unwrap();
    ([last, first], client)
}

fn note() -> Note {
    Note {
        id: "a/b c%ü".to_owned(),
        text: "\u{0}\"€".to_owned(),
        tags: vec!["x".to_owned(), String::new()],
        labels: [("k.k".to_owned(), i64::MIN), ("&[".to_owned(), 0)].into(),
        size: Some(u64::MAX),
        raw: vec![0, 255, 62, 63],
        wait: Duration::from_millis(1_500),
    }
}

#[tokio::test]
async fn replies_come_back_whole() {
    for scheme in PRONGS {
        let (_serving, client) = probe(scheme).await;
        let id = "a/b c%2F?ü";
        let got = client.get_note(id.to_owned()).await.unwrap();
        assert_eq!((got.id.as_str(), got.text), (id, format!("note {id}")));
    }
}

#[tokio::test]
async fn every_part_of_a_request_arrives() {
    for scheme in PRONGS {
        let (_serving, client) = probe(scheme).await;
        let sent = FileNote {
            name: "shelves/a b/deep/er".to_owned(),
            note: Some(note()),
            force: true,
            labels: [("a.b".to_owned(), 1), ("c&[d=".to_owned(), -2)].into(),
            author: Some(Author { name: "Ü & Co".to_owned(), years: vec![1999, -1] }),
            raw: vec![251, 239, 190, 255],
            wait: Some(Duration::new(3, 250)),
            at: SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 5_000),
            color: Color::DeepBlue,
            ratio: f64::NEG_INFINITY,
        };
        assert_eq!(client.file(sent.clone()).await.unwrap(), sent, "{scheme}");

        let bare = FileNote { name: "shelves/1".to_owned(), ..FileNote::default() };
        assert_eq!(client.file(bare.clone()).await.unwrap(), bare, "{scheme}");

        let author = Author { name: "A".to_owned(), years: vec![] };
        let reply = client.author(author.clone()).await.unwrap();
        assert_eq!(reply.author, Some(author), "{scheme}");
    }
}

#[tokio::test]
async fn each_reason_comes_back_as_it_was_thrown() {
    for scheme in PRONGS {
        let (_serving, client) = probe(scheme).await;
        let missing = client.get_note("missing".to_owned()).await.unwrap_err();
        let CallError::Reason(reason) = missing else { panic!("{scheme}: {missing:?}") };
        assert_eq!(reason, ProbeError::NoteMissing { id: "missing".to_owned(), tries: 3 });

        let teapot = client.get_note("teapot".to_owned()).await.unwrap_err();
        assert!(matches!(teapot, CallError::Reason(ProbeError::Teapot)), "{scheme}: {teapot:?}");
        // The gRPC table has no 418, and it arrives nonetheless.
        let error = bident::Error::from(teapot);
        assert_eq!((error.code(), error.reason()), (418, "TEAPOT"));
    }
}

#[tokio::test]
async fn a_server_error_arrives_without_its_secrets() {
    for scheme in PRONGS {
        let (_serving, client) = probe(scheme).await;
        let error: bident::Error = client.get_note("broken".to_owned()).await.unwrap_err().into();
        assert_eq!((error.code(), error.reason()), (500, "BROKEN"), "{scheme}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        assert!(error.metadata().is_empty());
    }
}

#[tokio::test]
async fn an_error_keeps_its_code_and_reason_over_two_hops() {
    for scheme in PRONGS {
        let (_servings, client) = chain(scheme).await;
        for (id, code) in [("missing", 404), ("teapot", 418), ("broken", 500)] {
            let error: bident::Error = client.relay_note(id.to_owned()).await.unwrap_err().into();
            assert_eq!(error.code(), code, "{scheme} {id}: {error:?}");
        }
        let error: bident::Error =
            client.relay_note("missing".to_owned()).await.unwrap_err().into();
        assert_eq!(error.reason(), "NOTE_MISSING");
        assert_eq!(error.metadata()["tries"], "3");
        assert_eq!(error.message(), "note missing is missing after 3 tries");
    }
}

#[tokio::test]
async fn the_callers_deadline_ends_the_call() {
    for scheme in PRONGS {
        let (_serving, client) = probe(scheme).await;
        let started = Instant::now();
        let within = client.clone().with_deadline(Duration::from_millis(200));
        let error: bident::Error = within.hang().await.unwrap_err().into();
        assert_eq!((error.code(), error.reason()), (504, "DEADLINE_EXCEEDED"), "{scheme}");
        assert_eq!(error.grpc_code(), Code::DeadlineExceeded);
        assert!(started.elapsed() < Duration::from_secs(5));

        let past = client.with_deadline(Instant::now());
        let error: bident::Error = past.get_note("1".to_owned()).await.unwrap_err().into();
        assert_eq!(error.code(), 504);
    }
}

#[tokio::test]
async fn metadata_deadline_and_trace_flow_through_two_hops() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    for scheme in PRONGS {
        let (_servings, client) = chain(scheme).await;
        let seen = client
            .with_deadline(Duration::from_secs(3))
            .with_metadata("x-md-global-tenant", "acme")
            .with_metadata("x-md-global-blob-bin", [0, 255])
            .with_metadata("x-md-local-step", "1")
            .with_metadata("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"))
            .with_metadata("tracestate", "vendor=1")
            .relay()
            .await
            .unwrap();
        let header = |name: &str| seen.metadata.get(name).map(String::as_str);
        assert_eq!(header("x-md-global-tenant"), Some("acme"), "{scheme}");
        assert_eq!(header("x-md-global-blob-bin"), Some("AP8"), "{scheme}");
        assert_eq!(header("x-md-local-step"), None, "{scheme}");
        assert_eq!(header("tracestate"), Some("vendor=1"), "{scheme}");
        let trace = header("traceparent").unwrap();
        assert!(trace.contains(TRACE) && trace.ends_with("-01"), "{scheme}: {trace}");
        let left = seen.millis_left.unwrap();
        assert!(left > 0 && left <= 3_000, "{scheme}: {left}");
    }
}

#[tokio::test]
async fn what_a_client_says_itself_wins_over_what_flows() {
    for scheme in PRONGS {
        let (last, next) = probe(scheme).await;
        let next =
            next.with_metadata("x-md-global-tenant", "ours").with_deadline(Duration::from_secs(1));
        let first = start(App::new("first").service(Probe { next: Some(next) })).await;
        let client = ProbeClient::connect(format!("{scheme}://{}", first.addr)).await.unwrap();
        let seen = client.with_metadata("x-md-global-tenant", "theirs").relay().await.unwrap();
        assert_eq!(seen.metadata["x-md-global-tenant"], "ours", "{scheme}");
        assert!(seen.millis_left.unwrap() <= 1_000, "{scheme}");
        drop(last);
    }
}

#[tokio::test]
async fn a_spawned_task_keeps_what_flows() {
    #[derive(Default)]
    struct Spawner(Option<ProbeClient>);

    #[service(package = "spawner.v1")]
    impl Spawner {
        #[rpc]
        async fn relay(&self) -> Result<Seen, Error> {
            let next = self.0.clone().ok_or_else(|| bident::Error::not_found("LAST", "last"))?;
            bident::spawn(async move { Ok(next.seen().await?) }).await?
        }
    }

    let (_last, next) = probe("grpc").await;
    let first = start(App::new("first").service(Spawner(Some(next)))).await;
    let client = SpawnerClient::connect(first.addr.to_string()).await.unwrap();
    let seen = client.with_metadata("x-md-global-tenant", "acme").relay().await.unwrap();
    assert_eq!(seen.metadata["x-md-global-tenant"], "acme");
}

#[tokio::test]
async fn the_replys_metadata_is_there_for_those_who_ask() {
    for scheme in PRONGS {
        let (serving, _) = probe(scheme).await;
        let client =
            bident::client::Client::connect(format!("{scheme}://{}", serving.addr)).await.unwrap();
        let method = <Probe as bident::service::Service>::SPEC
            .methods
            .iter()
            .find(|method| method.name == "Seen")
            .unwrap();
        let reply = client.unary_reply::<(), Result<Seen, ProbeError>>(method, ()).await.unwrap();
        assert_eq!(reply.headers()["x-answer"], "yes", "{scheme}");
        assert_eq!(reply.trailers()["x-end"], "it is", "{scheme}");
        assert_eq!(reply.headers().len() + reply.trailers().len(), 2, "{scheme}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    for scheme in PRONGS {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        drop(listener);
        let client = ProbeClient::connect(format!("{scheme}://{addr}")).await.unwrap();
        let error: bident::Error = client.seen().await.unwrap_err().into();
        assert_eq!((error.code(), error.reason()), (503, "UNAVAILABLE"), "{scheme}");
        assert!(error.message().contains(&addr.to_string()), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_leaves_in_the_middle_is_unavailable() {
    for scheme in PRONGS {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            use tokio::io::AsyncReadExt as _;
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 64]).await;
        });
        let client = ProbeClient::connect(format!("{scheme}://{addr}")).await.unwrap();
        let error: bident::Error = client.seen().await.unwrap_err().into();
        assert_eq!((error.code(), error.grpc_code()), (503, Code::Unavailable), "{scheme}");
    }
}

#[tokio::test]
async fn a_call_after_a_restart_connects_again() {
    for scheme in PRONGS {
        let (serving, client) = probe(scheme).await;
        client.get_note("1".to_owned()).await.unwrap();
        let addr = serving.addr;
        serving.stop().await.unwrap();
        client.get_note("1".to_owned()).await.unwrap_err();
        let again = App::new("probe")
            .defaults(format!("server: {{ addr: '{addr}' }}\nadmin: {{ addr: '127.0.0.1:0' }}"))
            .service(Probe::default())
            .build()
            .await
            .unwrap();
        let running = tokio::spawn(again.clone().run());
        client.get_note("1".to_owned()).await.unwrap();
        again.stop().await;
        running.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn many_calls_share_a_connection() {
    for scheme in PRONGS {
        let (_serving, client) = probe(scheme).await;
        let calls: Vec<_> = (0..300)
            .map(|number: u32| {
                let client = client.clone();
                tokio::spawn(async move { client.get_note(number.to_string()).await })
            })
            .collect();
        for (number, call) in calls.into_iter().enumerate() {
            assert_eq!(call.await.unwrap().unwrap().id, number.to_string());
        }
    }
}
