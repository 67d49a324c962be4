#![allow(unused)]

use bident::prelude::*;

#[message]
struct Tick {
    n: u64,
}

struct Clock;

#[bident::service(package = "a.v1")]
impl Clock {
    #[rpc(event_id = "number")]
    async fn ticks(&self) -> impl Stream<Item = Result<Tick, Error>> + Send {
        Streaming::<Tick>::from_iter([])
    }
}

fn main() {}
