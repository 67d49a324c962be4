//! What a call takes along: deadlines, metadata and the trace, over one hop and over two.

use std::task::Poll;
use std::time::{Duration, Instant};

use bident::Code;
use bident::prelude::*;
use e2e::start;

use super::contract::{PRONGS, Probe, ProbeClient, Seen, chain, probe};

#[tokio::test]
async fn the_callers_deadline_ends_the_call() {
    for scheme in PRONGS {
        let (_serving, client) = probe(scheme).await;
        let started = Instant::now();
        let within = client.clone().with_deadline(Duration::from_millis(200));
        let error: Error = within.hang().await.unwrap_err().into();
        assert_eq!((error.code(), error.reason()), (504, "DEADLINE_EXCEEDED"), "{scheme}");
        assert_eq!(error.grpc_code(), Code::DeadlineExceeded);
        assert!(started.elapsed() < Duration::from_secs(5));

        let past = client.with_deadline(Instant::now());
        let error: Error = past.get_note("1".to_owned()).await.unwrap_err().into();
        assert_eq!(error.code(), 504);
    }
}

#[tokio::test]
async fn a_deadline_ends_the_call_at_every_hop() {
    for scheme in PRONGS {
        let probe = Probe::default();
        let dropped = probe.dropped.clone();
        let last = start(App::new("last").service(probe)).await;
        let next = ProbeClient::connect(format!("{scheme}://{}", last.addr)).await.unwrap();
        let first = start(App::new("first").service(Probe::before(next))).await;
        let client = ProbeClient::connect(format!("{scheme}://{}", first.addr)).await.unwrap();
        let within = client.with_deadline(Duration::from_millis(300));
        let error: Error = within.relay_hang().await.unwrap_err().into();
        assert_eq!((error.code(), error.reason()), (504, "DEADLINE_EXCEEDED"), "{scheme}");
        // Nobody told the client of the first server when to stop waiting for the second.
        e2e::bounded("the last handler's end", dropped.notified()).await;
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

/// What a layer of the app's own knows of a caller.
#[derive(Clone)]
struct Known<S>(S);

impl<S, B> tower_service::Service<http::Request<B>> for Known<S>
where
    S: tower_service::Service<http::Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<B>) -> S::Future {
        let user = http::HeaderValue::from_static("ann");
        request.headers_mut().insert("x-md-global-user", user);
        self.0.call(request)
    }
}

#[tokio::test]
async fn at_the_edge_callers_do_not_say_what_flows_on() {
    let edge = "server: {public: true}";
    let known = tower_layer::layer_fn(Known);
    for scheme in PRONGS {
        let (_last, next) = probe(scheme).await;
        let app = || App::new("first").service(Probe::before(next.clone())).defaults(edge);
        // Layers of the app's own are not outside.
        for (app, user) in [(app(), None), (app().layer(known), Some("ann"))] {
            let first = start(app).await;
            let client = ProbeClient::connect(format!("{scheme}://{}", first.addr)).await.unwrap();
            let client = client
                .with_metadata("x-md-global-tenant", "acme")
                .with_metadata("x-md-global-user", "root")
                .with_metadata("x-md-local-step", "1");
            let here = client.seen().await.unwrap().metadata;
            assert_eq!(here.get("x-md-local-step").map(String::as_str), Some("1"), "{scheme}");
            for seen in [here, client.relay().await.unwrap().metadata] {
                assert_eq!(seen.get("x-md-global-tenant"), None, "{scheme} {user:?}");
                assert_eq!(seen.get("x-md-global-user").map(String::as_str), user, "{scheme}");
            }
        }
    }
}

#[tokio::test]
async fn what_a_client_says_itself_wins_over_what_flows() {
    for scheme in PRONGS {
        let (last, next) = probe(scheme).await;
        let next =
            next.with_metadata("x-md-global-tenant", "ours").with_deadline(Duration::from_secs(1));
        let first = start(App::new("first").service(Probe::before(next))).await;
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
            let next = self.0.clone().ok_or_else(|| Error::not_found("LAST", "last"))?;
            bident::spawn(async move { Ok(next.seen().await?) }).await?
        }
    }

    let (_last, next) = probe("grpc").await;
    let first = start(App::new("first").service(Spawner(Some(next)))).await;
    let client = SpawnerClient::connect(first.addr.to_string()).await.unwrap();
    let seen = client.with_metadata("x-md-global-tenant", "acme").relay().await.unwrap();
    assert_eq!(seen.metadata["x-md-global-tenant"], "acme");
}
