//! What a signature may look like, and what its client gives.

use super::*;

#[tokio::test]
async fn a_server_stream_is_alone_or_in_a_result_or_in_a_reply() {
    for scheme in PRONGS {
        let it = open(scheme, "").await;
        assert_eq!(texts(it.library.shelf().await.unwrap()).await.0, ["one", "two"]);
        assert_eq!(texts(it.library.count(3).await.unwrap()).await.0, ["1", "2", "3"]);
        let (sent, end) = texts(it.library.broken(Note::new("2")).await.unwrap()).await;
        assert_eq!(sent, ["0", "1"]);
        assert!(matches!(end, Some(CallError::Reason(Trouble::Broke { sent: 2 }))), "{end:?}");
        let refused = it.library.broken(Note::new("x")).await;
        assert!(
            matches!(refused, Err(CallError::Reason(Trouble::Unknown { name })) if name == "x")
        );

        let mut beside = it.library.beside().await.unwrap();
        assert_eq!(beside.headers()["x-first"], "yes");
        assert_eq!(beside.trailers(), None);
        while beside.next().await.is_some() {}
        let trailers = beside.trailers().unwrap();
        if scheme == "http" {
            assert!(trailers.is_empty(), "lines have no place for them");
            continue;
        }
        assert_eq!(
            (&trailers["x-said"], &trailers["x-last"]),
            (&"yes".parse().unwrap(), &"b".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn a_client_stream_is_known_by_its_type() {
    for scheme in PRONGS {
        let it = open(scheme, "").await;
        let joined = it.library.join(notes(&["a", "b", "c"])).await.unwrap();
        assert_eq!(joined.text, "a b c");
        assert_eq!(it.library.join(notes(&[])).await.unwrap().text, "");
        let refused = it.library.join(notes(&["a", "unknown", "b"])).await;
        assert!(matches!(refused, Err(CallError::Reason(Trouble::Unknown { .. }))), "{refused:?}");
    }
}

#[tokio::test]
async fn both_sides_may_stream_and_take_turns() {
    for scheme in PRONGS {
        let it = open(scheme, "").await;
        let (send, receive) = tokio::sync::mpsc::unbounded_channel();
        let asked = stream::unfold(receive, async |mut receive| {
            receive.recv().await.map(|note| (note, receive))
        });
        let mut echoed = it.library.echo(Streaming::of(asked)).await.unwrap();
        for text in ["one", "two", "three"] {
            send.send(Note::new(text)).unwrap();
            let note = e2e::bounded("the echo", echoed.next()).await.unwrap().unwrap();
            assert_eq!(note.text, text);
        }
        drop(send);
        assert!(e2e::bounded("the end", echoed.next()).await.is_none());
    }
}

#[tokio::test]
async fn a_trait_has_every_shape_too() {
    for scheme in PRONGS {
        let it = open(scheme, "").await;
        assert_eq!(texts(it.clock.ticks(2).await.unwrap()).await.0, ["wall 1", "wall 2"]);
        assert_eq!(texts(it.clock.tocks(1).await.unwrap()).await.0, ["wall 1"]);
        assert_eq!(it.clock.sum(notes(&["a", "b"])).await.unwrap().text, "2");
        let swung = it.clock.swing(notes(&["a", "b"])).await.unwrap();
        assert_eq!(texts(swung).await.0, ["wall a", "wall b"]);
    }
}

#[tokio::test]
async fn a_handler_can_be_called_without_a_server() {
    let (sink, _events) = e2e::events();
    let library = Library { sink, produced: Arc::default(), shelf: vec!["one".to_owned()] };
    assert_eq!(library.join(notes(&["a", "b"])).await.unwrap().text, "a b");
    let shelf: Vec<_> = library.shelf().await.collect().await;
    assert_eq!(shelf, [Note::new("one")]);
}
