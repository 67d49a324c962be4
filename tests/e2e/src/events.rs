//! What happened inside a server, in order, told to the test that waits for it.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::bounded;

/// Where a service or a middleware tells what happened. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Sink(UnboundedSender<String>);

/// Where the test reads it.
#[derive(Debug)]
pub struct Events(UnboundedReceiver<String>);

/// A pair of both.
pub fn events() -> (Sink, Events) {
    let (sender, receiver) = unbounded_channel();
    (Sink(sender), Events(receiver))
}

impl Sink {
    /// Tells one event. A test that has ended hears nothing, which is no mistake.
    pub fn tell(&self, event: impl Into<String>) {
        self.0.send(event.into()).ok();
    }

    /// Tells `event` when the returned value is dropped: for futures whose end is what the test waits for.
    #[must_use]
    pub fn on_drop(&self, event: impl Into<String>) -> OnDrop {
        OnDrop { sink: self.clone(), event: event.into() }
    }
}

/// See [`Sink::on_drop`].
#[derive(Debug)]
pub struct OnDrop {
    sink: Sink,
    event: String,
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.sink.tell(std::mem::take(&mut self.event));
    }
}

impl Events {
    /// The next event.
    ///
    /// # Panics
    /// When none comes in time.
    pub async fn next(&mut self) -> String {
        bounded("an event", self.0.recv()).await.expect("the server still runs")
    }

    /// The next `count` events.
    pub async fn take(&mut self, count: usize) -> Vec<String> {
        let mut events = Vec::with_capacity(count);
        while events.len() < count {
            events.push(self.next().await);
        }
        events
    }

    /// What has been told and not been read yet.
    pub fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.0.try_recv().ok()).collect()
    }
}
