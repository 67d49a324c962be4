//! Comments in the silence of a stream of events.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::Result;
use crate::call::Frames;

/// How long a stream of events may be silent before a comment shows that it is still there: proxies close what says nothing.
const QUIET: Duration = Duration::from_secs(15);

/// A stream of events that is never silent for long.
pub(super) struct Awake {
    frames: Frames,
    quiet: Pin<Box<Sleep>>,
}

impl Awake {
    pub(super) fn new(frames: Frames) -> Self {
        Self { frames, quiet: Box::pin(sleep_until(Instant::now() + QUIET)) }
    }
}

impl Stream for Awake {
    type Item = Result<Frame<Bytes>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let polled = match this.frames.as_mut().poll_next(cx) {
            Poll::Pending if this.quiet.as_mut().poll(cx).is_ready() => {
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b":\n\n")))))
            }
            polled => polled,
        };
        if polled.is_ready() {
            this.quiet.as_mut().reset(Instant::now() + QUIET);
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_of_events_is_kept_awake() {
        use futures_util::StreamExt as _;

        let (send, received) = tokio::sync::mpsc::unbounded_channel();
        let frames = futures_util::stream::unfold(received, async |mut received| {
            Some((Ok(Frame::data(received.recv().await?)), received))
        });
        let mut awake = Awake::new(Box::pin(frames));
        let mut next = async || awake.next().await.map(|it| it.unwrap().into_data().unwrap());
        let began = Instant::now();
        for beat in 1..=3 {
            assert_eq!(next().await.unwrap(), ":\n\n");
            assert_eq!(began.elapsed(), QUIET * beat);
        }
        tokio::time::advance(QUIET / 2).await;
        send.send(Bytes::from_static(b"message")).unwrap();
        assert_eq!(next().await.unwrap(), "message");
        let said = Instant::now();
        assert_eq!(next().await.unwrap(), ":\n\n");
        assert_eq!(said.elapsed(), QUIET, "a message begins the silence anew");
        drop(send);
        assert!(next().await.is_none());
    }
}
