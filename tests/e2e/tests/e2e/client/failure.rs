//! What a call fails with: the server's own reasons, and servers that are not there.

use bident::Code;
use bident::prelude::*;
use tokio::net::TcpListener;

use super::contract::{PRONGS, Probe, ProbeClient, ProbeError, chain, probe};

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
        let error = Error::from(teapot);
        assert_eq!((error.code(), error.reason()), (418, "TEAPOT"));
    }
}

#[tokio::test]
async fn a_server_error_arrives_without_its_secrets() {
    for scheme in PRONGS {
        let (_serving, client) = probe(scheme).await;
        let error: Error = client.get_note("broken".to_owned()).await.unwrap_err().into();
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
            let error: Error = client.relay_note(id.to_owned()).await.unwrap_err().into();
            assert_eq!(error.code(), code, "{scheme} {id}: {error:?}");
        }
        let error: Error = client.relay_note("missing".to_owned()).await.unwrap_err().into();
        assert_eq!(error.reason(), "NOTE_MISSING");
        assert_eq!(error.metadata()["tries"], "3");
        assert_eq!(error.message(), "note missing is missing after 3 tries");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    for scheme in PRONGS {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        drop(listener);
        let client = ProbeClient::connect(format!("{scheme}://{addr}")).await.unwrap();
        let error: Error = client.seen().await.unwrap_err().into();
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
        let error: Error = client.seen().await.unwrap_err().into();
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
