//! A server for the test of restarts: it holds calls until it is told to stop, then takes its time to answer them, and
//! says at its end how often it was polled.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bident::prelude::*;
use tokio::sync::watch;

/// How long a held call goes on once the server is stopping.
#[message]
struct Hold {
    millis: u64,
}

#[message]
struct Held {
    calls: u64,
}

#[derive(Default)]
struct Busy {
    calls: AtomicU64,
    polls: AtomicU64,
    stopping: watch::Sender<bool>,
}

#[service(package = "busy.v1")]
impl Busy {
    #[rpc(get = "/hold/{millis}")]
    async fn hold(&self, hold: Hold) -> bident::Result<Held> {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let mut stopping = self.stopping.subscribe();
        stopping.wait_for(|stopping| *stopping).await.internal()?;
        tokio::time::sleep(Duration::from_millis(hold.millis)).await;
        Ok(Held { calls })
    }

    /// How many calls have been held.
    #[rpc(get = "/held")]
    async fn held(&self) -> Held {
        self.polls.fetch_add(1, Ordering::Relaxed);
        Held { calls: self.calls.load(Ordering::Relaxed) }
    }

    #[hook(before_stop)]
    async fn stopping(&self) -> bident::Result {
        self.stopping.send_replace(true);
        Ok(())
    }

    #[hook(after_stop)]
    async fn stopped(&self) -> bident::Result {
        println!("polled {}", self.polls.load(Ordering::Relaxed));
        Ok(())
    }
}

#[tokio::main]
async fn main() -> bident::Result {
    App::new("busy").service(Busy::default()).run().await
}
