#![allow(unused)]

use bident::prelude::*;

#[message]
struct Tick {
    n: u64,
}

struct Clock;

#[bident::service(package = "a.v1")]
impl Clock {
    #[rpc(event_id = "n")]
    async fn tick(&self) -> Tick {
        Tick { n: 1 }
    }
}

fn main() {}
