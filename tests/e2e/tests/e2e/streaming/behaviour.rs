//! What a stream does over time: order, limits, deadlines, who goes away, who is slow.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn many_and_large_messages_arrive_whole_and_in_order() {
    for scheme in PRONGS {
        let it = open(scheme, "server: {max_body: 8388608}").await;
        let (sent, end) = texts(it.library.count(20_000).await.unwrap()).await;
        assert!(end.is_none());
        assert!(
            sent.iter()
                .map(String::as_str)
                .eq((1..=20_000).map(|n| n.to_string()).collect::<Vec<_>>())
        );
        assert_eq!(texts(it.library.count(0).await.unwrap()).await.0.len(), 0);

        let large: String = (0..3_000_000_u32).map(|n| char::from(b'a' + (n % 26) as u8)).collect();
        let echoed = it.library.echo(notes(&[&large, "small", &large])).await.unwrap();
        let (echoed, end) = texts(echoed).await;
        assert!(end.is_none(), "{end:?}");
        assert!(echoed == [large.as_str(), "small", large.as_str()]);
    }
}

#[tokio::test]
async fn a_message_above_the_limit_ends_the_stream_that_sent_it() {
    for scheme in PRONGS {
        let mut it = open(scheme, "server: {max_body: 1024}").await;
        let large = "x".repeat(2000);
        assert_eq!(it.library.join(notes(&["a", &large])).await.unwrap().text, "a");
        assert_eq!(it.events.next().await, "heard BODY_TOO_LARGE");
    }
}

#[tokio::test]
async fn a_producer_waits_for_a_caller_that_does_not_read() {
    for scheme in PRONGS {
        let mut it = open(scheme, "").await;
        let mut endless = it.library.endless(Note::new("x".repeat(1000))).await.unwrap();
        assert!(endless.next().await.is_some());
        // Everything between the two ends is full when nothing more is produced.
        let mut before = 0;
        let quiet = async {
            loop {
                tokio::time::sleep(Duration::from_millis(200)).await;
                let now = it.produced.load(Ordering::Relaxed);
                if now == before {
                    return now;
                }
                before = now;
            }
        };
        let produced = e2e::bounded("a producer that waits", quiet).await;
        // The client's window of 1 MiB, what the kernel keeps, and 32 KiB of our own.
        assert!(produced < 12_000, "{produced} messages of 1 kB");
        for _ in 0..produced + 100 {
            assert!(endless.next().await.unwrap().is_ok(), "and goes on when they are read");
        }
        drop(endless);
        assert_eq!(it.events.next().await, "dropped");
    }
}

#[tokio::test]
async fn a_handler_hears_at_once_that_its_caller_has_gone() {
    for scheme in PRONGS {
        let mut it = open(scheme, "").await;
        for _ in 0..5 {
            let mut endless = it.library.endless(Note::new("x")).await.unwrap();
            assert!(endless.next().await.is_some());
            drop(endless);
            assert_eq!(it.events.next().await, "dropped");
        }
    }
}

#[tokio::test]
async fn requests_that_wait_to_be_sent_end_with_their_call() {
    for scheme in PRONGS {
        let it = open(scheme, "").await;
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        sender.send(Note::new("a")).await.unwrap();
        let requests = stream::unfold(receiver, async |mut receiver| {
            receiver.recv().await.map(|note| (note, receiver))
        });
        let mut echoed = it.library.echo(Streaming::of(requests)).await.unwrap();
        assert!(echoed.next().await.unwrap().is_ok());
        drop(echoed);
        e2e::bounded("the end of the requests", sender.closed()).await;
    }
}

#[tokio::test]
async fn a_deadline_ends_a_stream_whoever_set_it() {
    for scheme in PRONGS {
        let mut it = open(scheme, "server: {timeout: 50ms}").await;
        // The method's own; the server's is for unary calls alone.
        let (sent, end) = texts(it.library.stuck().await.unwrap()).await;
        assert_eq!((sent.len(), bident::Error::from(end.unwrap()).code()), (1, 504));
        assert_eq!(it.events.next().await, "dropped");
        // The caller's.
        let library = it.library.clone().with_deadline(Duration::from_secs(1));
        let (_, end) = texts(library.endless(Note::new("x")).await.unwrap()).await;
        assert_eq!(bident::Error::from(end.unwrap()).code(), 504);
        assert_eq!(it.events.next().await, "dropped");
    }
}

#[tokio::test]
async fn a_callers_own_stream_that_breaks_is_the_callers_error() {
    for scheme in PRONGS {
        let it = open(scheme, "").await;
        let broken = stream::iter([
            Ok(Note::new("a")),
            Err(bident::Error::bad_request("MY_OWN", "the file ended early")),
        ]);
        let error = it.library.join(Streaming::new(broken)).await.unwrap_err();
        assert_eq!(bident::Error::from(error).reason(), "MY_OWN");
    }
}

#[tokio::test]
async fn a_stop_waits_for_a_stream_and_ends_it_at_the_hard_deadline() {
    for scheme in PRONGS {
        let mut it = open(scheme, "server: {drain: 300ms}").await;
        let mut endless = it.library.endless(Note::new("x")).await.unwrap();
        assert!(endless.next().await.is_some());
        let stopped = tokio::spawn(it.server.stop());
        let reading = async { while let Some(Ok(_)) = endless.next().await {} };
        e2e::bounded("the end of the stream", reading).await;
        assert_eq!(it.events.next().await, "dropped");
        let _ = e2e::bounded("the stop", stopped).await;
    }
}
