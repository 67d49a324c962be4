//! The client under test: what it is to call is read from stdin, call by call, and what came of each is written to stdout.

use std::sync::Arc;
use std::time::Duration;

use bident::prelude::*;
use conformance::connect::calls;
use conformance::connect::compat::{self, ClientCompatRequest};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

/// Calls at once; many of them wait for something on purpose.
const AT_ONCE: usize = 16;
/// Longer than any call of the suite takes.
const BOUND: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> bident::Result {
    let mut stdin = tokio::io::stdin();
    let stdout = Arc::new(Mutex::new(tokio::io::stdout()));
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut calls = JoinSet::new();
    while let Some(request) = compat::read::<ClientCompatRequest>(&mut stdin).await? {
        let place = room.clone().acquire_owned().await.internal()?;
        let stdout = stdout.clone();
        calls.spawn(async move {
            let response = tokio::time::timeout(BOUND, calls::call(request)).await.internal()?;
            compat::write(&mut *stdout.lock().await, &response).await?;
            drop(place);
            Ok::<_, Error>(())
        });
    }
    while let Some(ended) = calls.join_next().await {
        ended.internal()??;
    }
    Ok(())
}
