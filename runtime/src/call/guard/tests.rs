//! The guard around a future.

use std::future::pending;
use std::time::Duration;

use super::super::{Opening, Protocol, Trace, current, spawn};
use super::*;
use crate::telemetry::Presence;

const PATIENCE: Duration = Duration::from_secs(10);

fn context() -> Context {
    let opening = Opening {
        operation: "/a.B/C".into(),
        protocol: Protocol::Grpc,
        headers: http::HeaderMap::new(),
        extensions: http::Extensions::new(),
        deadline: None,
        peer: None,
        trace: Trace::open(None),
        presence: Presence::default(),
        arguments: None,
    };
    Context::open(opening, None)
}

fn operation() -> Option<String> {
    current().map(|context| context.operation().to_owned())
}

#[tokio::test]
async fn the_call_is_the_current_one_while_its_future_is_polled() {
    let outcome = Guard::new(context(), async {
        assert_eq!(operation().as_deref(), Some("/a.B/C"));
        tokio::task::yield_now().await;
        assert_eq!(operation().as_deref(), Some("/a.B/C"));
        Err(Error::not_found("GONE", operation().unwrap()))
    });
    let mut outcome = std::pin::pin!(outcome);
    let first = std::future::poll_fn(|cx| Poll::Ready(outcome.as_mut().poll(cx))).await;
    assert!(first.is_pending());
    assert_eq!(operation(), None);
    assert_eq!(outcome.await.err().unwrap().message(), "/a.B/C");
    assert_eq!(operation(), None);
}

#[tokio::test]
async fn a_spawned_task_keeps_the_call_and_hears_of_its_end() {
    let (told, spawned) = tokio::sync::oneshot::channel();
    let mut guard = Box::pin(Guard::new(context(), async {
        let task = spawn(async {
            current().unwrap().cancelled().await;
            operation()
        });
        told.send(task).unwrap();
        pending().await
    }));
    assert!(std::future::poll_fn(|cx| Poll::Ready(guard.as_mut().poll(cx))).await.is_pending());
    let task = spawned.await.unwrap();
    tokio::task::yield_now().await;
    assert!(!task.is_finished());
    drop(guard);
    let ended = tokio::time::timeout(PATIENCE, task).await.unwrap().unwrap();
    assert_eq!(ended.as_deref(), Some("/a.B/C"));
}

#[tokio::test]
async fn who_asks_late_is_told_at_once() {
    let context = context();
    context.end();
    tokio::time::timeout(PATIENCE, context.cancelled()).await.unwrap();
}

#[tokio::test]
async fn a_destructor_that_panics_is_an_error_too() {
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("while being dropped");
        }
    }

    let bomb = Bomb;
    let outcome = Guard::new(context(), async move {
        let _bomb = &bomb;
        Err(Error::not_found("GONE", ""))
    });
    let error = outcome.await.err().unwrap();
    assert!(error.message().contains("while being dropped"), "{error:?}");
}
