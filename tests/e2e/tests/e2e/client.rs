//! Generated clients against real servers, over gRPC and over HTTP: the same calls, the same outcomes.

mod contract;
mod failure;
mod flow;

use std::time::{Duration, SystemTime};

use bident::client::Client;
use bident::service::Service;

use self::contract::{Author, Color, FileNote, Note, PRONGS, Probe, ProbeError, Seen, probe};

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
async fn the_replys_metadata_is_there_for_those_who_ask() {
    for scheme in PRONGS {
        let (serving, _) = probe(scheme).await;
        let client = Client::connect(format!("{scheme}://{}", serving.addr)).await.unwrap();
        let method =
            <Probe as Service>::SPEC.methods.iter().find(|method| method.name == "Seen").unwrap();
        let reply = client.unary_reply::<(), Result<Seen, ProbeError>>(method, ()).await.unwrap();
        assert_eq!(reply.headers()["x-answer"], "yes", "{scheme}");
        assert_eq!(reply.trailers()["x-end"], "it is", "{scheme}");
        assert_eq!(reply.headers().len() + reply.trailers().len(), 2, "{scheme}");
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
